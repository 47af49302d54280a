"""Where hints travel: Redis as a rule, RabbitMQ or SQS where an operator wants that. The truth is in the record.

Whatever the broker, a worker reads nothing of a message: it counts as a hint, and Celery is handed one made here. So
whoever can write into a queue can wake workers, and nothing more.
"""

import ssl
from typing import Any

from kombu import Connection
from kombu.transport import pyamqp

from jobs import hint_transport
from jobs.connection import CONNECT_TIMEOUT_S, KEEPALIVE, SOCKET_TIMEOUT_S
from jobs.hint_transport import ANY_JOB, letter_parts
from jobs.sentinel import is_sentinel, read_sentinel_url
from jobs.settings import JobsSettings

HEARTBEAT_S = 10  # twice that, and a broker behind a cut cable counts as gone


class DeafMessage(pyamqp.Message):  # type: ignore[misc]
    """One of RabbitMQ's, of which nothing is kept but that it came: kombu would even unpack its body here."""

    def __init__(self, msg: Any, channel: Any = None, **options: Any) -> None:
        body, headers = letter_parts(ANY_JOB)
        msg.body = body
        msg.properties = {
            "content_type": "application/json",
            "content_encoding": "utf-8",
            "application_headers": headers,
            "correlation_id": headers["id"],
        }
        super().__init__(msg, channel=channel, **options)


class DeafAmqpChannel(pyamqp.Channel):  # type: ignore[misc]
    """Makes such messages."""

    Message = DeafMessage


class _DeafAmqpConnection(pyamqp.Connection):  # type: ignore[misc]
    Channel = DeafAmqpChannel


class DeafAmqpTransport(pyamqp.Transport):  # type: ignore[misc]
    """For ``broker_transport``."""

    Connection = _DeafAmqpConnection


class DeafAmqpTlsTransport(pyamqp.SSLTransport):  # type: ignore[misc]
    """The same over TLS."""

    Connection = _DeafAmqpConnection


def configuration(settings: JobsSettings) -> dict[str, Any]:
    """What Celery is told of the broker: its address, transport and patience."""
    if not settings.hint_broker:
        return _on_redis(settings)
    kind = settings.hint_broker.partition(":")[0]
    told: dict[str, Any] = {
        "broker_url": settings.hint_broker,
        "broker_connection_timeout": CONNECT_TIMEOUT_S,
        "broker_heartbeat": HEARTBEAT_S,
        "worker_prefetch_multiplier": 1,
        "task_default_delivery_mode": "transient",  # a reaper makes good what a broker forgets
    }
    if kind == "sqs":
        told["broker_transport"] = "jobs.hint_sqs:DeafSqsTransport"  # its own module: it wants boto3
        told["broker_transport_options"] = {"wait_time_seconds": 5, "visibility_timeout": 60}
    elif kind in {"amqp", "amqps"}:
        transport = DeafAmqpTlsTransport if kind == "amqps" else DeafAmqpTransport
        told["broker_transport"] = f"{__name__}:{transport.__name__}"
        if kind == "amqps":
            told["broker_use_ssl"] = {"cert_reqs": ssl.CERT_REQUIRED}
    return told


def hasty_options(settings: JobsSettings) -> dict[str, Any]:
    """How little a publisher waits, beside what `configuration` says: a hint that is late is no hint."""
    if settings.hint_broker.startswith("amqp"):
        return {"read_timeout": SOCKET_TIMEOUT_S, "write_timeout": SOCKET_TIMEOUT_S}
    if settings.hint_broker:
        return {}
    return {"socket_timeout": SOCKET_TIMEOUT_S, "socket_connect_timeout": CONNECT_TIMEOUT_S, "max_retries": 0}


def waiting_in(connection: Connection, queue: str) -> int:
    """How many messages wait in a queue of any broker; 0 where there is no such queue yet. The broker's own faults."""
    with connection.channel() as channel:
        try:
            return int(channel.queue_declare(queue=queue, passive=True).message_count)
        except connection.channel_errors:
            return 0


def _on_redis(settings: JobsSettings) -> dict[str, Any]:
    options: dict[str, Any] = {
        "ack_emulation": False,  # no message is kept for another worker, so none can come back again and again
        "socket_timeout": 5,
        "socket_connect_timeout": 2,
        "socket_keepalive": True,
        "socket_keepalive_options": KEEPALIVE,
        "health_check_interval": 15,
    }
    told: dict[str, Any] = {"broker_url": settings.redis_url, "broker_transport_options": options}
    transport = hint_transport.HintTransport.__name__
    if is_sentinel(settings.redis_url):
        options["sentinels"] = read_sentinel_url(settings.redis_url)
        told["broker_url"] = options["sentinels"].first_url
        transport = hint_transport.SentinelHintTransport.__name__
    told["broker_transport"] = f"{hint_transport.__name__}:{transport}"
    if told["broker_url"].startswith("rediss:"):  # or kombu takes any certificate; what the address says comes first
        told["broker_use_ssl"] = {"ssl_cert_reqs": ssl.CERT_REQUIRED}
    return told
