"""Everything that learns: data, faults, one loop per model, export, evaluation. Never imported at serving time."""
