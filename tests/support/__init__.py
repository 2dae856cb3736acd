"""Fakes, sample records and contracts that several test folders share."""
