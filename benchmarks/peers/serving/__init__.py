"""The peers' side: each runs in an environment of its own (`.venv-peers/<name>`), with this checkout on its path.

Nothing here knows Packshot's API, queue or engine; what is shared with it is arithmetic (`engine/pixels`), so that all
of them make the same picture.
"""
