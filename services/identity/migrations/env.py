"""Alembic's entry: everything is in :mod:`lienthong.db.migrations`."""

from lienthong.db.migrations import run_env

run_env()
