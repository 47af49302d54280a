"""The report page of a data set: one HTML file with small pictures inside, of what was kept and what was left out."""

from __future__ import annotations

import base64
import html
import io
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path

from PIL import Image, ImageOps

from engine.generation.color_names import color_called
from engine.training.catalogue.errors import REASONS, Reason
from engine.training.catalogue.records import Dropped, Item, Records
from engine.training.data import evenly
from engine.training.whole_files import write_whole

REPORT_FILE = "report.html"
SAMPLES = 24  # of each category
EXAMPLES = 12  # of each reason
_THUMB_PX = 96
_MEANING: dict[Reason, str] = {
    "unreadable": "The file is broken, no photo of a size that can be read, or its name is not UTF-8.",
    "too-small": "The photo or the product in it has too few pixels for the size asked.",
    "no-product": "Nothing stands out from the background.",
    "doubtful-cutout": "The network itself expects its cutout to be wrong in places.",
    "cut-off": "The product goes on beyond the photo.",
    "duplicate": "A picture much like it was kept already.",
    "face": "A person's face is seen: personal data stays out.",
}
_STYLE = """
body{font:15px/1.5 system-ui,sans-serif;max-width:1080px;margin:2rem auto;padding:0 1rem;color:#222}
h2{margin-top:2.5rem;border-bottom:1px solid #ddd}table{border-collapse:collapse}td{padding:2px 14px 2px 0}
td.number{text-align:right;font-variant-numeric:tabular-nums}.tables{display:flex;gap:4rem;flex-wrap:wrap}
.pictures{display:flex;flex-wrap:wrap;gap:10px}figure{margin:0;width:108px;font-size:11px;line-height:1.3}
figure img{display:block;border:1px solid #eee}
.dot{display:inline-block;width:11px;height:11px;border:1px solid #999;border-radius:50%;vertical-align:-1px}
"""


def write_report(out: Path, catalogue: Path, records: Records) -> Path:
    """Write OUT/report.html anew and return its path; `catalogue` is where the dropped photos' sources lie."""
    kept, dropped = records.items, records.dropped
    head = f"{len(kept)} pictures kept of {len(kept) + len(dropped)} photos"
    parts = [f"<h1>{head}</h1>", _tables(records), "<h2>Kept</h2>", *_samples(out, kept), "<h2>Left out</h2>"]
    parts += _examples(catalogue, dropped)
    page = f"<!doctype html><meta charset='utf-8'><title>{head}</title><style>{_STYLE}</style>{''.join(parts)}"
    path = out / REPORT_FILE
    write_whole(path, page)
    return path


def _tables(records: Records) -> str:
    counts: dict[str, Counter[str]] = {
        "Categories": Counter(item.category for item in records.items),
        "Main colours": Counter(item.colors[0].name for item in records.items if item.colors),
        "Patterns": Counter(item.pattern for item in records.items),
        "Left out": Counter(dropped.reason for dropped in records.dropped),
    }
    tables = "".join(f"<div><h3>{title}</h3>{_table(counter)}</div>" for title, counter in counts.items())
    return f"<div class='tables'>{tables}</div>"


def _table(counter: Counter[str]) -> str:
    rows = (
        f"<tr><td>{_dot(name)}{html.escape(name)}</td><td class='number'>{count}</td></tr>"
        for name, count in counter.most_common()
    )
    return f"<table>{''.join(rows)}</table>"


def _samples(out: Path, items: Sequence[Item]) -> Iterable[str]:
    by_category: dict[str, list[Item]] = defaultdict(list)
    for item in items:
        by_category[item.category].append(item)
    for category, members in sorted(by_category.items()):
        yield f"<h3>{html.escape(category)}: {len(members)}</h3><div class='pictures'>"
        for item in evenly(members, SAMPLES):
            colors = "<br>".join(f"{_dot(c.name, c.srgb)}{html.escape(c.name)} {c.share:.0%}" for c in item.colors)
            yield _figure(out / item.file, f"{html.escape(item.pattern)}<br>{colors}")
        yield "</div>"


def _examples(catalogue: Path, dropped: Sequence[Dropped]) -> Iterable[str]:
    """Examples of every reason; of photos with faces the words only, as the page must show nobody either."""
    for reason in REASONS:
        members = [line for line in dropped if line.reason == reason]
        if not members:
            continue
        yield f"<h3>{reason}: {len(members)}</h3><p>{_MEANING[reason]}</p><div class='pictures'>"
        for line in evenly(members, EXAMPLES):
            caption = f"{html.escape(line.source)}<br>{html.escape(line.detail)}"
            shown = reason not in ("face", "unreadable")
            yield _figure(catalogue / line.source if shown else None, caption)
        yield "</div>"


def _figure(path: Path | None, caption: str) -> str:
    return f"<figure>{_thumb(path) if path else ''}{caption}</figure>"


def _thumb(path: Path) -> str:
    """A small picture inside the page; words where the file has gone since."""
    try:
        with Image.open(path) as picture:
            small = ImageOps.exif_transpose(picture).convert("RGB")
    except OSError:
        return "<em>no longer there</em>"
    small.thumbnail((_THUMB_PX, _THUMB_PX))
    buffer = io.BytesIO()
    Image.frombytes("RGB", small.size, small.tobytes()).save(buffer, format="JPEG", quality=80)
    data = base64.b64encode(buffer.getvalue()).decode("ascii")
    return f"<img width='{small.width}' height='{small.height}' alt='' src='data:image/jpeg;base64,{data}'>"


def _dot(name: str, srgb: tuple[int, int, int] | None = None) -> str:
    """A spot of a colour's own value, or of what its name stands for; nothing for what is no colour."""
    called = color_called(name)
    value = srgb or (called.srgb if called else None)
    return f"<span class='dot' style='background:rgb{value}'></span> " if value else ""
