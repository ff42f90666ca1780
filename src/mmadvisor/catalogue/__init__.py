"""What is known of regimens, places and sources, and the check that it holds together."""
