"""The catalogue of regimens, jurisdictions and sources, and its checks."""
