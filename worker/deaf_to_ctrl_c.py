"""Imported by the decoder's fork server alone, and by its effect: it and its children ignore SIGINT from their start.

A terminal's Ctrl-C reaches the whole process group. The fork server gives every child the handlers that it had itself
after its preloaded modules, so this is the one place from which a child has no moment in which Ctrl-C ends it.
"""

import signal

signal.signal(signal.SIGINT, signal.SIG_IGN)
