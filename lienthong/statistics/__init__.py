"""Statistics that stay current: cubes that each service folds from its own committed changes.

tables.py        the tables, triggers and rights, for migrations
definitions.py   how a service says which cell a row belongs to
bands.py         bands that several services count by
flows.py         a dataflow as the worker knows it; months; the contributors' keys
structures/      what all dataflows are called and consist of (SDMX)
sums.py          the SQL that sums up: of a batch of changes, of everybody
publishing.py    true cells in, published figures and margins out (lienthong.disclosure decides)
margins.py       when a margin is suppressed, in SQL
opening.py       whole months from the base tables: a first build, a new month
batches.py       one batch of changes, from the deltas to the published figures
forgetting.py    what a database counts no more
restoring.py     what waits, in a database that was restored into another server
folding.py       the worker: python -m lienthong.statistics.folding
recounting.py    everything anew from the base tables, compared cell by cell
reading.py       what ListObservations answers, also as it was at a moment
shares.py        dataflows that divide another's published totals by the population
population.py    the official population, as operators load it
serving.py       the servicer that every service's gRPC process adds
"""
