"""What may be asked of a patient, and how each question is decided."""
