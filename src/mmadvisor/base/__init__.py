"""The lowest folder: three-valued logic, records, their validation, errors, JSON."""
