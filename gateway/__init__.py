"""The signed-request gateway: checks, asks a service, records, answers."""
