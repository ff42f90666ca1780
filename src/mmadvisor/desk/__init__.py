"""The commands, and the questions of `new`."""
