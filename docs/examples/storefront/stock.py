"""The shop's products, in one SQLite table. Every call opens a connection of its own: any thread may use it."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

PRODUCTS = (
    ("MUG-1", "Stoneware mug", 1800),
    ("LAMP-1", "Desk lamp", 6900),
    ("SHOE-1", "Canvas sneaker", 5500),
    ("BOTTLE-1", "Steel bottle", 2400),
)
_TABLE = """
CREATE TABLE IF NOT EXISTS products (
    sku TEXT PRIMARY KEY, title TEXT, cents INTEGER, picture TEXT, job TEXT, state TEXT DEFAULT 'none', problem TEXT)
"""


class Stock:
    """What is sold, and how each product's picture stands: none, starting, working, done or failed."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "shop.db"
        with self._open() as db:
            db.execute(_TABLE)
            db.executemany("INSERT OR IGNORE INTO products (sku, title, cents) VALUES (?, ?, ?)", PRODUCTS)

    def products(self) -> list[sqlite3.Row]:
        """All of them."""
        with self._open() as db:
            return db.execute("SELECT * FROM products").fetchall()

    def product(self, sku: str) -> sqlite3.Row | None:
        """The one, None where there is none."""
        with self._open() as db:
            found: sqlite3.Row | None = db.execute("SELECT * FROM products WHERE sku = ?", (sku,)).fetchone()
        return found

    def starting(self, sku: str) -> None:
        """A job is about to be asked for."""
        self._change("state = 'starting', problem = NULL", (), sku)

    def working(self, sku: str, job: str) -> None:
        """That job makes the picture, whatever was under way before."""
        self._change("state = 'working', job = ?", (job,), sku)

    def done(self, sku: str, picture: str) -> None:
        """This file is the picture from now on."""
        self._change("state = 'done', picture = ?", (picture,), sku)

    def failed(self, sku: str, problem: str) -> None:
        """The picture stays what it was."""
        self._change("state = 'failed', problem = ?", (problem,), sku)

    def _change(self, what: str, values: tuple[str, ...], sku: str) -> None:
        with self._open() as db:
            db.execute(f"UPDATE products SET {what} WHERE sku = ?", (*values, sku))  # noqa: S608 (our own words)

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        with closing(sqlite3.connect(self._file)) as db, db:
            db.row_factory = sqlite3.Row
            yield db
