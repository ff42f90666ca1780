"""The formats of the input: patients, agents and their names, and how drugs are given."""
