"""What the older routes take and answer, one module per blueprint: too much to stand beside each of them.

Each name is a decorator of the view that it describes (``api/describe.py``).
"""
