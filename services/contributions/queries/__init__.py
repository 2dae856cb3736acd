"""Reads of the contributions database, asynchronous; one file for each question."""
