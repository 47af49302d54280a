"""Looks at an installation and says what is wrong with it: ``python -m worker.doctor``, behind ``packshot doctor``.

Changes nothing but a blob that it writes and deletes again. Knows what a part needs, never how it is shown.
"""
