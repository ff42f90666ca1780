"""What is open to one patient, in which order, and what would change it."""
