"""Protobuf to domain and back. The only place that refuses missing fields.

coverage.py     the query service
events.py       what other services tell
"""
