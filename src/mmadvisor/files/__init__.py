"""Files: opening, reading, checking and writing."""
