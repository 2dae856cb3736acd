"""What must hold at the end, asked of databases, queues and access log.

Every check says how much it looked at; one that looked at nothing has failed.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

import psycopg
from google.rpc import error_details_pb2, status_pb2

from benchmarks.chaos.claims import FacilityModel, ended
from benchmarks.chaos.claims_invariants import dossiers_as_predicted, lines_are_whole, own_payments_add_up
from benchmarks.chaos.evidence import Check, Evidence, Operation, Verdict, differences
from benchmarks.chaos.model import HEALTH, BankModel, Outcome, UnitModel, merged
from benchmarks.chaos.statistics_invariants import cubes_as_counted, months_as_judged
from lienthong.bus import dead, topology, watching
from services.contributions.domain.charges import Unit
from services.contributions.domain.months import month_index
from services.contributions.domain.periods import OPEN
from vss.contributions.v1 import commands_pb2 as pb

_SERVICE = "vss.contributions.v1.ContributionsCommandService"
_CLAIMS = "vss.health_claims.v1.HealthClaimsCommandService"
COMPLETED, FAILED = 2, 3
_DONE = 1


def pending(gateway: psycopg.Connection[Any], keys: Sequence[str]) -> int:
    """How many operations have not ended."""
    row = gateway.execute(
        "SELECT count(*) FROM operation WHERE idempotency_key = ANY(%s) AND state = 1", [list(keys)]
    ).fetchone()
    return int(row[0]) if row else 0


def one_operation_each(evidence: Evidence) -> Verdict:
    """Accepted is accepted, whatever died between commit and answer; and once."""
    found = {operation.key: str(operation.operation_id) for operation in evidence.operations}
    broken = [
        f"{i.key}: answered {i.operation_id}, kept {found.get(i.key)}"
        for i in evidence.intents
        if found.get(i.key) != i.operation_id
    ]
    return Verdict(
        "every accepted command is one operation", len(evidence.intents), [*broken, *evidence.wrong]
    )


def all_ended(evidence: Evidence) -> Verdict:
    """Completed, or refused by a rule: not pending, not held."""
    broken = [
        f"{op.operation_id}: state {op.state}"
        for op in evidence.operations
        if op.state not in {COMPLETED, FAILED}
    ]
    return Verdict("every operation has ended, none is held", len(evidence.operations), broken)


def done_once(evidence: Evidence) -> Verdict:
    """One row in the inbox, and its result is the one that the agency sees."""
    rows = [
        row
        for database in (evidence.contributions, evidence.health_claims)
        for row in database.execute(
            "SELECT operation_id, method, state FROM inbox WHERE operation_id = ANY(%s)",
            [[op.operation_id for op in evidence.operations]],
        ).fetchall()
    ]
    inbox = {row[0]: row[1:] for row in rows}
    broken = [
        f"{op.operation_id}: {inbox.get(op.operation_id)}"
        for op in evidence.operations
        if inbox.get(op.operation_id) != (op.rpc, _DONE)
    ]
    if len(rows) != len(inbox):
        broken.append("an operation is in the inbox twice")
    return Verdict("every operation was carried out once", len(evidence.operations), broken)


def no_gaps(evidence: Evidence) -> Verdict:
    """The numbers of a key are 1, 2, 3 …, and the consumer has come to the last."""
    numbers: dict[str, list[int]] = defaultdict(list)
    for op in evidence.operations:
        numbers[op.ordering_key.partition("/")[2]].append(op.sequence)  # as its service knows it
    reached = dict(
        row
        for database in (evidence.contributions, evidence.health_claims)
        for row in database.execute(
            "SELECT ordering_key, last_sequence FROM inbox_key WHERE ordering_key = ANY(%s)", [list(numbers)]
        ).fetchall()
    )
    broken = [
        f"{key}: {len(given)} numbers up to {given[-1]}, carried out up to {reached.get(key)}"
        for key, given in numbers.items()
        if given != list(range(1, len(given) + 1)) or reached.get(key) != len(given)
    ]
    return Verdict("the numbers of each key have no gap, and all were carried out", len(numbers), broken)


def in_order(evidence: Evidence) -> Verdict:
    """Declarations of a unit and files of a bank took effect in the order in which they were accepted."""
    effects = dict(
        evidence.contributions.execute(
            "SELECT operation_id, entry FROM declaration WHERE employer_id = ANY(%s)",
            [list(evidence.employer_ids.values())],
        ).fetchall()
    )
    effects |= dict(
        evidence.contributions.execute(
            "SELECT operation_id, min(payment_id) FROM payment WHERE bank_id = ANY(%s) GROUP BY 1",
            [list(evidence.parties.banks)],
        ).fetchall()
    )
    broken, looked = [], 0
    last: dict[str, int] = {}
    for op in evidence.operations:
        if op.operation_id in effects:
            looked += 1
            if effects[op.operation_id] <= last.get(op.ordering_key, 0):
                broken.append(f"{op.operation_id} took effect before its predecessor")
            last[op.ordering_key] = effects[op.operation_id]
    return Verdict("effects follow the order of acceptance within a unit or bank", looked, broken)


def results_as_predicted(evidence: Evidence) -> Verdict:
    """Runs the model over the accepted commands, and compares how each ended."""
    row = evidence.contributions.execute("SELECT opened_through FROM book").fetchone()
    opened = month_index(row[0]) if row else 0
    taken_over = month_index(date.fromisoformat(f"{evidence.parties.months[0]}-01"))
    for unit in evidence.parties.units:
        charged = Unit(unit.region, unit.reduced, taken_over, opened)
        people = {person.identifier: person for person in unit.people}
        evidence.unit_models[f"{_SERVICE}/{unit.code}"] = UnitModel(charged, people)
    evidence.banks = BankModel(frozenset(unit.code for unit in evidence.parties.units))
    for facility in evidence.parties.facilities:
        evidence.facilities[facility.code] = FacilityModel(facility)
    broken = []
    for op in evidence.operations:
        expected, found = _predicted(evidence, op), _ended(op)
        if expected != found:
            broken.append(f"{op.operation_id}: {found} instead of {expected}")
    return Verdict("every operation ended as the model says, line by line", len(evidence.operations), broken)


def _predicted(evidence: Evidence, op: Operation) -> Outcome:
    intent = evidence.by_key[op.key]
    if intent.lines:
        return evidence.unit_models[op.ordering_key].declare(intent.lines, op.accepted_at)
    if intent.payments:
        return evidence.banks.record(intent.agency_id, intent.payments)
    if intent.claims:
        return evidence.facilities[op.ordering_key.removeprefix(f"{_CLAIMS}/")].submit(intent.claims)
    return Outcome(accepted=1)


def _ended(op: Operation) -> Outcome:
    if op.state == FAILED:
        info = error_details_pb2.ErrorInfo()
        for detail in status_pb2.Status.FromString(op.result or b"").details:
            if detail.Is(info.DESCRIPTOR):
                detail.Unpack(info)
        return Outcome(failed=info.reason)
    if op.rpc.endswith("/RegisterEmployer"):
        return Outcome(accepted=1)
    if op.rpc.endswith("/SubmitClaims"):
        return ended(op.result or b"")
    kind = pb.RecordPaymentsResponse if op.rpc.endswith("/RecordPayments") else pb.SubmitDeclarationResponse
    answer = kind.FromString(op.result or b"")
    return Outcome(answer.accepted, tuple((refusal.line, refusal.reason) for refusal in answer.refusals))


def periods_as_predicted(evidence: Evidence) -> Verdict:
    """Who takes part, from when to when, on which base."""
    stored: dict[tuple[int, int], list[tuple[int, int, int, int]]] = defaultdict(list)
    for employer, person, first, last, schemes, base in evidence.contributions.execute(
        "SELECT employer_id, person_id, valid_from, valid_to, schemes, base_vnd FROM participation"
        " WHERE employer_id = ANY(%s)",
        [list(evidence.employer_ids.values())],
    ):
        end = OPEN if last is None else month_index(last)
        stored[employer, person].append((month_index(first), end, schemes, base))
    expected = {
        (employer, person): merged((s.first, s.last, *s.share[:2]) for s in segments)
        for employer, model in _models(evidence)
        for person, segments in model.periods.items()
        if segments
    }
    found = {key: merged(rows) for key, rows in stored.items()}
    return Verdict("periods of participation are the model's", len(expected), differences(found, expected))


def charges_as_predicted(evidence: Evidence) -> Verdict:
    """What each unit owes, by month, entry and fund, to the đồng."""
    rows = evidence.contributions.execute(
        "SELECT employer_id, month, entry, fund, due_vnd FROM charge"
        " WHERE employer_id = ANY(%s) AND due_vnd > 0",
        [list(evidence.employer_ids.values())],
    )
    found = {(employer, month_index(month), entry, fund): due for employer, month, entry, fund, due in rows}
    expected = {
        (employer, *key): due
        for employer, model in _models(evidence)
        for key, due in model.charges.items()
        if due
    }
    return Verdict("charges are the model's, to the đồng", len(expected), differences(found, expected))


def money_as_predicted(evidence: Evidence) -> Verdict:
    """Everything collected is either on a charge or an advance, and nobody owes who has an advance."""
    paid = dict(
        evidence.contributions.execute(
            "SELECT employer_id, sum(amount_vnd)::bigint FROM payment WHERE employer_id = ANY(%s) GROUP BY 1",
            [list(evidence.employer_ids.values())],
        ).fetchall()
    )
    advance = dict(
        evidence.contributions.execute(
            "SELECT employer_id, sum(unallocated_vnd)::bigint FROM payment WHERE employer_id = ANY(%s)"
            " GROUP BY 1",
            [list(evidence.employer_ids.values())],
        ).fetchall()
    )
    owed = dict(
        evidence.contributions.execute(
            "SELECT employer_id, owed_vnd FROM employer_account WHERE employer_id = ANY(%s)",
            [list(evidence.employer_ids.values())],
        ).fetchall()
    )
    found = {key: (paid.get(key, 0), advance.get(key, 0), owed[key]) for key in owed}
    expected = {}
    for code, employer in evidence.employer_ids.items():
        due = evidence.unit_models[f"{_SERVICE}/{code}"].due_vnd()
        collected = evidence.banks.collected[code]
        expected[employer] = (collected, max(0, collected - due), max(0, due - collected))
    return Verdict("collected, advance and owed are the model's", len(expected), differences(found, expected))


def money_adds_up(evidence: Evidence) -> Verdict:
    """Each payment is its allocations and its rest; each charge is paid by its allocations."""
    employers = [list(evidence.employer_ids.values())]
    payments = evidence.contributions.execute(
        "SELECT payment_id, amount_vnd - unallocated_vnd, coalesce((SELECT sum(a.amount_vnd) FROM allocation a"
        " WHERE a.payment_id = p.payment_id), 0) FROM payment p WHERE employer_id = ANY(%s)",
        employers,
    ).fetchall()
    charges = evidence.contributions.execute(
        "SELECT (employer_id, month, entry, fund)::text, paid_vnd, coalesce((SELECT sum(a.amount_vnd)"
        " FROM allocation a WHERE (a.employer_id, a.month, a.entry, a.fund)"
        " = (c.employer_id, c.month, c.entry, c.fund)), 0) FROM charge c WHERE employer_id = ANY(%s)",
        employers,
    ).fetchall()
    broken = [
        f"{name}: {said} said, {summed} allocated"
        for name, said, summed in (*payments, *charges)
        if said != summed
    ]
    return Verdict("allocations add up to payments and to charges", len(payments) + len(charges), broken)


def others_were_told(evidence: Evidence) -> Verdict:
    """health_claims knows of everybody what the last declaration about her said."""
    rows = evidence.health_claims.execute(
        "SELECT employer_code, person_id, version, covered FROM employment WHERE employer_code = ANY(%s)",
        [list(evidence.employer_ids)],
    )
    found = {(code, person): (version, list(covered)) for code, person, version, covered in rows}
    expected = {
        (code, person): (entry, _covered(evidence.unit_models[f"{_SERVICE}/{code}"], person))
        for code in evidence.employer_ids
        for person, entry in evidence.unit_models[f"{_SERVICE}/{code}"].told.items()
    }
    return Verdict(
        "health_claims was told of everybody's last change", len(expected), differences(found, expected)
    )


def _covered(model: UnitModel, person: int) -> list[int]:
    """Months with health insurance as health_claims keeps them: first, last, …; last 0 while open."""
    health = ((s.first, s.last, HEALTH, 0) for s in model.periods[person] if s.share.schemes & HEALTH)
    return [month for first, last, *_ in merged(health) for month in (first, 0 if last == OPEN else last)]


def every_answer_is_logged(evidence: Evidence) -> Verdict:
    """Each 202 that was received has its entry in the access log, with the proof of both sides."""
    wanted = [request_id for intent in evidence.intents for request_id in intent.request_ids]
    rows = evidence.gateway.execute(
        "SELECT request_id, status, outcome FROM audit_entry WHERE request_id = ANY(%s)"
        " AND request_signature IS NOT NULL AND answer_signature <> ''",
        [wanted],
    ).fetchall()
    found = {row[0]: row[1:] for row in rows}
    broken = [
        f"{request_id}: {found.get(request_id)}"
        for request_id in wanted
        if found.get(request_id) != (202, "ok")
    ]
    return Verdict("every 202 has its entry in the access log", len(wanted), broken)


def repetitions_were_refused(evidence: Evidence) -> Verdict:
    """The senders saw a 401 for the same bytes, and a 409 for another body under one key."""
    return Verdict("repeated bytes and other bodies were refused", evidence.answers_refused, [])


def nothing_is_left(evidence: Evidence) -> Verdict:
    """Queues, dead-letter queues and outboxes are empty."""
    found = topology.derive()
    lines = watching.status(evidence.broker, found, {}, over_s=0.1)
    aside = dead.queues(found)
    broken = [
        f"{line.name}: {line.depth} messages" for line in lines if line.depth != 0 and line.name not in aside
    ]
    for name in aside:
        broken += [
            f"{name}: {letter.letter_id} {letter.reason} {letter.error}"
            for letter in dead.letters(evidence.broker, name)
            if letter.letter_id not in evidence.dead_before
        ]
    for connection in (evidence.gateway, evidence.contributions, evidence.health_claims):
        row = connection.execute("SELECT count(*) FROM outbox").fetchone()
        if row != (0,):
            broken.append(f"outbox of {connection.info.dbname}: {row}")
    return Verdict("outboxes, queues and dead-letter queues are empty", len(lines), broken)


CHECKS: tuple[Check, ...] = (
    one_operation_each, all_ended, done_once, no_gaps, in_order, results_as_predicted, periods_as_predicted,
    charges_as_predicted, money_as_predicted, money_adds_up, others_were_told,
    dossiers_as_predicted, lines_are_whole, own_payments_add_up,
    every_answer_is_logged, repetitions_were_refused, nothing_is_left, cubes_as_counted, months_as_judged,
)  # fmt: skip
"""In this order: what the model predicts is computed by ``results_as_predicted``."""


def _models(evidence: Evidence) -> Iterator[tuple[int, UnitModel]]:
    for code, employer in evidence.employer_ids.items():
        yield employer, evidence.unit_models[f"{_SERVICE}/{code}"]
