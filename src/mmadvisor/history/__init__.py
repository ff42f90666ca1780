"""What the program derives from one patient's record: order of therapies, lines, refractoriness, organs."""
