"""The formats of what is read: patients, agents and their names, and how drugs are given."""
