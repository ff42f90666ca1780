"""The answers to the commands, made from the verdicts and ranks."""
