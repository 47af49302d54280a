"""How many threads NumPy's linear algebra takes. To be called before NumPy is imported, which reads it once."""

import os

VARIABLE = "OPENBLAS_NUM_THREADS"


def take_one_thread() -> None:
    """Let every caller of NumPy's products do its own work, unless the environment says otherwise.

    OpenBLAS's other threads spin while they wait, and jobs run side by side anyway: of a relit photo of 0.25 megapixels
    the fidelity report took 162 ms of processor time with two threads and takes 88 with one, the light's own 23 and 19.
    """
    os.environ.setdefault(VARIABLE, "1")
