"""What is taken out of a dossier's tables. Money is VND, days and times are those of Việt Nam."""

from datetime import date, datetime
from typing import NamedTuple

from lienthong.fields import Born


class Claimed(NamedTuple):
    """What a dossier says of the person and her card; ``None`` or empty where it does not, or cannot be read."""

    card_codes: tuple[str, ...]
    personal_id: str
    name_key: str
    born: Born | None
    sex: int | None
    admitted_on: date | None
    discharged_on: date | None
    card_from: date | None
    card_to: date | None

    def identifiers(self) -> tuple[str, str]:
        """By what the holder is looked up: last ten of the card code, or a shorter number; and the personal ID."""
        card = self.card_codes[0] if self.card_codes else ""
        return card[-10:] if len(card) == 15 else card, self.personal_id


class Summary(NamedTuple):
    """XML1 of a dossier without errors."""

    treatment_code: str
    admitted_at: datetime
    discharged_at: datetime
    visit_kind: str
    patient_kind: str
    transferred: bool
    main_diagnosis: str
    other_diagnoses: tuple[str, ...]
    diagnosis_text: str
    outcome: int
    card_code: str
    cost_vnd: int
    insured_cost_vnd: int
    fund_vnd: int
    copay_vnd: int
    patient_vnd: int


class Drug(NamedTuple):
    """A line of XML2."""

    line: int
    substance_code: str
    name: str
    strength: str
    unit: str
    route: str
    directions: str
    quantity: str
    ordered_on: date
    lasts_until: date | None
    cost_vnd: int
    fund_vnd: int


class Service(NamedTuple):
    """A line of XML3: a service or a supply."""

    line: int
    code: str
    name: str
    unit: str
    quantity: str
    ordered_on: date
    cost_vnd: int
    fund_vnd: int


class Sensitive(NamedTuple):
    """What of a dossier needs a scope of its own."""

    diagnoses: tuple[str, ...]
    diagnosis_text: str
    has_hiv_table: bool
