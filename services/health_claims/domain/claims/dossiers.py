"""One dossier: its tables read, checked within themselves and against one another, and made records of.

Whatever is wrong is a finding; one that is an error refuses the dossier as a whole.
"""

import hashlib
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, TypeVar

from lienthong.clock import VIETNAM
from lienthong.fields import FIRST_CARD_DAY
from lienthong.names import match_key
from services.health_claims.domain.claims import codes, sums, tables, values
from services.health_claims.domain.claims.fields import TABLES
from services.health_claims.domain.claims.fields import tables as known_tables
from services.health_claims.domain.claims.findings import DOSSIER, Findings
from services.health_claims.domain.claims.reading import Raw
from services.health_claims.domain.claims.records import Claimed, Drug, Sensitive, Service, Summary
from services.health_claims.domain.claims.sensitive import HIV_TABLE, mentions_sensitive, sensitive_among
from services.health_claims.domain.claims.tables import DossierRefused, Line, Room, TableRefused

V = TypeVar("V")

_COMPRESSION: Final = 3
_DIAGNOSES: Final = ("MA_BENH_CHINH", "MA_BENH_KT", "MA_BENH")
_DIAGNOSIS_TEXTS: Final = ("CHAN_DOAN_RV", "CHAN_DOAN_VAO")
_HIV_FIELDS: Final = ("NGAYKD_HIV", "BDDT_ARV", "NGAY_BAT_DAU_DT_CTX")
"""Fields of the table of tuberculosis (XML15) that tell of HIV."""


@dataclass(slots=True, kw_only=True)
class Dossier:
    """A dossier as read. What follows ``findings`` is there when it has no error."""

    position: int
    treatment_code: str
    findings: Findings
    claimed: Claimed | None = None
    summary: Summary | None = None
    drugs: Sequence[Drug] = ()
    services: Sequence[Service] = ()
    sensitive: Sensitive | None = None
    digest: bytes = b""
    content: bytes = b""
    """All tables as sent, compressed: see :func:`pack`."""

    @property
    def refused(self) -> bool:
        """Whether an error was found."""
        return self.findings.errors > 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """What is known of a file before its dossiers are read."""

    facility_code: str
    """Whose signature the request has."""
    accepted_at: datetime


def read(raw: Raw, position: int, sent: Sent) -> Dossier:
    """Read one dossier of a file; ``position`` from 1."""
    findings, room = Findings(), Room()
    octets = _decoded(raw, findings, room)
    lines = _lines(octets, findings, room)
    first = lines.get("XML1", ())
    if not first:
        findings.add("XML1", "TABLE_MISSING")
        return Dossier(position=position, treatment_code="", findings=findings)
    if len(first) > 1:
        findings.add("XML1", "LINES_TOO_MANY")
    dossier = Dossier(position=position, treatment_code=_treatment(first[0]), findings=findings)
    drugs, services = lines.get("XML2", ()), lines.get("XML3", ())
    _check_codes(first[0], sent, findings)
    _check_times(first[0], lines, sent, findings)
    _check_treatments(first[0], lines, findings)
    sums.check(first[0], drugs, services, findings)
    dossier.claimed = _claimed(first[0])
    if not dossier.refused:
        _make_records(dossier, lines)
        dossier.digest, dossier.content = _digest(octets), pack(octets)
    return dossier


def pack(octets: Mapping[str, bytes]) -> bytes:
    """Tables as sent, compressed: of each its name, its length and its octets, a line feed between them."""
    parts = [b"%s %d\n%s\n" % (name.encode(), len(table), table) for name, table in octets.items()]
    return zlib.compress(b"".join(parts), _COMPRESSION)


def _decoded(raw: Raw, findings: Findings, room: Room) -> dict[str, bytes]:
    """The tables' octets, by name."""
    octets: dict[str, bytes] = {}
    for part in raw.parts:
        if part.table not in TABLES:
            findings.add(DOSSIER, "TABLE_UNKNOWN", field="LOAIHOSO")
        elif part.table in octets:
            findings.add(part.table, "TABLE_TWICE")
        else:
            try:
                octets[part.table] = tables.decode(part.content, room)
            except TableRefused as refused:
                octets[part.table] = b""
                findings.add(part.table, str(refused), field="NOIDUNGFILE")
                if isinstance(refused, DossierRefused):
                    break
    return octets


def _lines(octets: Mapping[str, bytes], findings: Findings, room: Room) -> dict[str, list[Line]]:
    lines: dict[str, list[Line]] = {}
    for name, table in octets.items():
        if not table:
            continue
        if name not in known_tables():
            findings.add(name, "TABLE_UNCHECKED")
            continue
        try:
            lines[name] = tables.read(name, table, findings, room)
        except TableRefused as refused:
            findings.add(name, str(refused), field="NOIDUNGFILE")
            if isinstance(refused, DossierRefused):
                break
    return lines


def _treatment(summary: Line) -> str:
    """MA_LK if it may be told: it fits, so it is a code and nothing else."""
    found = summary.get("MA_LK", "")
    check = known_tables()["XML1"].checks["MA_LK"]
    return found if found and check(found) is None else ""


def _check_codes(summary: Line, sent: Sent, findings: Findings) -> None:
    facility = summary.get("MA_CSKCB", "")
    if facility and facility != sent.facility_code:
        findings.add("XML1", "FACILITY_DIFFERS", line=1, field="MA_CSKCB")
    sex = summary.get("GIOI_TINH", "")
    if sex and not codes.is_listed("sex", sex):
        findings.add("XML1", "CODE_WRONG", line=1, field="GIOI_TINH")
    for name, list_ in (("MA_LOAI_KCB", "visit_kind"), ("KET_QUA_DTRI", "outcome")):
        code = summary.get(name, "")
        if code and not codes.is_listed(list_, code):
            findings.add("XML1", "CODE_UNKNOWN", line=1, field=name)
    kind = summary.get("MA_DOITUONG_KCB", "")
    if kind and not codes.is_patient_kind(kind):
        findings.add("XML1", "CODE_UNKNOWN", line=1, field="MA_DOITUONG_KCB")


def _check_times(summary: Line, lines: Mapping[str, Sequence[Line]], sent: Sent, findings: Findings) -> None:
    admitted, left = values.time(summary.get("NGAY_VAO", "")), values.time(summary.get("NGAY_RA", ""))
    if left is not None and left > sent.accepted_at:
        findings.add("XML1", "DATE_IN_FUTURE", line=1, field="NGAY_RA")
    if admitted is None or left is None:
        return
    if admitted.date() < FIRST_CARD_DAY:
        findings.add("XML1", "DATE_OUT_OF_RANGE", line=1, field="NGAY_VAO")
    if left < admitted:
        findings.add("XML1", "DATES_REVERSED", line=1, field="NGAY_RA")
        return
    first, last = admitted.date(), left.date()
    for table in ("XML2", "XML3"):
        for number, line in enumerate(lines.get(table, ()), 1):
            ordered = values.day(line.get("NGAY_YL", ""))
            if ordered is not None and not first <= ordered <= last:
                findings.add(table, "DATE_OUTSIDE_STAY", line=number, field="NGAY_YL")


def _check_treatments(summary: Line, lines: Mapping[str, Sequence[Line]], findings: Findings) -> None:
    treatment = summary.get("MA_LK")
    for table, several in lines.items():
        for number, line in enumerate(several, 1):
            # One that is missing is a finding already.
            if line.get("MA_LK") and line["MA_LK"] != treatment:
                findings.add(table, "TREATMENT_DIFFERS", line=number, field="MA_LK")
    for number, line in enumerate(lines.get("XML3", ()), 1):
        if not line.get("MA_DICH_VU") and not line.get("MA_VAT_TU"):
            findings.add("XML3", "FIELD_REQUIRED", line=number, field="MA_DICH_VU")


def _claimed(summary: Line) -> Claimed:
    admitted, left = values.time(summary.get("NGAY_VAO", "")), values.time(summary.get("NGAY_RA", ""))
    sex = summary.get("GIOI_TINH", "")
    return Claimed(
        card_codes=tuple(code.upper() for code in values.several(summary.get("MA_THE_BHYT", ""))),
        personal_id=summary.get("SO_CCCD", ""),
        name_key=match_key(summary.get("HO_TEN", "")),
        born=values.born(summary.get("NGAY_SINH", "")),
        sex=int(sex) if codes.is_listed("sex", sex) else None,
        admitted_on=admitted and admitted.date(),
        discharged_on=left and left.date(),
        card_from=values.day(summary.get("GT_THE_TU", "")),
        card_to=values.day(summary.get("GT_THE_DEN", "")),
    )


def _make_records(dossier: Dossier, lines: Mapping[str, Sequence[Line]]) -> None:
    line = lines["XML1"][0]
    summary = _summary(line)
    day = summary.discharged_at.astimezone(VIETNAM).date()
    dossier.summary = summary
    dossier.drugs = [_drug(number, drug) for number, drug in enumerate(lines.get("XML2", ()), 1)]
    dossier.services = [_service(number, one) for number, one in enumerate(lines.get("XML3", ()), 1)]
    dossier.sensitive = _sensitive(line, lines, day)


def _summary(line: Line) -> Summary:
    outcome = line.get("KET_QUA_DTRI", "")
    return Summary(
        treatment_code=line["MA_LK"],
        admitted_at=_known(values.time(line["NGAY_VAO"])),
        discharged_at=_known(values.time(line["NGAY_RA"])),
        visit_kind=line["MA_LOAI_KCB"],
        patient_kind=line["MA_DOITUONG_KCB"],
        transferred=bool(line.get("GIAY_CHUYEN_TUYEN") or line.get("MA_NOI_DI")),
        main_diagnosis=line["MA_BENH_CHINH"],
        other_diagnoses=values.several(line.get("MA_BENH_KT", "")),
        diagnosis_text=line.get("CHAN_DOAN_RV", ""),
        outcome=int(outcome) if codes.is_listed("outcome", outcome) else 0,
        card_code=values.several(line["MA_THE_BHYT"])[0].upper(),
        cost_vnd=_vnd(line, "T_TONGCHI_BV"),
        insured_cost_vnd=_vnd(line, "T_TONGCHI_BH"),
        fund_vnd=_vnd(line, "T_BHTT"),
        copay_vnd=_vnd(line, "T_BNCCT"),
        patient_vnd=_vnd(line, "T_BNTT"),
    )


def _drug(number: int, line: Line) -> Drug:
    ordered_on = _known(values.day(line["NGAY_YL"]))
    dosage, way = line.get("LIEU_DUNG", ""), line.get("CACH_DUNG", "")
    return Drug(
        line=number,
        substance_code=line["MA_THUOC"],
        name=line["TEN_THUOC"],
        strength=line.get("HAM_LUONG", ""),
        unit=line.get("DON_VI_TINH", ""),
        route=line.get("DUONG_DUNG", ""),
        directions="; ".join(filter(None, (dosage, way))),
        quantity=line["SO_LUONG"],
        ordered_on=ordered_on,
        lasts_until=values.lasts_until(ordered_on, dosage),
        cost_vnd=_vnd(line, "THANH_TIEN_BV"),
        fund_vnd=_vnd(line, "T_BHTT"),
    )


def _service(number: int, line: Line) -> Service:
    supply = not line.get("MA_DICH_VU")
    return Service(
        line=number,
        code=line["MA_VAT_TU"] if supply else line["MA_DICH_VU"],
        name=line.get("TEN_VAT_TU" if supply else "TEN_DICH_VU", ""),
        unit=line.get("DON_VI_TINH", ""),
        quantity=line["SO_LUONG"],
        ordered_on=_known(values.day(line["NGAY_YL"])),
        cost_vnd=_vnd(line, "THANH_TIEN_BV"),
        fund_vnd=_vnd(line, "T_BHTT"),
    )


def _sensitive(summary: Line, lines: Mapping[str, Sequence[Line]], day: date) -> Sensitive | None:
    """What is sensitive in any of the tables; ``None`` for nothing."""
    everywhere = [line for several in lines.values() for line in several]
    told = (code for line in everywhere for name in _DIAGNOSES for code in values.several(line.get(name, "")))
    diagnoses = sensitive_among(told, day)
    named = any(
        mentions_sensitive(line.get(name, ""), day) for line in everywhere for name in _DIAGNOSIS_TEXTS
    )
    with_hiv = any(line.get(name) for line in lines.get("XML15", ()) for name in _HIV_FIELDS)
    has_hiv_table = HIV_TABLE in lines
    if not (diagnoses or named or with_hiv or has_hiv_table):
        return None
    return Sensitive(diagnoses, summary.get("CHAN_DOAN_RV", ""), has_hiv_table)


def _digest(octets: Mapping[str, bytes]) -> bytes:
    """SHA-256 over names, lengths and octets of the tables, in their order in the file."""
    digest = hashlib.sha256()
    for name, table in octets.items():
        digest.update(b"%s %d\n" % (name.encode(), len(table)))
        digest.update(table)
    return digest.digest()


def _known(value: V | None) -> V:
    """A value that the check of its field has seen."""
    if value is None:
        raise AssertionError("a field was read that its check had not passed")
    return value


def _vnd(line: Line, name: str) -> int:
    return values.vnd(values.cents(line, name) or 0)
