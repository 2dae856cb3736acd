"""Bounds on what a claim file may be. At each bound the file, or the dossier, is refused."""

from typing import Final

FILE_BYTES: Final = 64 << 20
"""A file once inflated. The gateway takes 10 MiB."""
CHUNK_BYTES: Final = 64 << 10
"""Inflated and given to the parser at a time."""
PROLOG_BYTES: Final = 4 << 10
"""What may stand before the root element."""
DEPTH: Final = 32
"""Elements within one another."""
DOSSIERS: Final = 5_000
"""Dossiers of a file."""
DOSSIER_ELEMENTS: Final = 200
"""Elements of the envelope within one dossier: some sixty for all fifteen tables."""
TABLE_BYTES: Final = 2 << 20
"""One table, decoded."""
TABLE_TAGS: Final = 400_000
"""Tags of one table: what its elements cost in memory is many times their octets."""
DOSSIER_BYTES: Final = 6 << 20
"""The tables of one dossier together, decoded."""
DOSSIER_TAGS: Final = 600_000
"""Tags of all tables of one dossier: 6 MiB of full lines have some 500,000."""
DOSSIER_LINES: Final = 20_000
"""Lines of all tables of one dossier."""
