"""A merchant's catalogue as one request: many rows, each a job's spec in short. The batch here is that request.

What lies on the device at one time is called a batch as well; nothing in this package is about that.
Read in the order of a manifest's way: manifests (bytes → rows), cells, rows (row → spec), checking (all rows together).
"""
