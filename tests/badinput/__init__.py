"""Bad input against real processes: every row of the promise, drawn specs, broken photos, guided fuzzing."""
