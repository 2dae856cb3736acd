"""What health_claims counts, and which cell a row belongs to: SQL for its migrations.

Months are ``year * 12 + month - 1``, as everywhere in SQL here.
"""

from typing import Final

from lienthong.statistics import definitions
from lienthong.statistics.bands import BANDS_BY_AGE
from lienthong.statistics.structures import areas
from lienthong.statistics.tables import FlowShape, Source

READER: Final = "health_claims"
FOLDER: Final = "health_claims_statistics"

CARD: Final = Source(
    table="card",
    columns={
        "person_id": "bigint",
        "valid_from": "date",
        "valid_to": "date",
        "status_from": "date",
        "status": "smallint",
        "benefit_digit": "smallint",
        "subject_code": 'text COLLATE "C"',
        "facility_code": 'text COLLATE "C"',
    },
)
FACILITY: Final = Source(
    table="facility",
    columns={"code": 'text COLLATE "C"', "level": "smallint", "province_code": 'text COLLATE "C"'},
)
DOSSIER: Final = Source(
    table="dossier",
    columns={
        "person_id": "bigint",
        "version": "integer",
        "facility_code": 'text COLLATE "C"',
        # With the two above its key: two dossiers that are alike are two visits.
        "treatment_code": 'text COLLATE "C"',
        "discharged_at": "timestamptz",
        "stands": "boolean",
        "visit_kind": 'text COLLATE "C"',
        "main_diagnosis": 'text COLLATE "C"',
        "cost_vnd": "bigint",
        "fund_vnd": "bigint",
        "copay_vnd": "bigint",
        "patient_vnd": "bigint",
    },
)
HOLDER: Final = Source(
    table="holder", columns={"person_id": "bigint", "birth_year": "smallint", "sex": "smallint"}
)

FORMER: Final = f"""(VALUES {
    ", ".join(
        f"('{former[-2:]}', '{now.removeprefix(areas.PROVINCE)}')"
        for former, now in areas.successors().items()
    )
}) AS former (digits, province) ON former.digits = left(f.code, 2) AND former.province = f.province_code"""
"""The former province of the facility ``f``, to be joined: the digits with which its code begins, if that province
became a part of the facility's. A code outlives mergers."""
AREA: Final = f"""CASE WHEN f.code IS NULL THEN '_U'
            WHEN former.digits IS NULL THEN '{areas.NOT_STATED}' || f.province_code
            ELSE '{areas.FORMER}0' || former.digits END"""
"""The finest area that a facility is known to be in. All of a province's are the province: what it was before there
were former ones."""

COVERAGE: Final = FlowShape(
    flow="DF_COVERAGE",
    dimensions=("REF_AREA", "GROUP", "BENEFIT"),
    totals=("VN", "_T", "_T"),
    measures=("PERSONS",),
    indicator=False,
    is_distinct=True,
)

GROUPS: Final = (
    "DN", "HX", "CH", "NN", "TK", "HC", "XK", "HT", "TB", "NO", "CT", "XB", "TN", "CS", "QN", "CA", "CY", "XN",
    "MS", "CC", "CK", "CB", "KC", "HD", "TE", "BT", "HN", "DT", "DK", "XD", "TS", "TC", "TQ", "TA", "TY", "HG",
    "LS", "PV", "CN", "HS", "SV", "GB", "GD",
)  # fmt: skip
"""Subject codes that the list of groups has (``lienthong/law/card_groups.toml``); another is `_U`."""
DIGITS_RISING: Final = (4, 3, 2, 1, 5)
"""Benefit digits from the lowest benefit to the highest (``lienthong/law/benefits.toml``)."""

# A person is in one cell a month: her card that is valid on the month's first day, of several the one that
# `domain.coverage.cards_on` names first. So each card has the months that no better one has. Cards that are
# alike in everything that is ordered by belong to one cell.
_COVERAGE = """
WITH c AS (
    SELECT *, (extract(year FROM valid_from) * 12 + extract(month FROM valid_from))::integer - 1
                  + (extract(day FROM valid_from) > 1)::integer AS since,
           (extract(year FROM last_day) * 12 + extract(month FROM last_day))::integer - 1 AS until
    FROM {card} known
    -- A card that is not active stood until then; where that day was not recorded it never did.
    CROSS JOIN LATERAL (
        SELECT CASE WHEN status = 1 THEN valid_to
                    WHEN status_from IS NOT NULL THEN least(valid_to, status_from - 1) END AS last_day
    ) stood
)
SELECT m.person_id,
       {area} || '.'
           || CASE WHEN m.subject_code IN ({groups}) THEN m.subject_code ELSE '_U' END || '.B' || m.benefit_digit,
       lower(m.piece), upper(m.piece) - 1, '{{}}'::bigint[]
FROM (
    SELECT person_id, facility_code, subject_code, benefit_digit,
           unnest(int4multirange(months) - coalesce(range_agg(months) OVER better, '{{}}')) AS piece
    FROM (
        SELECT person_id, facility_code, subject_code, benefit_digit, valid_from, valid_to,
               int4range(greatest(lo, since), least(hi, until), '[]') AS months
        FROM c WHERE greatest(lo, since) <= least(hi, until) AND until IS NOT NULL
    ) valid
    WINDOW better AS (
        PARTITION BY person_id
        ORDER BY array_position('{{{digits}}}'::smallint[], benefit_digit) DESC, valid_from, valid_to DESC,
                 subject_code, facility_code
        ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
    )
) m
LEFT JOIN {facility} f ON f.code = m.facility_code AND f.earlier = (m.person_id < 0)
LEFT JOIN {former}
"""


def _coverage(*, everybody: bool) -> str:
    return _COVERAGE.format(
        card=definitions.state(CARD, "person_id", everybody=everybody),
        facility=definitions.looked_up(
            FACILITY, "code", "SELECT facility_code AS code FROM c", everybody=everybody
        ),
        area=AREA,
        former=FORMER,
        groups=", ".join(f"'{group}'" for group in GROUPS),
        digits=",".join(map(str, DIGITS_RISING)),
    )


COVERAGE_FUNCTIONS: Final = definitions.functions(
    COVERAGE.flow,
    contributors=[(CARD, "person_id")],
    touched_too="""
        SELECT c.person_id FROM stat_delta_facility d JOIN card c ON c.facility_code = d.code WHERE d.id <= bound
        UNION
        SELECT c.person_id FROM stat_delta_facility d JOIN stat_delta_card c ON c.facility_code = d.code
        WHERE d.id <= bound
    """,
    of=_coverage(everybody=False),
    everybody=_coverage(everybody=True),
)

MOST_CELLS: Final = 6
"""In how many cells of a flow of visits a patient is in one month at most."""
_MEASURES: Final = ("", "VISITS", "COST", "FUND", "PATIENT")

VISITS: Final = FlowShape(
    flow="DF_VISITS",
    dimensions=("REF_AREA", "LEVEL", "VISIT_TYPE"),
    totals=("VN", "_T", "_T"),
    measures=_MEASURES,
    indicator=True,
    repeats=MOST_CELLS,
)
VISITS_ICD: Final = FlowShape(
    flow="DF_VISITS_ICD",
    dimensions=("ICD_CHAPTER", "AGE", "SEX"),
    totals=("_T", "_T", "_T"),
    measures=_MEASURES,
    indicator=True,
    repeats=MOST_CELLS,
)

LEVELS: Final = {1: "PRIMARY", 2: "BASIC", 3: "SPECIALISED"}
VISIT_TYPES: Final = {
    "OUTPATIENT": ("01", "02", "05", "07", "08"),
    "INPATIENT": ("03", "09"),
    "DAY_INPATIENT": ("04",),
}
"""MA_LOAI_KCB as the benefit rules group it (``domain/claims/codes.toml``); another is `_U`."""
CHAPTERS: Final = (
    ("I", "A00", "B99"), ("II", "C00", "D48"), ("III", "D50", "D89"), ("IV", "E00", "E90"), ("V", "F00", "F99"),
    ("VI", "G00", "G99"), ("VII", "H00", "H59"), ("VIII", "H60", "H95"), ("IX", "I00", "I99"),
    ("X", "J00", "J99"), ("XI", "K00", "K93"), ("XII", "L00", "L99"), ("XIII", "M00", "M99"),
    ("XIV", "N00", "N99"), ("XV", "O00", "O99"), ("XVI", "P00", "P96"), ("XVII", "Q00", "Q99"),
    ("XVIII", "R00", "R99"), ("XIX", "S00", "T98"), ("XX", "V01", "Y98"), ("XXI", "Z00", "Z99"),
    ("XXII", "U00", "U99"),
)  # fmt: skip
"""Chapters of ICD-10 with their first and last category. A sensitive main diagnosis is not recorded here: `_U`."""


def _chosen(*cases: str) -> str:
    """The first case that holds, else `_U`."""
    return f"CASE {' '.join(cases)} ELSE '_U' END"


_LEVEL: Final = _chosen(*(f"WHEN f.level = {number} THEN '{code}'" for number, code in LEVELS.items()))
_VISIT_TYPE: Final = _chosen(
    *(
        f"WHEN d.visit_kind IN ({', '.join(repr(kind) for kind in kinds)}) THEN '{code}'"
        for code, kinds in VISIT_TYPES.items()
    )
)
_CHAPTER: Final = _chosen(
    *(
        f"WHEN upper(left(d.main_diagnosis, 3)) BETWEEN '{first}' AND '{last}' THEN '{chapter}'"
        for chapter, first, last in CHAPTERS
    )
)
_BY_PLACE: Final = f"{AREA} || '.' || {_LEVEL} || '.' || {_VISIT_TYPE}"
_SEX: Final = _chosen("WHEN h.sex = 1 THEN 'M'", "WHEN h.sex = 2 THEN 'F'")
_BY_DISEASE: Final = f"{_CHAPTER} || '.' || coalesce(a.code, '_U') || '.' || {_SEX}"
_AGE: Final = f"LEFT JOIN {BANDS_BY_AGE} a ON a.age = d.month / 12 - h.birth_year"

# What a patient brings to a cell is all of her visits there in the month. Beyond the most cells that a patient may
# be in, her visits go to her costliest one: so the bound, by which margins are judged, holds for everybody.
_VISITS = """
WITH d AS (
    SELECT person_id, facility_code, visit_kind, main_diagnosis, cost_vnd, fund_vnd, copay_vnd, patient_vnd,
           (extract(year FROM told.day) * 12 + extract(month FROM told.day))::integer - 1 AS month
    FROM {dossier} every_version
    CROSS JOIN LATERAL (SELECT discharged_at AT TIME ZONE 'Asia/Ho_Chi_Minh' AS day) told
    WHERE stands
)
SELECT person_id, bounded, month, month,
       ARRAY[sum(visits), sum(cost), sum(fund), sum(patient)]::bigint[]
FROM (
    SELECT person_id, month, visits, cost, fund, patient,
           CASE WHEN row_number() OVER costliest <= {most} THEN cell ELSE first_value(cell) OVER costliest END AS bounded
    FROM (
        SELECT d.person_id, d.month, {cell} AS cell, count(*) AS visits, sum(d.cost_vnd) AS cost,
               sum(d.fund_vnd) AS fund, sum(d.copay_vnd + d.patient_vnd) AS patient
        FROM d {beside}
        WHERE d.month BETWEEN lo AND hi
        GROUP BY 1, 2, 3
    ) cells
    WINDOW costliest AS (PARTITION BY person_id, month ORDER BY cost DESC, cell COLLATE "C")
) bounded GROUP BY 1, 2, 3
"""


def _visits(cell: str, beside: str, *, everybody: bool) -> str:
    dossier = definitions.state(DOSSIER, "person_id", everybody=everybody)
    return _VISITS.format(cell=cell, dossier=dossier, beside=beside, most=MOST_CELLS)


def _by_place(*, everybody: bool) -> str:
    asked = "SELECT facility_code AS code FROM d"
    facility = definitions.looked_up(FACILITY, "code", asked, everybody=everybody)
    of_dossier = f"LEFT JOIN {facility} f ON f.code = d.facility_code AND f.earlier = (d.person_id < 0)"
    beside = f"{of_dossier} LEFT JOIN {FORMER}"
    return _visits(_BY_PLACE, beside, everybody=everybody)


def _by_disease(*, everybody: bool) -> str:
    holder = f"LEFT JOIN {definitions.state(HOLDER, 'person_id', everybody=everybody)} h USING (person_id)"
    return _visits(_BY_DISEASE, f"{holder} {_AGE}", everybody=everybody)


VISITS_FUNCTIONS: Final = definitions.functions(
    VISITS.flow,
    contributors=[(DOSSIER, "person_id")],
    touched_too="""
        SELECT t.person_id FROM stat_delta_facility d JOIN treatment t ON t.facility_code = d.code WHERE d.id <= bound
        UNION
        SELECT o.person_id FROM stat_delta_facility d JOIN stat_delta_dossier o ON o.facility_code = d.code
        WHERE d.id <= bound
    """,
    of=_by_place(everybody=False),
    everybody=_by_place(everybody=True),
)
VISITS_ICD_FUNCTIONS: Final = definitions.functions(
    VISITS_ICD.flow,
    contributors=[(DOSSIER, "person_id")],
    touched_too="SELECT person_id FROM stat_delta_holder WHERE id <= bound",
    of=_by_disease(everybody=False),
    everybody=_by_disease(everybody=True),
)
