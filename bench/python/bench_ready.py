"""The application with a line that says that its worker is ready."""
from celery.signals import worker_ready

from bench_app import app  # noqa: F401


@worker_ready.connect
def ready(**_):
    print('bench: ready', flush=True)
