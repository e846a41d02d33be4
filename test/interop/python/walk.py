"""Sends canvases and awaits their results: one JSON object per line on stdin, one answer per line on stdout.

{"send": signature} -> {"ok": result tuple}
{"get": result tuple, "timeout": seconds} -> {"ok": {"value": …}}, {"ok": {"raised": [class, text]}} or {"ok": {"missing": true}}
"""

import json
import sys

from celery.canvas import Signature
from celery.exceptions import TimeoutError as NoResult
from celery.result import ResultSet, result_from_tuple

from proj.app import app


def send(signature):
    return Signature.from_dict(signature, app=app).apply_async().as_tuple()


def value_of(result, timeout):
    # Not GroupResult.get(): where a member never ends, its timeout may not come either.
    if isinstance(result, ResultSet):
        return [value_of(member, timeout) for member in result.results]
    return result.get(timeout=timeout, interval=0.02)


def get(result, timeout):
    try:
        return {'value': value_of(result_from_tuple(result, app=app), timeout)}
    except NoResult:
        return {'missing': True}
    except Exception as error:
        return {'raised': [type(error).__name__, str(error)]}


for line in sys.stdin:
    command = json.loads(line)
    try:
        reply = {'ok': send(command['send']) if 'send' in command else get(command['get'], command['timeout'])}
    except Exception as error:
        reply = {'error': f'{type(error).__name__}: {error}'}
    print(json.dumps(reply), flush=True)
