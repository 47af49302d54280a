"""Telling receivers what happened: a message is made and signed, sent over a guarded connection, and tried again.

In the order of a message's way: ``dispatch`` takes it from the record, ``messages`` writes and signs it, ``sending``
posts it, ``outcomes`` says what follows from the answer. None of it touches the work on jobs.
"""
