"""Opening, reading, checking and writing of files."""
