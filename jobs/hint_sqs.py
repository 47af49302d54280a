"""Hints through SQS, as deaf as the others. Imported only where SQS is the broker: it wants ``kombu[sqs]``."""

from collections.abc import Mapping
from typing import Any

from kombu.transport import SQS

from jobs.hint_transport import ANY_JOB, letter


class DeafSqsChannel(SQS.Channel):  # type: ignore[misc]
    """Hands on no message as it came."""

    def _message_to_python(self, message: Mapping[str, Any], queue_name: str, q_url: str) -> Any:
        ours = {**message, "Body": letter(queue_name, ANY_JOB)}
        return super()._message_to_python(ours, queue_name, q_url)


class DeafSqsTransport(SQS.Transport):  # type: ignore[misc]
    """For ``broker_transport``."""

    Channel = DeafSqsChannel
