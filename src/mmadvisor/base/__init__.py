"""What everything stands on: what may be known in part, records, their validation, errors."""
