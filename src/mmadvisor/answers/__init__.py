"""What comes out, as plain data: the types of every kind of answer, and no logic."""
