"""Whose data is asked for and answered, and the fields that the gateway fills in.

Where the marked fields stand is found once, at start; per request it is a walk
along known paths. Finding them raises ``ContractError`` when a marked field is
not one single value.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message

from lienthong.access import options
from lienthong.access.contract import ContractError
from vss.access.v1 import access_pb2

# Field names from the message down; every step but the last is a message field.
Path: TypeAlias = tuple[FieldDescriptor, ...]
Finder: TypeAlias = Callable[[Any], list[Any]]


def asked_finder(message_class: type[Message]) -> Finder:
    """A function from a request to the identifiers that it asks about."""
    return _finder(_marked(message_class, access_pb2.SUBJECT_ROLE_ASKED))


def answered_finder(message_class: type[Message]) -> Finder:
    """A function from a response to the person_ids whose data it carries."""
    return _finder(_marked(message_class, access_pb2.SUBJECT_ROLE_ANSWERED))


def binder(message_class: type[Message], binding: int) -> Callable[[Any, Any], None] | None:
    """A function that sets every field bound to ``binding``; None when there is none."""
    paths = list(_paths(options.descriptor_of(message_class), lambda f: options.binding(f) == binding))
    if not paths:
        return None

    def bind(message: Any, value: Any) -> None:
        for path in paths:
            for holder in _walk([message], path[:-1]):
                setattr(holder, path[-1].name, value)

    return bind


@dataclass(frozen=True, slots=True)
class Lines:
    """The messages inside a request that each name a person and are to hold that person."""

    path: Path
    identifier: str
    person: str

    def identifiers(self, request: Any) -> list[str]:
        """The identifier of each, in order."""
        return [getattr(line, self.identifier) for line in _walk([request], self.path)]

    def fill(self, request: Any, persons: Sequence[Any]) -> None:
        """Put the persons in, one for each identifier. Raises ``ValueError`` when there are not as many."""
        for line, person in zip(_walk([request], self.path), persons, strict=True):
            getattr(line, self.person).CopyFrom(person)


def person_lines(message_class: type[Message]) -> Lines | None:
    """Where a request holds whole persons (BINDING_PERSON); None when it holds none.

    Raises ``ContractError`` when that is in more than one place, or not beside one
    identifier.
    """
    descriptor = options.descriptor_of(message_class)
    places = list(_paths(descriptor, _is_person))
    if not places:
        return None
    *above, person = places[0]
    holder = options.message_type(above[-1]) if above else descriptor
    asked = [f.name for f in holder.fields if options.subject_role(f) == access_pb2.SUBJECT_ROLE_ASKED]
    if len(places) != 1 or len(asked) != 1:
        raise ContractError(f"{person.full_name}: needs one identifier beside it, and no other place")
    return Lines(tuple(above), asked[0], person.name)


def _is_person(field: FieldDescriptor) -> bool:
    return options.binding(field) == access_pb2.BINDING_PERSON


def _marked(message_class: type[Message], role: int) -> list[Path]:
    return list(_paths(options.descriptor_of(message_class), lambda f: options.subject_role(f) == role))


def _paths(
    descriptor: Descriptor, wanted: Callable[[FieldDescriptor], bool], above: tuple[str, ...] = ()
) -> Iterator[Path]:
    if descriptor.full_name in above:
        raise ContractError(f"{descriptor.full_name}: must not contain itself")
    for field in descriptor.fields:
        if wanted(field):
            # Only a bound person is a message: it is put in as a whole.
            if field.is_repeated or (field.message_type is not None) != _is_person(field):
                raise ContractError(f"{field.full_name}: a marked field must be one single value")
            yield (field,)
        elif field.message_type is not None and field.message_type.file.package.startswith("vss."):
            for path in _paths(field.message_type, wanted, (*above, descriptor.full_name)):
                yield (field, *path)


def _finder(paths: list[Path]) -> Finder:
    if len(paths) == 1 and len(paths[0]) == 1:
        name = paths[0][0].name
        return lambda message: [value] if (value := getattr(message, name)) else []

    def find(message: Any) -> list[Any]:
        return [
            value
            for path in paths
            for holder in _walk([message], path[:-1])
            if (value := getattr(holder, path[-1].name))
        ]

    return find


def _walk(messages: list[Any], path: Path) -> list[Any]:
    for field in path:
        if field.is_repeated:
            messages = [inner for m in messages for inner in getattr(m, field.name)]
        else:
            messages = [getattr(m, field.name) for m in messages if m.HasField(field.name)]
    return messages
