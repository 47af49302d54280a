"""The whole Packshot on one machine: Redis, API and workers as children of one supervising process.

Knows the server only as three commands (`python -m jobs.redis_server`, `-m api`, `-m worker`), never as imports.
"""
