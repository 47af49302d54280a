"""An hour of steady mixed work, and whether anything grew meanwhile: `make soak` (MINUTES=60).

Read `load.py` (what is asked), `sampling.py` (what is looked at), `trend.py` (when that is flat), `picture.py`.
"""
