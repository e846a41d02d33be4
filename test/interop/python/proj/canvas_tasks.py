"""Tasks of workflows. What they return shows who got which results."""

from .app import app


@app.task(name='canvas.list')
def listed(*args):
    return list(args)


@app.task(name='canvas.fail')
def fail(*args):
    raise ValueError(*args)
