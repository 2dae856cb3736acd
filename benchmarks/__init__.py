"""What ``make bench`` runs: the coverage check under load, and what it is to be compared with."""
