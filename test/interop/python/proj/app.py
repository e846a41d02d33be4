"""The application. PROJ_BROKER is its broker URL, PROJ_CONFIG its settings as JSON."""

import json
import os

from celery import Celery

settings = json.loads(os.environ.get('PROJ_CONFIG', '{}'))

for queue in settings.get('broker_transport_options', {}).get('predefined_queues', {}).values():
    # JSON knows string keys only; kombu looks a receive count up as an int.
    if 'backoff_policy' in queue:
        queue['backoff_policy'] = {int(count): seconds for count, seconds in queue['backoff_policy'].items()}

app = Celery('proj', broker=os.environ['PROJ_BROKER'], include=['proj.tasks'])
app.conf.update(broker_connection_retry_on_startup=True, worker_hijack_root_logger=True, **settings)
