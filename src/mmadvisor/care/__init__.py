"""Care after the choice: checklists, schedules, interruptions, adverse events."""
