"""Renders Packshot's own sample photos with Blender; needs `requirements.txt` in an environment of its own."""
