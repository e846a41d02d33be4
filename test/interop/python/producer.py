"""Sends tasks on command: one JSON object per line on stdin, one answer per line on stdout.

{"send": task, "args": expression, "kwargs": expression, "options": expression} -> {"ok": task id}
{"roundtrip": JSON text} -> {"ok": the text that kombu writes after reading it}

Expressions are Python's, so that a test can name any type: "[Decimal('1.10'), 2**100, nan]".
"""

import json
import sys
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from uuid import UUID

from celery import signature
from kombu.utils.json import dumps, loads

from proj.app import app

NAMES = {
    'Decimal': Decimal,
    'UUID': UUID,
    'date': date,
    'datetime': datetime,
    'inf': float('inf'),
    'nan': float('nan'),
    'signature': signature,
    'time': time,
    'timedelta': timedelta,
    'timezone': timezone,
    'utc': timezone.utc,
}


def evaluate(expression):
    return eval(expression, dict(NAMES))


def send(command):
    result = app.send_task(
        command['send'],
        args=evaluate(command.get('args', '()')),
        kwargs=evaluate(command.get('kwargs', '{}')),
        **evaluate(command.get('options', '{}')),
    )
    return result.id


def answer(command):
    if 'roundtrip' in command:
        return dumps(loads(command['roundtrip']))
    return send(command)


def main():
    for line in sys.stdin:
        try:
            reply = {'ok': answer(json.loads(line))}
        except Exception as error:
            reply = {'error': f'{type(error).__name__}: {error}'}
        print(json.dumps(reply), flush=True)


main()
