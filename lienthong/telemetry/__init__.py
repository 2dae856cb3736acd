"""What a process tells its operators: logs, metrics and traces. Never personal data."""
