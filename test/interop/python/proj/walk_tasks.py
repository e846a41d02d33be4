"""Tasks of random canvases: what they return follows from what they get, and is short. PROJ_WALK_REDIS is where runs are noted."""

import hashlib
import json
import os

from redis import Redis

from .app import app

LONGEST = 100

redis = Redis.from_url(os.environ.get('PROJ_WALK_REDIS', 'redis://127.0.0.1:6379/0'))


def text(value):
    if isinstance(value, list):
        return '[' + ' '.join(text(one) for one in value) + ']'
    return str(value)


def short(args):
    joined = ' '.join(text(one) for one in args)
    return joined if len(joined) <= LONGEST else hashlib.sha256(joined.encode()).hexdigest()[:16]


def note(request):
    redis.rpush('walk:runs', json.dumps({'id': request.id, 'by': 'python', 'receives': 1}))


@app.task(bind=True, name='walk.text')
def as_text(self, *args):
    note(self.request)
    return f'({short(args)})'


@app.task(bind=True, name='walk.list')
def as_list(self, *args):
    note(self.request)
    return [short(args), len(args)]


@app.task(bind=True, name='walk.count')
def count(self, *args):
    note(self.request)
    return len(short(args))


@app.task(bind=True, name='walk.fail')
def fail(self, *args):
    note(self.request)
    raise ValueError(short(args))


@app.task(bind=True, name='walk.odd')
def fail_if_odd(self, *args):
    """Whether it fails is decided by what was before it."""
    note(self.request)
    if len(short(args)) % 2:
        raise TypeError(short(args))
    return short(args)


@app.task(name='walk.called')
def called(*args, canvas):
    redis.sadd(f'walk:called:{canvas}', short(args))


# With a second positional argument it would be an errback of the new kind, which is called with the exception.
@app.task(name='walk.failed')
def failed(task_id, *, canvas):
    redis.sadd(f'walk:called:{canvas}', task_id)
