"""Tasks that replace themselves, add to their chord, and tell their stamps. A canvas is given as it stands in messages."""

from celery.canvas import Signature

from .app import app


@app.task(bind=True, name='replace.task')
def replace(self, *args, canvas):
    return self.replace(Signature.from_dict(canvas, app=app))


@app.task(bind=True, name='replace.add')
def add(self, *args, canvas):
    self.add_to_chord(Signature.from_dict(canvas, app=app))
    return 'adder'


@app.task(bind=True, name='replace.stamps')
def stamps(self, *args):
    return [*args, self.request.stamps]
