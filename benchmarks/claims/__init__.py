"""The admission desk's full answer, claim files, histories and FHIR, measured: ``python -m benchmarks.claims``."""
