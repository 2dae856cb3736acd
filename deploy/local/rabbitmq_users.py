"""The broker's users, and what each may do there: ``deploy/rabbitmq/definitions.json``.

The broker takes the file over at its start, with the hash of each user's password in
the place of the user's name. Four things to know when reading its patterns:

- Only the operator makes and deletes exchanges and queues (``lienthong bus declare``):
  ``^$`` as ``configure`` matches no name.
- ``gateway``: its relay sends commands, its consumer takes results. ``contributions``:
  its consumer takes commands, its relay sends results and events. ``health_claims``:
  the same, and its consumer takes others' events.
- The broker calls its default exchange, by which queues are addressed by their name,
  ``amq.default``. Whoever sends a result or puts a message into a retry or dead-letter
  queue needs it, and can then address any queue: inside, a message proves nothing but
  what its envelope says.
- On the exchange of events a service publishes its own events only, by topic permission.
"""

import base64
import json
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from deploy.local.stack import ROOT

RIGHTS = ROOT / "deploy" / "rabbitmq" / "definitions.json"


def password_hash(user: str, password: str) -> str:
    """RabbitMQ's salted SHA-256 of a password.

    The salt follows from user and password, so that the same users make the same
    file; a random password of 192 bits needs no salt against tables.
    """
    salt = sha256(f"{user}\0{password}".encode()).digest()[:4]
    return base64.b64encode(salt + sha256(salt + password.encode()).digest()).decode("ascii")


def definitions(passwords: Mapping[str, str]) -> str:
    """The definitions with these passwords. Raises KeyError for a user whose password is missing."""
    content: dict[str, Any] = json.loads(RIGHTS.read_text(encoding="utf-8"))
    for user in content["users"]:
        user["password_hash"] = password_hash(user["name"], passwords[user["name"]])
    return json.dumps(content, indent=1) + "\n"
