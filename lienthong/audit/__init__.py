"""The log of who saw what: written before the answer leaves, read by the auditor."""
