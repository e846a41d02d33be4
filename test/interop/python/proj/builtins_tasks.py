"""Tasks that are called by built-in ones, or replaced by them."""

from celery import signature

from .app import app


@app.task(name='builtins.count')
def count(*args):
    """Looks at no request: a task that is called as a function has none."""
    return len(args)


@app.task(bind=True, name='builtins.replace')
def replace(self, canvas):
    raise self.replace(signature(canvas, app=app))
