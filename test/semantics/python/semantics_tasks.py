"""The tasks of support/nest-tasks.ts, as a Python application has them. PROJ_RECORDER is host:port of the journal."""

import json
import os
import socket
import time

from celery.exceptions import Ignore, Reject, SoftTimeLimitExceeded

from proj.app import app


def write(request, event, args=()):
    host, port = os.environ['PROJ_RECORDER'].rsplit(':', 1)
    entry = {
        'by': 'celery',
        'task': request.task,
        'id': request.id,
        'event': event,
        'retries': request.retries,
        'args': list(args),
        'pid': os.getpid(),
    }
    with socket.create_connection((host, int(port))) as connection:
        connection.sendall(json.dumps(entry).encode() + b'\n')
        # The journal answers once it has the entry.
        connection.recv(1)


def seconds_of(seconds):
    return float(os.environ.get('SEMANTICS_SECONDS', seconds))


@app.task(bind=True, name='semantics.work')
def work(self, number, seconds=0):
    write(self.request, 'begin', (number,))
    time.sleep(seconds_of(seconds))
    write(self.request, 'end', (number,))


@app.task(bind=True, name='semantics.flaky', max_retries=5)
def flaky(self, number, failures=0, countdown=0):
    write(self.request, 'begin', (number,))
    if self.request.retries < failures:
        raise self.retry(exc=ValueError('try again'), countdown=countdown)


@app.task(
    bind=True,
    name='semantics.broken',
    autoretry_for=(ValueError,),
    max_retries=2,
    default_retry_delay=1,
)
def broken(self):
    write(self.request, 'begin')
    raise ValueError('broken')


@app.task(bind=True, name='semantics.reject')
def reject(self, requeue):
    write(self.request, 'begin')
    raise Reject('refused', requeue=requeue)


@app.task(bind=True, name='semantics.ignore')
def ignore(self):
    write(self.request, 'begin')
    raise Ignore()


@app.task(bind=True, name='semantics.hard', time_limit=2)
def hard(self):
    write(self.request, 'begin')
    time.sleep(20)
    write(self.request, 'end')


@app.task(bind=True, name='semantics.soft', soft_time_limit=1, time_limit=30)
def soft(self):
    write(self.request, 'begin')
    try:
        time.sleep(20)
    except SoftTimeLimitExceeded:
        write(self.request, 'told')
