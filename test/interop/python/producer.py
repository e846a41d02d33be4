"""Sends tasks on command: one JSON object per line on stdin, one answer per line on stdout.

{"send": task, "args": expression, "kwargs": expression, "options": expression} -> {"ok": task id}
{"apply": expression of a canvas} -> {"ok": JSON list of the ids of its results, the last one's first, then its parents'}
{"get": task id, "timeout": seconds} -> {"ok": JSON of what AsyncResult.get() returns or raises}
{"restore": group id, "timeout": seconds} -> {"ok": JSON of what GroupResult.restore(id) gives, its values and its parents; or null}
{"save": expression of a group or of a chain that ends in one} -> {"ok": JSON of the tuple of its result, which is saved}
{"look": task id, "until": state or null, "timeout": seconds} -> {"ok": JSON of what AsyncResult tells, once in that state}
{"roundtrip": JSON text} -> {"ok": the text that kombu writes after reading it}

Expressions are Python's, so that a test can name any type: "[Decimal('1.10'), 2**100, nan]".
"""

import json
import sys
import time

from celery import chain, chord, group, signature
from celery.canvas import chunks, xmap, xstarmap
from celery.exceptions import TimeoutError as NoResult
from celery.result import GroupResult
from kombu.utils.json import dumps, loads

from proj.app import app
from proj.names import NAMES
from proj.recorder import described

CANVAS = {
    'chain': chain,
    'chord': chord,
    'chunks': chunks,
    'group': group,
    'signature': signature,
    'xmap': xmap,
    'xstarmap': xstarmap,
}


def evaluate(expression):
    return eval(expression, {**NAMES, **CANVAS})


def send(command):
    result = app.send_task(
        command['send'],
        args=evaluate(command.get('args', '()')),
        kwargs=evaluate(command.get('kwargs', '{}')),
        **evaluate(command.get('options', '{}')),
    )
    return result.id


def apply(command):
    result = evaluate(command['apply']).apply_async()
    ids = []
    while result is not None:
        ids.append(result.id)
        result = result.parent
    return json.dumps(ids)


def raised(error):
    """What a caller can tell of an exception."""
    cls = type(error)
    return {
        'type': cls.__name__,
        'module': cls.__module__,
        'bases': [base.__name__ for base in cls.__mro__[1:-1]],
        'args': [described(argument) for argument in error.args],
        'text': str(error),
    }


def get(command):
    try:
        value = app.AsyncResult(command['get']).get(timeout=command['timeout'], interval=0.02)
    except NoResult:
        raise
    except Exception as error:
        return json.dumps({'raised': raised(error)})
    return json.dumps({'value': described(value)})


def parents(result):
    """Ids of what comes before a result."""
    return [result.parent.id, *parents(result.parent)] if result.parent else []


def restore(command):
    result = GroupResult.restore(command['restore'], app=app)
    if result is None:
        return json.dumps(None)
    return json.dumps(
        {
            'values': [described(value) for value in result.get(timeout=command['timeout'], interval=0.02)],
            'members': [member.id for member in result.results],
            'parents': parents(result),
        }
    )


def save(command):
    result = evaluate(command['save']).apply_async()
    result.save()
    return json.dumps(result.as_tuple())


def look(command):
    result = app.AsyncResult(command['look'])
    deadline = time.monotonic() + command['timeout']
    while command['until'] not in (None, result.state):
        if time.monotonic() > deadline:
            raise TimeoutError(f'{result.id} is {result.state}, not {command["until"]}')
        time.sleep(0.02)
    value = result.result
    return json.dumps(
        {
            'state': result.state,
            'result': raised(value) if isinstance(value, BaseException) else described(value),
            'traceback': result.traceback,
            'dateDone': result.date_done and described(result.date_done),
            'children': [child.id for child in result.children or []],
            'groupId': result._get_task_meta().get('group_id'),
            'parentId': result._get_task_meta().get('parent_id'),
            'name': result.name,
            'args': result.args and [described(argument) for argument in result.args],
            'kwargs': result.kwargs and {name: described(value) for name, value in result.kwargs.items()},
            'worker': result.worker,
            'retries': result.retries,
            'queue': result.queue,
        }
    )


def answer(command):
    if 'roundtrip' in command:
        return dumps(loads(command['roundtrip']))
    for name, run in {'apply': apply, 'get': get, 'look': look, 'restore': restore, 'save': save}.items():
        if name in command:
            return run(command)
    return send(command)


def main():
    for line in sys.stdin:
        try:
            reply = {'ok': answer(json.loads(line))}
        except Exception as error:
            reply = {'error': f'{type(error).__name__}: {error}'}
        print(json.dumps(reply), flush=True)


main()
