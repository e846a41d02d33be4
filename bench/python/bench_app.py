"""The Celery application of the benchmark; its layout comes from the environment."""
import json
import os
import random
import time

from celery import Celery

layout = json.loads(os.environ['BENCH_LAYOUT'])
host = layout['endpoint'].removeprefix('http://')
tuned = {} if os.environ.get('BENCH_CELERY_DEFAULTS') else {'wait_time_seconds': 20, 'polling_interval': 0}
app = Celery('bench', broker=f'sqs://AKIAEXAMPLE:example@{host}', backend=layout.get('redis'))
app.conf.update(
    task_default_queue=layout['queue'],
    task_ignore_result=layout.get('redis') is None,
    worker_hijack_root_logger=False,
    # What tasks print is read by the benchmark.
    worker_redirect_stdouts=False,
    broker_transport_options={
        'region': 'us-east-1',
        'predefined_queues': {layout['queue']: {'url': layout['queueUrl']}},
        **tuned,
    },
)


@app.task(name='bench.noop')
def noop():
    return None


@app.task(name='bench.payload')
def payload(text):
    return None


@app.task(name='bench.timed')
def timed():
    time.sleep(layout['taskMs'] * (0.5 + random.random()) / 1000)


@app.task(name='bench.latency')
def latency(sent_at):
    print(f'latency {time.monotonic() * 1000 - sent_at}', flush=True)
