"""All rows, in the order of the promise's table."""

import tests.badinput.rows_access
import tests.badinput.rows_addresses
import tests.badinput.rows_bodies
import tests.badinput.rows_limits
import tests.badinput.rows_photos
import tests.badinput.rows_specs  # noqa: F401  (each enters its rows)
from tests.badinput.rows import ROWS

__all__ = ["ROWS"]
