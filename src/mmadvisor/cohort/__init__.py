"""Many patients in one run."""
