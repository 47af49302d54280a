"""A merchant's catalogue: a file of rows, what is asked for them, and what of it is done already."""
