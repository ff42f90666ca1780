"""The verdicts, their order, and what would change them, for one patient."""
