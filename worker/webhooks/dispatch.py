"""Takes messages that are due from the record and sends them, a few at a time. Knows nothing of jobs being worked on.

Any number of workers do this at once. A message is leased to one of them; should that one die, another sends it again
under the same id.
"""

import logging
import random
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import redis.exceptions

from jobs.store import JobStore
from jobs.store.delivering import Sent
from jobs.tracing import Tracing
from jobs.webhooks.records import ClaimedDelivery
from worker.exchanges import Network
from worker.settings import WorkerSettings
from worker.webhooks.messages import Messages
from worker.webhooks.outcomes import outcome
from worker.webhooks.sending import Answer, Poster
from worker.webhooks.spans import DeliverySpan, delivery_at

log = logging.getLogger(__name__)

_LOOK_S = 0.25
_AFTER_FAULT_S = 2.0
_REPORT_S = 600.0  # while Redis is away nobody else can take the message either
_LEAVING_S = 5.0
_REPORT_POLL_S = 0.25


LEASE_MARGIN_S = 15.0
"""How much longer than an attempt may take it is leased: to write the message, and to tell the record."""


class WorkerLeaves(Exception):  # noqa: N818  (the name says what happened)
    """Ends an attempt that is under way when the worker stops."""


class Dispatch:
    """One thread that claims, and a small pool that sends. `start` once, `stop` once.

    Spans go to `tracing`, which may be set before the start.
    """

    tracing = Tracing()

    def __init__(
        self,
        store: JobStore,
        settings: WorkerSettings,
        network: Network,
        tell: Callable[[str], object] = lambda _: None,
        lease_margin_s: float = LEASE_MARGIN_S,
    ) -> None:
        """``tell`` hears of each attempt's outcome once it is in the record."""
        self._store = store
        self._settings = settings
        self._tell = tell
        self._lease_ms = round((settings.webhooks_timeout_s + lease_margin_s) * 1000)
        self._messages = Messages(store)
        self._poster = Poster(network, settings.webhooks_timeout_s, settings.webhooks_private)
        self._stopped = threading.Event()
        self._look = threading.Event()  # something changed that may make a message due
        self._places = threading.Semaphore(settings.webhooks_at_once)
        self._pool = ThreadPoolExecutor(settings.webhooks_at_once, thread_name_prefix="webhook")
        self._thread = threading.Thread(target=self._run, name="webhooks", daemon=True)

    def start(self) -> None:
        """Begin to send."""
        self._thread.start()

    def stop(self) -> None:
        """Claim no more. Attempts under way end within a second, and their messages go back as they were."""
        self._stopped.set()
        self._look.set()
        self._thread.join()
        self._pool.shutdown(wait=True)

    def _run(self) -> None:
        while not self._stopped.is_set():
            if not self._places.acquire(timeout=_LOOK_S):
                continue
            self._look.clear()
            pause_s = self._claim_one()
            if pause_s:
                self._places.release()
                self._look.wait(pause_s)

    def _claim_one(self) -> float:
        """Hand the next message to the pool, which frees the place; else how long to pause, in seconds."""
        try:
            claimed = self._store.claim_delivery(self._lease_ms)
            if claimed is not None:
                self._pool.submit(self._deliver, claimed)  # RuntimeError where no thread can be had
                return 0.0
        except redis.exceptions.RedisError as error:
            log.warning("webhooks wait: %s", error)
            return _AFTER_FAULT_S
        except Exception:
            log.exception("a webhook could not be claimed")
            return _AFTER_FAULT_S
        return _LOOK_S * random.uniform(0.75, 1.25)  # noqa: S311  (keeps many workers from looking in step)

    def _deliver(self, claimed: ClaimedDelivery) -> None:
        """One attempt, and its end in the record. Never raises: what is not told lapses with its lease."""
        try:
            with delivery_at(claimed, self._store, self.tracing) as span:
                sent = self._attempt(claimed, span)
                span.end(sent)
                recorded = self._report(claimed, sent)
                if recorded:
                    self._tell(sent.outcome)
                if recorded and sent.error:
                    host = urlsplit(claimed.url).hostname  # never the whole URL, which may hold a secret
                    log.info("webhook %s to %s, try %d: %s", claimed.message.id, host, claimed.tries, sent.error)
        except redis.exceptions.RedisError as error:
            log.warning(
                "webhook %s: its end was not recorded, and it will be sent again: %s", claimed.message.id, error
            )
        except Exception:
            log.exception("webhook %s: its end was not recorded, and it will be sent again", claimed.message.id)
        finally:
            self._places.release()
            self._look.set()  # its endpoint has room for the next one

    def _attempt(self, claimed: ClaimedDelivery, span: DeliverySpan) -> Sent:
        try:
            message = span.carried_by(self._messages.signed(claimed))
            answer = self._poster.post(claimed.url, message, self._check_staying)
        except WorkerLeaves:
            return Sent("released")
        except redis.exceptions.RedisError:
            raise
        except Exception as error:
            log.exception("webhook %s: the attempt failed of our own fault", claimed.message.id)
            answer = Answer(None, 0, f"the message could not be sent, of our own fault ({type(error).__name__})")
        return outcome(answer, claimed.tries, self._settings.webhooks_retries_s, claimed.now_ms)

    def _check_staying(self) -> None:
        if self._stopped.is_set():
            raise WorkerLeaves

    def _report(self, claimed: ClaimedDelivery, sent: Sent) -> bool:
        """Tell the record, again and again while Redis is away; it may be told twice.

        A worker that leaves gives up soon.
        """
        asked_at = time.monotonic()
        while True:
            try:
                return self._store.end_delivery(claimed, sent)
            except redis.exceptions.RedisError:
                if time.monotonic() >= asked_at + (_LEAVING_S if self._stopped.is_set() else _REPORT_S):
                    raise
                time.sleep(_REPORT_POLL_S)
