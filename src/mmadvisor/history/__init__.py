"""What is derived of one patient: order in time, lines, refractoriness, organs."""
