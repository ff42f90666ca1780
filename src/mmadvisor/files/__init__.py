"""What is opened, read, checked and written."""
