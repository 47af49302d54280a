"""Starts batches: a catalogue's rows and their photos. In steps."""

import uuid
from collections.abc import Iterable

from packshot.batch_models import CatalogCheck
from packshot.catalog.asking import Catalog, CatalogFields, Row, check_request, start_request
from packshot.catalog.sending import look_at, made_up_id, refuse, send_steps
from packshot.connection import Connection, WireT
from packshot.errors import InvalidRequest
from packshot.flows.steps import Steps, work
from packshot.reading import Document


class Cataloguing(Connection[WireT]):
    """The part of a client that starts batches."""

    def catalog_steps(
        self, rows: Iterable[Row], shared: CatalogFields, *, skip_invalid: bool, idempotency_key: str | None
    ) -> Steps[Document]:
        """What the server answers to a batch that it took."""
        wanted = Catalog(list(rows), **shared)
        key = idempotency_key or str(uuid.uuid4())
        looked = yield from work(lambda: look_at(wanted))
        refuse([fault for fault in looked.faults(wanted) if not (skip_invalid and fault.row)])

        def attempt() -> Steps[Document]:
            sent = yield from send_steps(looked, self.upload_steps)
            refuse([fault for fault in sent.faults(wanted) if not (skip_invalid and fault.row)])
            request = start_request(wanted.body(sent.id_of), key, skip_invalid=skip_invalid)
            return (yield from self._transport.document(request))

        return (yield from self._sent_again_if(_says_a_row_lacks_its_upload, attempt))

    def check_catalog_steps(self, rows: Iterable[Row], shared: CatalogFields) -> Steps[CatalogCheck]:
        """What the server would say of the rows."""
        wanted = Catalog(list(rows), **shared)
        looked = yield from work(lambda: look_at(wanted))
        faults = looked.faults(wanted)
        refuse([fault for fault in faults if not fault.row])
        ids = {**looked.ids, **{file: made_up_id(file) for file in looked.wrong}}
        request = check_request(wanted.body(ids.__getitem__))
        check = CatalogCheck.parse((yield from self._transport.document(request)))
        return check.without_unsent(set(ids.values())).with_faults(faults)


def _says_a_row_lacks_its_upload(error: InvalidRequest) -> bool:
    return any("no upload" in field.detail for field in error.problem.errors)
