"""Sends canvases without a broker: one JSON object per line on stdin, what Celery would send per line on stdout.

{"canvas": signature, "args": [...], "options": {...}, "backend": "counted" or "unlock"}
    -> {"ok": {"actions": [...], "result": result tuple}}
"""

import json
import sys

from celery import Celery
from celery.backends.base import Backend
from celery.canvas import Signature
from celery.result import GroupResult
from kombu.utils.json import dumps

app = Celery('canvas', broker='memory://', backend='cache+memory://')
app.conf.task_send_sent_event = False
app.set_current()
app.finalize()

actions = []


def send_task_message(producer, name, message, **options):
    headers, properties, body, _ = message
    args, kwargs, embed = body
    actions.append(
        {
            'kind': 'publish',
            'task': name,
            'headers': headers,
            'priority': options.get('priority'),
            'queue': getattr(options.get('queue'), 'name', options.get('queue')),
            'args': args,
            'kwargs': kwargs,
            'embed': embed,
        }
    )


def start_chord(header, body, **_):
    group_id, results = header
    app.backend.ensure_chords_allowed()
    actions.append({'kind': 'startChord', 'groupId': group_id, 'results': [one.as_tuple() for one in results]})


def unlock_chord(header, body, **options):
    app.backend.fallback_chord_unlock(app.GroupResult(*header), body, **options)


def set_chord_size(group_id, size):
    actions.append({'kind': 'setChordSize', 'groupId': group_id, 'size': size})


app.amqp.send_task_message = send_task_message
backend = app.backend
GroupResult.then = lambda *_, **__: None
app.AsyncResult.then = lambda *_, **__: None


def send(command):
    actions.clear()
    counted = command['backend'] == 'counted'
    backend.apply_chord = start_chord if counted else unlock_chord
    backend.set_chord_size = set_chord_size if counted else lambda *_: None
    signature = Signature.from_dict(command['canvas'], app=app)
    result = signature.apply_async(tuple(command.get('args', ())), **command.get('options', {}))
    return {'actions': list(actions), 'result': result.as_tuple()}


for line in sys.stdin:
    try:
        reply = {'ok': send(json.loads(line))}
    except Exception as error:
        reply = {'error': f'{type(error).__name__}: {error}'}
    print(dumps(reply), flush=True)
