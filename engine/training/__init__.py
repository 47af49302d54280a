"""Everything that learns: data, faults to learn from, one loop per model, export, evaluation. Never imported at serving time."""
