"""What became of the corpus, as tables in Markdown."""

import collections
from collections.abc import Callable, Iterable, Sequence

from tests.badinput.corpus import Outcome, Result

_SHOWN = 8


def photo_tables(results: Sequence[Result]) -> str:
    """Counts by format and by mutation, the slowest, and those whose child held most; of one run or several."""
    outcomes = [outcome for result in results for outcome in result.outcomes]
    seeds = ", ".join(str(result.seed) for result in results)
    findings = [finding for result in results for finding in result.findings]
    told = f"{len(outcomes)} files of seed {seeds} in {sum(result.seconds for result in results):.0f} s"
    over_http = sum(result.over_http for result in results)
    parts = [
        f"{told}, {over_http} of them over HTTP: {len(findings)} findings.",
        "\n".join(f"- {finding}" for finding in findings),
        _counts(outcomes, "format", lambda outcome: outcome.sample.format),
        _counts(outcomes, "mutation", lambda outcome: outcome.sample.mutation),
        _extremes("processor time", outcomes, lambda outcome: outcome.taken.cpu_s, "{:.2f} s"),
        _extremes("memory of the child", outcomes, lambda outcome: outcome.taken.peak_bytes / 1e6, "{:.0f} MB"),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _counts(outcomes: Iterable[Outcome], name: str, key: Callable[[Outcome], str]) -> str:
    """A row for each of what `key` tells, a column for each answer and who told it."""
    counted = collections.Counter((key(outcome), _answer(outcome)) for outcome in outcomes)
    columns = sorted({answer for _, answer in counted})
    rows = sorted({row for row, _ in counted})
    lines = [[row, *(str(counted[row, column] or "") for column in columns)] for row in rows]
    return _table([name, *columns], lines)


def _answer(outcome: Outcome) -> str:
    return outcome.answer if outcome.answer == "pixels" else f"{outcome.answer} ({outcome.told_by})"


def _extremes(name: str, outcomes: Iterable[Outcome], measure: Callable[[Outcome], float], shown: str) -> str:
    largest = sorted(outcomes, key=measure, reverse=True)[:_SHOWN]
    lines = [
        [
            shown.format(measure(outcome)),
            f"{outcome.pixels / 1e6:.2f}",
            outcome.sample.seed,
            outcome.sample.mutation,
            _answer(outcome),
        ]
        for outcome in largest
    ]
    return _table([name, "megapixels", "file", "mutation", "answer"], lines)


def _table(head: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    return "\n".join("| " + " | ".join(line) + " |" for line in (head, ["---"] * len(head), *lines))
