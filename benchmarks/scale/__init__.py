"""The record under ever more jobs, and a day of ten million photos: where the first wall stands."""
