"""Health-insurance cards: who is covered, from when to when, at which benefit level."""
