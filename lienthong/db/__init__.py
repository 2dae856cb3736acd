"""PostgreSQL: connection pools and migrations."""
