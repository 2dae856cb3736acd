"""Writes of the contributions database: each command is some statements over arrays, in its caller's transaction.

Locks, always in this order: the book's row (shared; ``opening`` takes the table alone),
then the units' accounts in the order of their numbers. Whoever holds a unit's account
may change its charges, payments and periods; nothing else is locked.
"""
