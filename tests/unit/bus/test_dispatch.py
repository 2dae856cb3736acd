"""Which method answers which message is settled at the start."""

import pytest

from lienthong.bus import topology
from lienthong.bus.dispatch import HandlerMismatch, command_methods, event_methods
from vss.contributions.v1 import commands_pb2, events_pb2

SERVICE = commands_pb2.DESCRIPTOR.services_by_name["ContributionsCommandService"]
CHANGED = events_pb2.ParticipationChanged.DESCRIPTOR.full_name


def handler(*names: str) -> object:
    return type("Handler", (), {name: lambda *_: None for name in (*names, "_own")})()


def test_every_method_of_the_contract_is_found_by_its_full_name() -> None:
    methods = command_methods(SERVICE, handler(*(method.name for method in SERVICE.methods)))
    submit = methods["vss.contributions.v1.ContributionsCommandService/SubmitDeclaration"]
    assert submit.request is commands_pb2.SubmitDeclarationRequest
    assert submit.response is commands_pb2.SubmitDeclarationResponse
    assert len(methods) == len(SERVICE.methods)


def test_a_handler_that_misses_a_method_or_has_one_too_many_is_refused_by_name() -> None:
    names = [method.name for method in SERVICE.methods if method.name != "UrgePayment"]
    with pytest.raises(HandlerMismatch, match="misses UrgePayment; has urge_payment, which"):
        command_methods(SERVICE, handler(*names, "urge_payment"))


def test_a_handler_of_events_has_a_method_for_each_subscription() -> None:
    methods = event_methods((CHANGED,), handler("ParticipationChanged"))
    assert methods[CHANGED].payload is events_pb2.ParticipationChanged
    with pytest.raises(HandlerMismatch, match="misses ParticipationChanged"):
        event_methods((CHANGED,), handler())
    with pytest.raises(HandlerMismatch, match="no imported contract has this message"):
        event_methods(("vss.nobody.v1.Nothing",), handler("Nothing"))


def test_every_subscription_names_a_message_of_a_contract() -> None:
    for types in topology.SUBSCRIPTIONS.values():
        names = [name.rpartition(".")[2] for name in types]
        assert set(event_methods(types, handler(*names))) == set(types)


def test_a_handler_may_have_methods_for_several_messages_at_once_by_the_names_of_those_for_one() -> None:
    def several(*_: object) -> None: ...

    able = handler("ParticipationChanged")
    able.TOGETHER = {"ParticipationChanged": several}  # type: ignore[attr-defined]
    assert event_methods((CHANGED,), able)[CHANGED].call_all is several
    assert event_methods((CHANGED,), handler("ParticipationChanged"))[CHANGED].call_all is None
    able.TOGETHER = {"Nothing": several}  # type: ignore[attr-defined]
    with pytest.raises(HandlerMismatch, match="has Nothing, which"):
        event_methods((CHANGED,), able)
