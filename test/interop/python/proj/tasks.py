"""Tasks that the Nest side knows under the same names."""

import os

from .app import app
from .names import NAMES
from .recorder import record


@app.task(bind=True, name='interop.record')
def record_run(self, *args, **kwargs):
    record(self.request, args, kwargs)
    return len(args)


@app.task(bind=True, name='interop.reflect')
def reflect(self, *args, **kwargs):
    """Sends what it was given back to the other fleet, decoded and encoded again by Python."""
    record(self.request, args, kwargs)
    app.send_task('interop.reflected', args=args, kwargs=kwargs, queue=os.environ['PROJ_REPLY_QUEUE'])


@app.task(bind=True, name='interop.flaky', max_retries=5)
def flaky(self, failures, countdown=0):
    record(self.request, (failures,))
    if self.request.retries < failures:
        raise self.retry(exc=ValueError('try again'), countdown=countdown)


@app.task(bind=True, name='interop.handover', max_retries=10)
def handover(self, queues):
    """Retries once into each of the queues: the next attempt belongs to whoever consumes it."""
    record(self.request, (queues,))
    if self.request.retries < len(queues):
        raise self.retry(queue=queues[self.request.retries], countdown=0)


@app.task(bind=True, name='python.only')
def python_only(self, number):
    record(self.request, (number,))


class Declined(Exception):
    """One with arguments of its own."""


@app.task(name='interop.evaluate')
def evaluate(expression):
    """Returns any Python value, or raises it."""
    value = eval(expression, {**NAMES, 'Declined': Declined})
    if isinstance(value, Exception):
        raise value
    return value
