"""The maker of claim files makes what the standard asks for."""

import base64
from datetime import date

import pytest
from lxml import etree

from deploy.nation import claim_files
from deploy.nation.claim_files import Dossier, Patient
from deploy.nation.treatments import HIV, NEEDLE, SENSITIVE, TREATMENTS, Treatment

DAY = date(2026, 11, 3)
PATIENT = Patient(
    full_name="Trần Thị <Hồng> & Nhung",
    born="1990-05-17",
    sex=2,
    personal_id="001190000017",
    card_code="DN4010100000017",
    registered_facility="01001",
    card_from=date(2026, 1, 1),
    card_to=date(2027, 12, 31),
)


def dossier(treatment: Treatment = TREATMENTS[0], **values: object) -> Dossier:
    known: dict[str, object] = {
        "treatment_code": "LK-1",
        "facility_code": "01001",
        "patient": PATIENT,
        "admitted_at": claim_files.moment(DAY, 8, 15),
        "discharged_at": claim_files.moment(DAY, 10),
        "diagnosis": treatment.diagnosis,
        "diagnosis_text": treatment.text,
        "drugs": treatment.drugs,
        "services": treatment.services,
    }
    return Dossier(**(known | values))  # type: ignore[arg-type]  # a mapping of its fields


def read(file: bytes) -> list[dict[str, etree._Element]]:
    """The tables of each dossier by name."""
    return [
        {
            str(one.findtext("LOAIHOSO")): etree.fromstring(
                base64.b64decode(str(one.findtext("NOIDUNGFILE")))
            )
            for one in whole.iter("FILEHOSO")
        }
        for whole in etree.fromstring(file).iter("HOSO")
    ]


def total(table: etree._Element, field: str) -> int:
    return sum(int(str(element.text)) for element in table.iter(field))


def test_a_file_says_whose_it_is_how_many_dossiers_it_holds_and_ends_with_the_signature() -> None:
    whole = etree.fromstring(claim_files.claim_file("01001", [dossier(), dossier()], made_on=DAY))
    assert whole.tag == "GIAMDINHHS"
    assert whole.findtext("THONGTINDONVI/MACSKCB") == "01001"
    assert whole.findtext("THONGTINHOSO/SOLUONGHOSO") == "2"
    assert len(whole.findall("THONGTINHOSO/DANHSACHHOSO/HOSO")) == 2
    assert whole[-1].tag == "CHUKYDONVI"


@pytest.mark.parametrize("basis_points", [8_000, 9_500, 10_000, 3_333])
@pytest.mark.parametrize("treatment", [*TREATMENTS, *SENSITIVE], ids=lambda t: t.diagnosis)
def test_the_lines_add_up_to_the_totals(treatment: Treatment, basis_points: int) -> None:
    (tables,) = read(
        claim_files.claim_file("01001", [dossier(treatment, fund_basis_points=basis_points)], made_on=DAY)
    )
    summary, lines = tables["XML1"], (tables["XML2"], tables["XML3"])
    for field, totals in (("THANH_TIEN_BH", "T_TONGCHI_BH"), ("T_BHTT", "T_BHTT"), ("T_BNCCT", "T_BNCCT")):
        assert sum(total(table, field) for table in lines) == int(str(summary.findtext(totals)))
    assert int(str(summary.findtext("T_BHTT"))) == int(str(summary.findtext("T_TONGCHI_BH"))) - int(
        str(summary.findtext("T_BNCCT"))
    )
    assert total(tables["XML2"], "THANH_TIEN_BV") == int(str(summary.findtext("T_THUOC")))


def test_supplies_are_counted_as_such() -> None:
    (tables,) = read(claim_files.claim_file("01001", [dossier(services=(NEEDLE,), drugs=())], made_on=DAY))
    assert tables["XML1"].findtext("T_VTYT") == str(NEEDLE.cost_vnd)
    (line,) = tables["XML3"].iter("CHI_TIET_DVKT")
    assert (line.findtext("MA_VAT_TU"), line.findtext("MA_DICH_VU")) == (NEEDLE.code, "")
    assert "XML2" not in tables


def test_names_are_escaped_and_years_alone_are_filled_with_zeros() -> None:
    whole = dossier(patient=PATIENT)
    (tables,) = read(claim_files.claim_file("01001", [whole], made_on=DAY))
    assert tables["XML1"].findtext("HO_TEN") == PATIENT.full_name
    assert tables["XML1"].findtext("NGAY_SINH") == "199005170000"
    year_only = dossier(patient=Patient(**{**_fields(PATIENT), "born": "1950"}))  # type: ignore[arg-type]  # idem
    (tables,) = read(claim_files.claim_file("01001", [year_only], made_on=DAY))
    assert tables["XML1"].findtext("NGAY_SINH") == "195000000000"


def test_a_changed_field_stands_in_the_file_and_the_rest_stays() -> None:
    (tables,) = read(claim_files.claim_file("01001", [dossier(changed={"T_BHTT": "1"})], made_on=DAY))
    assert tables["XML1"].findtext("T_BHTT") == "1"
    assert tables["XML1"].findtext("MA_LK") == "LK-1"


def test_the_hiv_table_comes_after_the_others() -> None:
    more = {claim_files.HIV_TABLE: claim_files.hiv_table("LK-1", PATIENT, "01001", DAY)}
    (tables,) = read(claim_files.claim_file("01001", [dossier(HIV, more=more)], made_on=DAY))
    assert list(tables) == ["XML1", "XML2", "XML3", "XML6"]
    assert tables["XML6"].findtext(".//MA_LK") == "LK-1"


def test_every_line_of_a_treatment_has_a_price_that_every_share_divides() -> None:
    prices = [line.price_vnd for t in (*TREATMENTS, *SENSITIVE) for line in (*t.drugs, *t.services)]
    assert all(price % 100 == 0 for price in prices)


def _fields(patient: Patient) -> dict[str, object]:
    return {name: getattr(patient, name) for name in Patient.__slots__}  # type: ignore[attr-defined]  # slots=True
