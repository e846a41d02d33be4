"""Replaces tasks without a broker: one JSON object per line on stdin, what Celery would send per line on stdout.

{"replaced": {"id": ..., "chain": [...], ...}, "canvas": signature} -> {"ok": {"actions": [...]}}
"""

import json
import sys

from celery import Celery
from celery._state import _task_stack
from celery.canvas import Signature
from celery.exceptions import Ignore
from kombu.utils.json import dumps

app = Celery('replace', broker='memory://', backend='cache+memory://')
app.conf.task_send_sent_event = False
app.set_current()

actions = []


@app.task(name='replaced', bind=True)
def replaced(self):
    pass


app.finalize()


def send_task_message(producer, name, message, **options):
    headers, properties, body, _ = message
    args, kwargs, embed = body
    actions.append(
        {'kind': 'publish', 'task': name, 'headers': headers, 'args': args, 'kwargs': kwargs, 'embed': embed}
    )


def start_chord(header, body, **_):
    group_id, results = header
    actions.append({'kind': 'startChord', 'groupId': group_id, 'results': [one.as_tuple() for one in results]})


def set_chord_size(group_id, size):
    actions.append({'kind': 'setChordSize', 'groupId': group_id, 'size': size})


app.amqp.send_task_message = send_task_message
app.backend.apply_chord = start_chord
app.backend.set_chord_size = set_chord_size


def replace(command):
    actions.clear()
    signature = Signature.from_dict(command['canvas'], app=app)
    _task_stack.push(replaced)
    replaced.push_request(called_directly=False, **command['replaced'])
    try:
        replaced.replace(signature)
    except Ignore:
        return {'actions': list(actions)}
    finally:
        replaced.pop_request()
        _task_stack.pop()


for line in sys.stdin:
    try:
        reply = {'ok': replace(json.loads(line))}
    except Exception as error:
        reply = {'error': f'{type(error).__name__}: {error}'}
    print(dumps(reply), flush=True)
