"""Answers for many patients in one run."""
