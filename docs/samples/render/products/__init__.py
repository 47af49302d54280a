"""One module for each sample photo; each builds its scene, in centimetres, and returns the `Shot` to take of it."""
