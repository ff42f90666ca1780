"""The answers to the commands, made of what was judged."""
