"""Writes what was measured to where it is read: the planner's file, the tables of docs/capacity.md, the pictures."""

import json
import os
import re
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

from benchmarks.costs import facts
from benchmarks.scale.day import Moment, live_through
from benchmarks.scale.growth import Row as Figures
from benchmarks.scale.picture import Panel, draw
from benchmarks.tables import Row, as_table
from jobs.capacity import Costs, Demand, plan_capacity
from jobs.capacity.costs import read_costs
from jobs.capacity.document import Line, number
from jobs.capacity.record import BUSY, RecordNeeds, keys, memory_bytes, plan_record
from jobs.capacity.serving import plan_serving
from jobs.capacity.workers import plan_fleet

ROOT = Path(__file__).parents[2]
RECORD = ROOT / "jobs" / "capacity" / "record.json"
PAGE = ROOT / "docs" / "capacity.md"
IMAGES = ROOT / "docs" / "images"

MILLIONS = Demand(photos_per_day=10_000_000, bulk_share=0.4, peak=2.5)
"""The day that is lived through; everything that is not said is the planner's usual."""

_SIZES = (10_000, 200_000, 1_000_000, 2_000_000, 5_000_000, 10_000_000)
_UNITS = {"us": "µs", "ms": "ms", "s": "s", "mb": "MB"}
_HEADS = {
    "lives_per_s": "lives/s",
    "journal_mb_before": "journal before (MB)",
    "bytes": "memory (bytes)",
    "growth": "growth (times)",
}
_CALLS = ("submit_us", "claim_us", "progress_us", "view_us", "end_us")


def write(kept: Sequence[Figures], grown: Sequence[Row], tables: Mapping[str, Sequence[Row]], ear_us: float) -> None:
    """All of it; the day is lived through anew with the new figures."""
    RECORD.write_text(json.dumps(_record(kept, grown, tables, ear_us), indent=1, sort_keys=True) + "\n")
    read_costs.cache_clear()
    (IMAGES / "capacity-record.svg").write_text(draw(_growth_panels(kept, grown)))
    parts = {title.lower().replace(" ", "-").replace("'", ""): with_units(rows) for title, rows in tables.items()}
    _fill({name: as_table(rows) for name, rows in parts.items()} | {"spread": spread_text(grown)})
    write_plans()


def write_plans() -> None:
    """What follows from the figures that are there: the plans, the walls, the day. Measures nothing."""
    costs = read_costs()
    cores, moments = live_through(MILLIONS, costs)
    (IMAGES / "capacity-day.svg").write_text(draw(_day_panels(cores, moments, costs)))
    parts = {"by-photos": as_table(by_photos(costs)), "walls": _walls(costs), "day": day_text(cores, moments, costs)}
    _fill(parts | {"measured": f"Measured: {costs.record_source}; {costs.source}."})


def spreads(grown: Sequence[Row]) -> dict[str, tuple[float, float]]:
    """The least and the most that each script cost on the smallest crowd of each kind, where little differs (µs)."""
    smallest = {str(row["many"]): row for row in reversed(grown)}.values()
    costs = {name: [float(row[name]) for row in smallest] for name in _CALLS}
    return {name.removesuffix("_us"): (min(told), max(told)) for name, told in costs.items()}


def spread_text(grown: Sequence[Row]) -> str:
    """How far apart the same script's costs were, in a sentence for the page."""
    told = [f"`{name}` {least:.0f} to {most:.0f} µs" for name, (least, most) in spreads(grown).items()]
    widest = max(most / least for least, most in spreads(grown).values())
    return (
        f"On the smallest crowds, where little differs, the same script took: {', '.join(told)}. So a growth below "
        f"{widest:.1f} times may be nothing but what else the machine did."
    )


def with_units(rows: Sequence[Row]) -> list[dict[str, str | float | int]]:
    """The same rows under heads that people read, each with its unit."""
    return [{_head(name): value for name, value in row.items()} for row in rows]


def _head(name: str) -> str:
    words, _, last = name.rpartition("_")
    if name in _HEADS or last not in _UNITS:
        return _HEADS.get(name, name.replace("_", " "))
    return f"{words.replace('_', ' ')} ({_UNITS[last]})"


def _record(
    kept: Sequence[Figures], grown: Sequence[Row], tables: Mapping[str, Sequence[Row]], ear_us: float
) -> dict[str, object]:
    last = kept[-1]
    few, many = (row for row in grown if row["many"] == "API processes that listen" and row["size"] in (1, 64))
    gone = next(row for row in tables["A job's memory"] if "tombstone" in str(row["state"]))
    told = {name: last[name] for name in ("kept_jobs", "bytes_per_job", "expire_us", "view_us", "idle_sweep_us")}
    told |= {"load_cpu_s": last["load_cpu_s"], "journal_mb": last["journal_mb"], "keys_per_job": last["keys_per_job"]}
    told |= {"listener_us": max(0.0, float(many["progress_us"]) - float(few["progress_us"])) / 63, "ear_us": ear_us}
    told |= {"bytes_per_gone_job": max(0.0, float(gone["bytes"])), "keys_per_gone_job": float(gone["keys"])}
    told["spread"] = max(most / least for least, most in spreads(grown).values())
    return facts("make bench ONLY=scale") | {"record": {name: round(value, 4) for name, value in told.items()}}


def _growth_panels(kept: Sequence[Figures], grown: Sequence[Row]) -> list[Panel]:
    along = {name.removesuffix("_us"): [(row["kept_jobs"], row[name]) for row in kept] for name in _CALLS}
    panels = [Panel("Each script by kept jobs", "µs of Redis' thread", along, "kept jobs", log=True)]
    for crowd in dict.fromkeys(str(row["many"]) for row in grown):
        rows = [row for row in grown if row["many"] == crowd]
        lines = {name.removesuffix("_us"): [(float(row["size"]), float(row[name])) for row in rows] for name in _CALLS}
        panels.append(Panel(f"… by {crowd}", "µs", lines, crowd, log=True))
    memory = [(row["kept_jobs"], row["bytes_per_job"] * row["kept_jobs"] / 1e6) for row in kept]
    journal = [(row["kept_jobs"], row["journal_mb"]) for row in kept]
    panels.append(Panel("Memory and journal", "MB", {"memory": memory, "journal": journal}, "kept jobs"))
    load = [(row["kept_jobs"], row["load_cpu_s"]) for row in kept]
    panels.append(Panel("A restart", "s of processor time", {"load": load}, "kept jobs"))
    return panels


def _day_panels(cores: float, moments: Sequence[Moment], costs: Costs) -> list[Panel]:
    needs = _needs(costs)
    line = partial(_line, moments)
    redis = [(moment.at_h, 100 * needs.busy_at(moment.ended)) for moment in moments]
    memory = [(at.at_h, memory_bytes(at.kept_jobs, needs.gone_jobs, costs) / 2**30) for at in moments]
    waiting = {"clicks": line("clicks_waiting"), "rows of catalogues": line("rows_waiting")}
    return [
        Panel("Photos that come", "a second", {"all": line("arrivals")}, "h"),
        Panel("Photos that wait", "photos", waiting, "h"),
        Panel("Cores of workers at work", "cores; red: all", {"busy": line("busy_cores")}, "h", limit=cores),
        Panel("One Redis' thread", f"% of it; red: {BUSY:.0%}", {"busy": redis}, "h", limit=100 * BUSY),
        Panel("Kept jobs", "jobs", {"kept": line("kept_jobs")}, "h"),
        Panel("Memory, with tombstones", "GiB; red: one Redis", {"all": memory}, "h", limit=MILLIONS.redis_gib),
    ]


def _needs(costs: Costs) -> RecordNeeds:
    """What the whole fleet of that day needs of Redis: the workers' own part, and a week of tombstones."""
    fleet = plan_fleet(MILLIONS, costs, simulate=False)
    return plan_record(MILLIONS, costs, fleet.workers, plan_serving(MILLIONS, costs, fleet).processes)


def _line(moments: Sequence[Moment], name: str) -> list[tuple[float, float]]:
    return [(moment.at_h, float(getattr(moment, name))) for moment in moments]


def by_photos(costs: Costs) -> list[dict[str, str]]:
    """The plan for ever more photos, a row for each number of them."""
    rows = []
    for photos in _SIZES:
        plan = plan_capacity(MILLIONS.model_copy(update={"photos_per_day": photos}), costs)
        names = ("workers", "redis_commands", "redis_busy", "redis_keys", "redis_memory", "redis_shares")
        more = ("api_processes", "storage", "redis_restart")
        lines = [plan.line(name) for name in (*names, *more)]
        told = {_planned(line): number(plan.value(line.name)) for line in lines}
        rows.append({"photos a day": f"{photos:,}"} | told)
    return rows


def _planned(line: Line) -> str:
    name, unit = line.name.replace("_", " "), line.unit.split(",")[0]
    return name if name.endswith(unit) else f"{name} ({unit})"


def _walls(costs: Costs) -> str:
    walls = plan_capacity(MILLIONS, costs).walls
    return as_table(
        [
            {"wall": wall.name, "photos a day": number(wall.photos_per_day), "why": wall.why, "moved by": wall.moved_by}
            for wall in walls
        ]
    )


def day_text(cores: float, moments: Sequence[Moment], costs: Costs) -> str:
    """The day in sentences, beside what the planner says of the same demand."""
    most = {name: max(float(getattr(one, name)) for one in moments) for name in Moment.__dataclass_fields__}
    last_row = max((one.at_h % 24 for one in moments if one.rows_waiting > 0), default=0.0)
    needs = _needs(costs)
    held = memory_bytes(most["kept_jobs"], needs.gone_jobs, costs) / 2**30
    return (
        f"{number(cores)} cores serve. At most {number(most['arrivals'])} photos come in a second, "
        f"{number(most['clicks_waiting'])} clicks and {number(most['rows_waiting'])} rows of catalogues wait at once, "
        f"and {number(most['ended'])} photos are done in a second; {number(most['kept_jobs'])} jobs are kept, and a "
        f"week's {number(needs.gone_jobs)} tombstones: {number(keys(most['kept_jobs'], needs.gone_jobs, costs))} keys "
        f"and {number(held)} GiB. The last row of a day is begun at {last_row:.0f} h. One Redis would be "
        f"{number(100 * needs.busy_at(most['ended']))}% busy at {number(most['ended'])} photos a second "
        f"({number(100 * needs.busy_at_peak)}% at the {number(MILLIONS.peak_per_s)} of the planner's busiest hour, in "
        f"which catalogues do not wait): {needs.shares} are needed."
    )


def _fill(parts: Mapping[str, str]) -> None:
    """Each part of the page between its marks; the rest is a person's."""
    text = PAGE.read_text(encoding="utf-8")
    for name, part in parts.items():
        marks = rf"(<!-- begin {re.escape(name)} -->\n).*?(<!-- end {re.escape(name)} -->)"
        text, found = re.subn(marks, partial(_between, part), text, flags=re.DOTALL)
        assert found == 1, f"docs/capacity.md has {found} places for {name}"
    PAGE.write_text(text, encoding="utf-8")
    print(f"written: {', '.join(parts)} of {os.path.relpath(PAGE)}", flush=True)


def _between(part: str, match: re.Match[str]) -> str:
    return f"{match[1]}{part}\n{match[2]}"


if __name__ == "__main__":  # after a change of the planner; `make bench ONLY=scale` measures anew
    write_plans()
