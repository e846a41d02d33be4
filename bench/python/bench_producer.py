"""Sends tasks as Celery does, one after the other: an order a line, answered with what it cost."""
import json
import resource
import sys
import time

from bench_app import app


def cpu_ms():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return (usage.ru_utime + usage.ru_stime) * 1000


def send(order):
    task = app.tasks[order['task']]
    payload = ('x' * order['bytes'],) if order['bytes'] else ()
    for number in range(order['tasks']):
        args = (time.monotonic() * 1000,) if order['task'] == 'bench.latency' else payload
        options = {'MessageGroupId': f'group-{number % order["groups"]}'} if order['groups'] else {}
        task.apply_async(args, **options)


print('ready', flush=True)
for line in sys.stdin:
    before, started = cpu_ms(), time.monotonic()
    send(json.loads(line))
    print(json.dumps({'cpuMs': cpu_ms() - before, 'seconds': time.monotonic() - started}), flush=True)
