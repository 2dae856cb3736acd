"""Alembic's entry for the gateway's database."""

from lienthong.db.migrations import run_env

run_env()
