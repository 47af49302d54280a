"""What was written is on other machines too: Redis copies to its replicas later, unless somebody waits for it."""

from jobs.errors import NotConfirmed
from jobs.store.base import PREFIX, RecordBase

WAIT_MS = 1000  # less than any socket timeout of ours


class ConfirmingStore(RecordBase):
    """For who answers only what must survive the loss of the machine with the record."""

    def confirm(self) -> None:
        """Wait until ``wait_replicas`` replicas have all that was written up to now, by whomever; 0: at once.

        They have it in memory then; their disks get it as their own ``appendfsync`` says. Raises NotConfirmed after
        ``WAIT_MS``; what was written stands all the same, and may be confirmed later.
        """
        wanted = self.settings.wait_replicas
        if not wanted:
            return
        with self.redis.pipeline(transaction=False) as pipeline:
            # WAIT looks at what its own connection wrote last. A message, which replicas get in its turn like all else
            # and a full memory refuses to nobody, makes that the end of everything; WAIT in a pipeline of its own would
            # also leave out what a request found that an earlier one had written.
            pipeline.publish(f"{PREFIX}confirm", "")
            pipeline.wait(wanted, WAIT_MS)
            confirmed = int(pipeline.execute()[1])
        if confirmed < wanted:
            raise NotConfirmed(f"{confirmed} of {wanted} replicas confirmed it within {WAIT_MS} ms")
