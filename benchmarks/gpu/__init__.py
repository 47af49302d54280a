"""What only a GPU can tell: `make bench-gpu` appends its figures to results.md; `--dry` rehearses on a CPU."""
