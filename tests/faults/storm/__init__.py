"""The long form: random faults under a steady stream of jobs, from a plan that can be played again."""
