"""Why a line or a payment was refused, with its text in both languages (``refusals.toml``)."""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources

from vss.contributions.v1 import commands_pb2 as pb
from vss.types.v1 import text_pb2


@cache
def texts() -> Mapping[str, text_pb2.LocalizedText]:
    """The text of each code."""
    found = resources.files(__package__).joinpath("refusals.toml").read_text(encoding="utf-8")
    return {code: text_pb2.LocalizedText(**text) for code, text in tomllib.loads(found).items()}


def line_refusal(line: int, field: str, reason: str) -> pb.LineRefusal:
    """The refusal of line number ``line``; 1 is the first."""
    return pb.LineRefusal(line=line, field=field, reason=reason, text=texts()[reason])
