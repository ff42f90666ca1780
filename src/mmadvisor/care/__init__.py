"""After the choice: checklists, doses that go on, interruptions, events."""
