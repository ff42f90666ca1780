"""The catalogue of regimens, places and sources, and its checks."""
