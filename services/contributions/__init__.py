"""Who was insured through whom, when, on which base, and whether it was paid."""
