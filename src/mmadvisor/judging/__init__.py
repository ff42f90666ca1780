"""For one patient: the verdict on each regimen, the order of the options, and what would change these."""
