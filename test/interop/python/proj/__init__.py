"""The Python half of the interop tests: one Celery application, shaped by its environment."""
