"""Takes a catalogue from its rows to the pictures in their places, in the order in which a person is told of it."""

import json
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass

import click

from packshot.catalog.faults import faults_csv
from packshot.catalog.fetching import Fetcher
from packshot.catalog.following import Followed, Follower
from packshot.catalog.ledger import LEDGER_FILE, CatalogLedger
from packshot.catalog.places import FAULTS_CSV, RESULTS_CSV, RESULTS_JSONL
from packshot.catalog.results import RowResult, results_csv, results_jsonl, row_document
from packshot.catalog.rows import CatalogRow, files_in
from packshot.catalog.starting import Start, Uploads, checked_by_server, refused_rows, running_already, start
from packshot.catalog.wanted import Standing, standing
from packshot.cli.catalog.display import Now, display_for, staged
from packshot.cli.catalog.reading import Work
from packshot.cli.catalog.report import summarize, tell, tell_estimate, tell_faults, tell_standing
from packshot.cli.catalog.sources import Source, Where, connected, let_go
from packshot.cli.exits import Exit, end
from packshot.cli.interrupts import Interrupts
from packshot.cli.options import make_folder
from packshot.cli.report import number_of
from packshot.errors import InvalidRequest, PackshotError
from packshot.photos import shown


def run_catalog(work: Work, where: Where, interrupts: Interrupts) -> Exit:
    """Does what is left of a catalogue. Ends the process where nothing can be done at all."""
    order = work.order
    make_folder(order.folder)
    with CatalogLedger(order.folder) as ledger:
        found = standing(work.wanted, ledger, order.folder, retry_failed=order.retry_failed)
        tell_standing(work.console, found)
        results = {one.sku: one for one in (*found.done, *found.failed)}
        code = Exit.OK
        try:
            if not found.left:
                _settle_faults(work, ledger)
            elif not _do(work, ledger, found, results, _Asked(where, interrupts)):
                code = Exit.INTERRUPTED
        finally:
            faults = sorted(work.faults, key=lambda fault: fault.row)
            ledger.write(RESULTS_CSV, results_csv(work.wanted.rows, results, faults))
            ledger.write(RESULTS_JSONL, results_jsonl(work.wanted.rows, results, faults))
    summarize(work.console, work.wanted.rows, results, work.faults, order.folder)
    whole = not work.faults and all(row.sku in results and _is_fit(results[row.sku]) for row in work.wanted.rows)
    return code if code or whole else Exit.FAILED


def _is_fit(result: RowResult) -> bool:
    return result.ok and not result.broken_rules


def rehearse(work: Work, where: Where) -> Exit:
    """Tells what is wrong with the rows and how long the others would take. Starts nothing, sends no photo."""
    order = work.order
    rows, check = list(work.wanted.rows), None
    if (order.folder / LEDGER_FILE).exists():
        with CatalogLedger(order.folder) as ledger:
            found = standing(work.wanted, ledger, order.folder, retry_failed=order.retry_failed)
            tell_standing(work.console, found)
            rows = found.left
    if rows:
        with connected(work.console, where) as source:
            check, faults, _ = checked_by_server(source.client, work.wanted, rows)
        work.take_out(faults)
    if work.faults:
        make_folder(order.folder)
        with CatalogLedger(order.folder) as ledger:
            _settle_faults(work, ledger)
    if check is not None:
        tell_estimate(work.console, check, len(work.good(rows)))
    if order.as_json:
        click.echo(
            json.dumps(
                _rehearsal(work, rows, None if check is None or not check.jobs else check.estimate_s),
                ensure_ascii=False,
            )
        )
    return Exit.FAILED if work.faults else Exit.OK


@dataclass(frozen=True)
class _Asked:
    where: Where
    interrupts: Interrupts


def _do(work: Work, ledger: CatalogLedger, found: Standing, results: dict[str, RowResult], asked: _Asked) -> bool:
    """Does the rows that are left, adding how they ended to `results`; False where Ctrl-C came first."""
    with connected(work.console, asked.where) as source:
        try:
            followed = _begin(work, ledger, source, found.left, asked.interrupts)
            fetcher = Fetcher(source.client, ledger, work.order.folder, source.stop)
            follower = Follower(followed, fetcher, work.order.in_flight, source.stop)
            _follow(work, source, follower, results, asked.interrupts)
        except KeyboardInterrupt:
            source.stop.set()
            tell(work.console, let_go(ledger, source), "yellow")
            return False
        except InvalidRequest:
            raise
        except PackshotError:
            tell(work.console, "what is done is kept: the same command goes on from here", "yellow")
            raise
    for one in followed:
        if all(sku in results and results[sku].state in ("succeeded", "failed") for sku in one.rows):
            ledger.note_over(one.batch.id)
    return True


def _begin(
    work: Work, ledger: CatalogLedger, source: Source, left: list[CatalogRow], interrupts: Interrupts
) -> list[Followed]:
    """Batches that do the rows which are left: those of earlier runs, and a new one for all others."""
    _, faults, unsent = checked_by_server(source.client, work.wanted, left)
    work.take_out(faults)
    if work.order.strict and work.faults:
        _settle_faults(work, ledger)
        broken = number_of(len({fault.row for fault in work.faults}), "broken rows")
        end(f"{broken}: nothing was started, as --strict asks", Exit.USAGE)
    followed, rows = running_already(source.client, ledger, work.wanted, work.good(left))
    _upload(work, source, rows, unsent, interrupts)
    rows = work.good(rows)
    if rows:
        with interrupts.held():
            name = shown(work.order.file.name)[:200]
            begun, late = start(
                source.client, ledger, work.wanted, rows, Start(name, source.address, work.order.strict)
            )
        followed.append(begun)
        work.take_out(late)
        if source.address:
            tell(work.console, f"batch {begun.batch.id} at {source.address}", "dim")
    _settle_faults(work, ledger)
    return followed


def _upload(work: Work, source: Source, rows: list[CatalogRow], unsent: set[str], interrupts: Interrupts) -> None:
    """Sends what the server lacks; rows whose photo it does not take are broken."""
    shared = files_in(work.wanted.defaults.get("operations"))
    needed = {work.wanted.ids[path] for path in (*shared, *(path for row in rows for path in row.files))}
    uploads = Uploads(source.client, work.wanted, needed & unsent, work.order.in_flight, source.stop)
    if not uploads.total:
        return
    with staged(work.console, "sending photos", uploads.total) as show, interrupts.held():

        def tick() -> None:
            interrupts.check()
            source.served.check()
            show(uploads.sent)

        uploads.send(tick)
    for path in shared:
        if refused := uploads.refused.get(work.wanted.ids[path]):
            end(refused, Exit.USAGE)
    work.take_out(refused_rows(work.wanted, rows, uploads.refused))


def _follow(
    work: Work, source: Source, follower: Follower, results: dict[str, RowResult], interrupts: Interrupts
) -> None:
    rows = {row.sku: row for row in work.wanted.rows}
    with display_for(work.console, work.order.file.name, follower.total) as display, interrupts.held():

        def tick() -> None:
            interrupts.check()
            source.served.check()
            display.tick(Now(follower.counts(), follower.eta_s(), tuple(follower.paused())))

        with closing(follower.results(tick)) as ending:
            for result in ending:
                results[result.sku] = result
                display.ended(rows[result.sku], result)
                if work.order.as_json:
                    click.echo(json.dumps(row_document(rows[result.sku], result), ensure_ascii=False))


def _settle_faults(work: Work, ledger: CatalogLedger) -> None:
    """Tells the faults, and writes them where the merchant finds them; a list of an earlier run goes."""
    if work.faults:
        tell_faults(work.console, work.faults, ledger.write(FAULTS_CSV, faults_csv(work.faults)))
    else:
        ledger.remove(FAULTS_CSV)


def _rehearsal(work: Work, rows: list[CatalogRow], estimate_s: float | None) -> Mapping[str, object]:
    errors = [
        {"row": one.row, "line": one.line, "sku": one.sku, "column": one.column, "detail": one.detail}
        for one in work.faults
    ]
    invalid = len({fault.row for fault in work.faults})
    return {
        "valid": len(work.wanted.rows),
        "invalid": invalid,
        "to_do": len(work.good(rows)),
        "estimate_s": estimate_s,
        "errors": errors,
    }
