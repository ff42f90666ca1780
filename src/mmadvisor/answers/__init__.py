"""The types of every kind of answer, as plain data. There is no logic here."""
