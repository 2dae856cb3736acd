"""The services of record. They never import each other: they meet through stubs and events."""
