"""Protobuf to domain and back; one file for each group of RPCs. The only place that refuses missing fields."""
