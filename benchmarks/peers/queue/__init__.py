"""The queue alone: empty jobs through Packshot's record and worker's loop beside raw Celery, RQ, Dramatiq and Huey."""
