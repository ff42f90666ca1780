"""What follows from a record, as it was derived at first: every fact with its words at once.

Kept unchanged: the values and findings of `mmadvisor.history` are compared with these.
"""
