"""From a folder of product photos to a data set: cut out, centred on white, described, and cleaned. Needs no torch."""
