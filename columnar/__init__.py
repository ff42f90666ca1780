"""The suite of Parquet and Zstandard, which need packages that the program does without."""
