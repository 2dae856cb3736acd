"""Which method of a handler answers which message, settled when the process starts.

A handler without a method that the contract names, or with a public method that it
does not name, stops the start: both are a message that nobody would carry out.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from google.protobuf import descriptor_pool, message_factory
from google.protobuf.descriptor import Descriptor, ServiceDescriptor
from google.protobuf.message import Message


class HandlerMismatch(Exception):
    """A handler's methods are not those of its contract; the message names them."""


@dataclass(frozen=True, slots=True)
class CommandMethod:
    """One RPC of a command service and the bound method that carries it out."""

    name: str
    """``vss.contributions.v1.ContributionsCommandService/UrgePayment``"""
    request: type[Message]
    response: type[Message]
    call: Callable[[Any, Any], Message]
    call_all: Callable[[Sequence[Any], Sequence[Any]], Sequence[Message]] | None = None
    """Carries several out at once, in one transaction, when the servicer has it in ``TOGETHER``."""


@dataclass(frozen=True, slots=True)
class EventMethod:
    """One kind of event and the bound method that takes it in."""

    name: str
    """``vss.contributions.v1.ParticipationChanged``"""
    payload: type[Message]
    call: Callable[[Any, Any], None]
    call_all: Callable[[Sequence[Any], Sequence[Any]], None] | None = None
    """Takes several in at once, in one transaction, when the handler has it in ``TOGETHER``."""


def command_methods(service: ServiceDescriptor, servicer: object) -> Mapping[str, CommandMethod]:
    """The methods of ``servicer`` by their full names. Raises :class:`HandlerMismatch`."""
    names = {method.name for method in service.methods}
    together = _require_names(servicer, names, service.full_name)
    return {
        f"{service.full_name}/{method.name}": CommandMethod(
            f"{service.full_name}/{method.name}",
            _class_of(method.input_type),
            _class_of(method.output_type),
            getattr(servicer, method.name),
            together.get(method.name),
        )
        for method in service.methods
    }


def event_methods(types: Iterable[str], handler: object) -> Mapping[str, EventMethod]:
    """The methods of ``handler`` by the full names of their events.

    Raises :class:`HandlerMismatch`, also for an event whose contract is not imported.
    """
    found: dict[str, Descriptor] = {}
    for name in types:
        try:
            found[name] = descriptor_pool.Default().FindMessageTypeByName(name)
        except KeyError:
            raise HandlerMismatch(f"{name}: no imported contract has this message") from None
    together = _require_names(handler, {kind.name for kind in found.values()}, "the subscribed events")
    return {
        name: EventMethod(name, _class_of(kind), getattr(handler, kind.name), together.get(kind.name))
        for name, kind in found.items()
    }


def _class_of(kind: Descriptor) -> type[Message]:
    return message_factory.GetMessageClass(kind)


def _require_names(handler: object, wanted: set[str], contract: str) -> Mapping[str, Any]:
    """The handler's ``TOGETHER``: methods for several messages at once, by the names of those for one."""
    public = {name for name in dir(handler) if not name.startswith("_") and callable(getattr(handler, name))}
    together: Mapping[str, Any] = getattr(handler, "TOGETHER", {})
    if public == wanted and together.keys() <= wanted:
        return together
    told = [f"misses {name}" for name in sorted(wanted - public)]
    unknown = public.union(together) - wanted
    told += [f"has {name}, which the contract does not name" for name in sorted(unknown)]
    raise HandlerMismatch(f"{type(handler).__name__} for {contract}: {'; '.join(told)}")
