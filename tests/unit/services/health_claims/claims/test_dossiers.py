"""One dossier within itself: each rule with a file that breaks it and nothing else."""

import zlib
from datetime import date
from typing import Any

import pytest

from deploy.nation.claim_files import Dossier, hiv_table, moment
from services.health_claims.domain.claims import limits
from services.health_claims.domain.claims.findings import Finding, meanings
from tests.support import claims
from tests.support.claims import codes, dossier, only, places

HIV = {"XML6": hiv_table("LK-1", claims.patient(), claims.FACILITY, date(2020, 1, 1))}


def broken(name: str, old: str, new: str, **given: Any) -> claims.dossiers.Dossier:
    """The valid dossier with one part of a table replaced."""
    parts = claims.parts(dossier(**given))
    return only(claims.packed(claims.changed(parts, name, old.encode(), new.encode())))


def with_table(name: str, octets: bytes) -> claims.dossiers.Dossier:
    """The valid dossier with one table exchanged or added."""
    return only(claims.packed(claims.parts(dossier()) | {name: octets}))


def test_a_valid_dossier_has_no_finding_and_all_its_records() -> None:
    found = only(claims.file())
    assert places(found) == []
    summary = found.summary
    assert summary is not None
    assert (summary.treatment_code, summary.cost_vnd, summary.fund_vnd, summary.copay_vnd) == (
        "LK-1",
        1_000_000,
        800_000,
        200_000,
    )
    assert summary.admitted_at == moment(claims.DAY, 8)
    assert (summary.main_diagnosis, summary.other_diagnoses) == ("J18.9", ("I10", "E11.9"))
    assert [(drug.line, drug.substance_code, drug.cost_vnd) for drug in found.drugs] == [
        (1, "40.163", 300_000),
        (2, "40.2", 150_000),
    ]
    assert [(one.code, one.name) for one in found.services] == [
        ("02.1897", "Khám Nội"),
        ("N04.01", "Kim luồn"),
    ]
    assert found.sensitive is None
    assert b"Amoxicilin" in zlib.decompress(found.content)


def test_a_drug_lasts_as_long_as_its_dosage_says() -> None:
    first, second = only(claims.file()).drugs
    assert (first.lasts_until, second.lasts_until) == (date(2026, 12, 9), date(2026, 11, 14))


@pytest.mark.parametrize("dosage", ["", "1 viên/ngày", "2 lần/ngày", "0 ngày", "999 ngày", "nghỉ"])
def test_a_dosage_without_days_leaves_the_end_open(dosage: str) -> None:
    found = broken("XML2", "1 viên/lần * 1 lần/ngày * 30 ngày", dosage)
    assert found.drugs[0].lasts_until is None


def test_the_same_tables_have_the_same_digest_and_any_other_octet_another() -> None:
    one, same = only(claims.file()), only(claims.file())
    other = only(claims.file(dossier(outcome=2)))
    assert one.digest == same.digest != other.digest
    assert len(one.digest) == 32


@pytest.mark.parametrize(
    ("table", "old", "new", "code", "field"),
    [
        ("XML1", "<HO_TEN>Trần Thị Hồng Nhung<", "<HO_TEN><", "FIELD_REQUIRED", "HO_TEN"),
        ("XML1", "<MA_LK>LK-1<", "<MA_LK>LK 1<", "KEY_MALFORMED", "MA_LK"),
        ("XML1", "<MA_LK>LK-1<", f"<MA_LK>{'x' * 101}<", "FIELD_TOO_LONG", "MA_LK"),
        ("XML1", "<NGAY_VAO>202611100800<", "<NGAY_VAO>20261110<", "DATE_MALFORMED", "NGAY_VAO"),
        ("XML1", "<NGAY_VAO>202611100800<", "<NGAY_VAO>202602300800<", "DATE_MALFORMED", "NGAY_VAO"),
        ("XML1", "<NGAY_VAO>202611100800<", "<NGAY_VAO>202611102400<", "DATE_MALFORMED", "NGAY_VAO"),
        ("XML1", "<NGAY_VAO>202611100800<", "<NGAY_VAO>2026111008 0<", "DATE_MALFORMED", "NGAY_VAO"),
        ("XML1", "<NGAY_VAO>202611100800<", "<NGAY_VAO>٢٠٢٦١١١٠٠٨٠٠<", "DATE_MALFORMED", "NGAY_VAO"),
        ("XML1", "<NGAY_SINH>199005170000<", "<NGAY_SINH>17051990<", "DATE_MALFORMED", "NGAY_SINH"),
        ("XML1", "<NGAY_SINH>199005170000<", "<NGAY_SINH>199013170000<", "DATE_MALFORMED", "NGAY_SINH"),
        ("XML1", "<MA_BENH_CHINH>J18.9<", "<MA_BENH_CHINH>viêm<", "ICD_MALFORMED", "MA_BENH_CHINH"),
        ("XML1", "<MA_BENH_KT>I10;E11.9<", "<MA_BENH_KT>I10,E11.9<", "ICD_MALFORMED", "MA_BENH_KT"),
        ("XML1", "<T_BHTT>800000<", "<T_BHTT>-800000<", "MONEY_MALFORMED", "T_BHTT"),
        ("XML1", "<T_BHTT>800000<", "<T_BHTT>800,000<", "MONEY_MALFORMED", "T_BHTT"),
        ("XML1", "<T_BHTT>800000<", "<T_BHTT>8e5<", "MONEY_MALFORMED", "T_BHTT"),
        ("XML1", "<GIOI_TINH>2<", "<GIOI_TINH>3<", "CODE_WRONG", "GIOI_TINH"),
        ("XML1", "<MA_CSKCB>ZZ001<", "<MA_CSKCB>ZZ002<", "FACILITY_DIFFERS", "MA_CSKCB"),
        ("XML1", "<MA_KHOA>K01<", "<MA_KHOA>K 01<", "CODE_MALFORMED", "MA_KHOA"),
        ("XML2", "<SO_LUONG>30<", "<SO_LUONG>ba mươi<", "NUMBER_MALFORMED", "SO_LUONG"),
        ("XML2", "<MA_LK>LK-1<", "<MA_LK>LK-2<", "TREATMENT_DIFFERS", "MA_LK"),
        ("XML3", "<MA_DICH_VU>02.1897<", "<MA_DICH_VU><", "FIELD_REQUIRED", "MA_DICH_VU"),
    ],
)
def test_a_field_that_breaks_its_rule_refuses_the_dossier(
    table: str, old: str, new: str, code: str, field: str
) -> None:
    found = broken(table, old, new)
    assert Finding(table, 1, field, code) in places(found)
    assert found.refused
    assert found.summary is None


@pytest.mark.parametrize(
    ("table", "old", "new", "code", "field"),
    [
        ("XML1", "<KET_QUA_DTRI>1<", "<KET_QUA_DTRI>6<", "CODE_UNKNOWN", "KET_QUA_DTRI"),
        ("XML1", "<MA_LOAI_KCB>01<", "<MA_LOAI_KCB>06<", "CODE_UNKNOWN", "MA_LOAI_KCB"),
        ("XML1", "<MA_DOITUONG_KCB>1.1<", "<MA_DOITUONG_KCB>9<", "CODE_UNKNOWN", "MA_DOITUONG_KCB"),
        ("XML1", "<T_THUOC>450000<", "<T_THUOC>0<", "SUBTOTAL_DIFFERS", "T_THUOC"),
        ("XML1", "<T_VTYT>250000<", "<T_VTYT>0<", "SUBTOTAL_DIFFERS", "T_VTYT"),
        ("XML2", "<NGAY_YL>202611100800<", "<NGAY_YL>202611110800<", "DATE_OUTSIDE_STAY", "NGAY_YL"),
    ],
)
def test_what_is_remarkable_is_told_and_the_dossier_taken(
    table: str, old: str, new: str, code: str, field: str
) -> None:
    found = broken(table, old, new)
    assert places(found) == [Finding(table, 1, field, code)]
    assert found.summary is not None


@pytest.mark.parametrize(
    ("field", "value", "told", "code"),
    [
        ("T_BHTT", "800001", "T_BHTT", "SUM_WRONG"),
        ("T_BNCCT", "199999", "T_BHTT", "SUM_WRONG"),
        ("T_TONGCHI_BV", "999999", "T_TONGCHI_BH", "SCOPE_EXCEEDS_COST"),
        ("T_TONGCHI_BV", "1000004", "T_TONGCHI_BV", "TOTAL_DIFFERS"),
        ("T_BNTT", "4", "T_BNTT", "TOTAL_DIFFERS"),
    ],
)
def test_sums_must_hold_to_the_dong(field: str, value: str, told: str, code: str) -> None:
    found = only(claims.file(dossier(changed={field: value})))
    assert places(found) == [Finding("XML1", 1, told, code)]


def test_totals_must_be_what_the_lines_add_up_to_but_for_their_rounding() -> None:
    within = {"T_TONGCHI_BH": "1000003", "T_TONGCHI_BV": "1000003", "T_BNCCT": "200003"}
    beyond = {"T_TONGCHI_BH": "1000004", "T_TONGCHI_BV": "1000004", "T_BNCCT": "200004"}
    assert codes(only(claims.file(dossier(changed=within)))) == []
    assert codes(only(claims.file(dossier(changed=beyond)))) == ["TOTAL_DIFFERS"] * 3


def test_decimals_count_to_a_hundredth() -> None:
    cents = {"T_BNCCT": "199999.01", "T_BHTT": "800000.99"}
    assert codes(only(claims.file(dossier(changed=cents)))) == []
    assert codes(only(claims.file(dossier(changed={"T_BNCCT": "199998.99"})))) == ["SUM_WRONG"]


def test_a_share_of_more_than_the_line_cost_is_refused() -> None:
    found = broken("XML2", "<THANH_TIEN_BH>300000<", "<THANH_TIEN_BH>1<")
    assert Finding("XML2", 1, "T_BHTT", "SHARE_EXCEEDS_COST") in places(found)


@pytest.mark.parametrize(
    ("admitted", "discharged", "code"),
    [
        (moment(date(2026, 11, 10), 8), moment(date(2026, 11, 10), 7), "DATES_REVERSED"),
        (moment(date(2026, 11, 10), 8), moment(date(2026, 11, 22), 11), "DATE_IN_FUTURE"),
        (moment(date(2009, 6, 30), 8), moment(date(2009, 7, 1), 8), "DATE_OUT_OF_RANGE"),
    ],
)
def test_a_treatment_lies_between_the_law_and_now_and_does_not_end_before_it_begins(
    admitted: Any, discharged: Any, code: str
) -> None:
    found = only(claims.file(dossier(admitted_at=admitted, discharged_at=discharged)))
    assert codes(found) == [code]


def test_every_error_of_a_dossier_is_found_at_once() -> None:
    parts = claims.parts(dossier())
    for name, old, new in (
        ("XML1", b"<GIOI_TINH>2<", b"<GIOI_TINH>9<"),
        ("XML1", b"<T_BHTT>800000<", b"<T_BHTT>1<"),
        ("XML2", b"<SO_LUONG>30<", b"<SO_LUONG>x<"),
        ("XML3", b"<MA_LK>LK-1<", b"<MA_LK>LK-9<"),
    ):
        parts = claims.changed(parts, name, old, new)
    found = only(claims.packed(parts))
    assert set(codes(found)) == {
        "CODE_WRONG",
        "SUM_WRONG",
        "TOTAL_DIFFERS",
        "NUMBER_MALFORMED",
        "TREATMENT_DIFFERS",
    }
    assert found.findings.errors == 5


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ("", "TABLE_MALFORMED"),
        ("====", "BASE64_MALFORMED"),
        ("không phải", "BASE64_MALFORMED"),
        ("QUJD*", "BASE64_MALFORMED"),
        ("QUJ", "BASE64_MALFORMED"),
        ("QUJDQUJD=QUJD", "BASE64_MALFORMED"),
        (claims.encoded(b"no xml"), "TABLE_MALFORMED"),
        (claims.encoded(b"PK\x03\x04zip"), "TABLE_MALFORMED"),
        (claims.encoded(b"{}"), "TABLE_MALFORMED"),
        (claims.encoded(b"<A>"), "TABLE_MALFORMED"),
        (claims.encoded("<A>é</A>".encode("utf-16")), "TABLE_MALFORMED"),
        (claims.encoded(b"<?xml version='1.0' encoding='windows-1258'?><A/>"), "TABLE_MALFORMED"),
        (claims.encoded(b"<A>\xff</A>"), "TABLE_MALFORMED"),
        (claims.encoded(b"<A>\x00</A>"), "TABLE_MALFORMED"),
        (claims.encoded(b'<!DOCTYPE A [<!ENTITY x "y">]><A>&x;</A>'), "TABLE_MALFORMED"),
        (claims.encoded(b'<!DOCTYPE A SYSTEM "file:///etc/passwd"><A/>'), "TABLE_MALFORMED"),
        (claims.encoded(b"<a>" * 1_000 + b"</a>" * 1_000), "TABLE_LIMIT"),
        (claims.encoded(b"<a>" * 40 + b"</a>" * 40), "TABLE_LIMIT"),
        (claims.encoded(b"<a>" + b"x" * (3 << 20) + b"</a>"), "TABLE_LIMIT"),
        (claims.encoded(b"<a>" + b"<b/>" * 450_000 + b"</a>"), "TABLE_LIMIT"),
    ],
)
def test_a_table_that_cannot_be_read_refuses_its_dossier_and_no_other(content: str, code: str) -> None:
    good = [(name, claims.encoded(octets)) for name, octets in claims.parts(dossier("B")).items()]
    bad = [(name, claims.encoded(octets)) for name, octets in claims.parts(dossier("A")).items()]
    bad[1] = ("XML2", content)
    first, second = claims.read(zlib.compress(claims.envelope(bad, good)))
    assert Finding("XML2", 0, "NOIDUNGFILE", code) in places(first)
    assert not second.refused


LINE = b"<a><MA_LK>LK-1</MA_LK></a>"


def table(lines: int) -> bytes:
    """A table of so many lines, of three tags and 26 octets each, with two tags around them."""
    return b"<X>" + LINE * lines + b"</X>"


def together(*others: tuple[str, bytes]) -> tuple[claims.dossiers.Dossier, list[Finding]]:
    """XML1 with these tables after it, and what is found of the dossier as a whole."""
    parts = {"XML1": claims.parts(dossier(drugs=(), services=()))["XML1"]} | dict(others)
    found = only(claims.packed(parts))
    return found, [finding for finding in places(found) if finding.code.startswith("DOSSIER_")]


@pytest.mark.parametrize(
    ("others", "table_", "code"),
    [
        # Each within the bounds of a table.
        ([(f"XML{n}", table(7_000)) for n in (4, 5, 7)], "XML7", "DOSSIER_LINES_LIMIT"),
        (
            [(f"XML{n}", b"<X>" + b"<a/>" * 250_000 + b"</X>") for n in (4, 5, 7)],
            "XML7",
            "DOSSIER_TAGS_LIMIT",
        ),
        (
            [(f"XML{n}", b"<X>" + b"x" * (2 * 1_048_576 - 4_000) + b"</X>") for n in (4, 5, 12, 8)],
            "XML8",
            "DOSSIER_BYTES_LIMIT",
        ),
    ],
)
def test_tables_have_a_bound_together_and_the_one_that_passes_it_is_named(
    others: list[tuple[str, bytes]], table_: str, code: str
) -> None:
    found, limited = together(*others, ("XML15", b"not read any more"))
    assert limited == [Finding(table_, 0, "NOIDUNGFILE", code)]
    assert found.refused
    assert not any(finding.table == "XML15" for finding in places(found))
    fewer, none = together(*others[:-1])
    assert none == []
    assert fewer.treatment_code == found.treatment_code == "LK-1"


def test_exactly_what_is_beyond_the_bound_of_lines_is_refused() -> None:
    most = limits.DOSSIER_LINES - 1  # XML1 has one
    assert together(("XML4", table(most - 9_000)), ("XML5", table(9_000)))[1] == []
    assert together(("XML4", table(most - 9_000)), ("XML5", table(9_001)))[1] != []


@pytest.mark.parametrize(
    ("code", "vi", "en"),
    [
        ("DOSSIER_BYTES_LIMIT", f"{limits.DOSSIER_BYTES >> 20} MiB", f"{limits.DOSSIER_BYTES >> 20} MiB"),
        ("DOSSIER_TAGS_LIMIT", f"{limits.DOSSIER_TAGS:,}".replace(",", "."), f"{limits.DOSSIER_TAGS:,}"),
        ("DOSSIER_LINES_LIMIT", f"{limits.DOSSIER_LINES:,}".replace(",", "."), f"{limits.DOSSIER_LINES:,}"),
        ("TABLE_LIMIT", f"{limits.TABLE_BYTES >> 20} MiB", f"{limits.TABLE_BYTES >> 20} MiB"),
        ("TABLE_LIMIT", f"{limits.TABLE_TAGS:,}".replace(",", "."), f"{limits.TABLE_TAGS:,}"),
        ("TABLE_LIMIT", f"{limits.DEPTH} cấp", f"at most {limits.DEPTH}"),
    ],
)
def test_the_bound_is_told_in_both_languages(code: str, vi: str, en: str) -> None:
    meaning = meanings()[code]
    assert vi in meaning.vi
    assert en in meaning.en


def test_base64_may_be_broken_into_lines() -> None:
    parts = claims.parts(dossier())
    wrapped = {
        name: "\n".join(text[at : at + 76] for at in range(0, len(text), 76))
        for name, text in ((name, claims.encoded(octets)) for name, octets in parts.items())
    }
    assert codes(only(zlib.compress(claims.envelope(list(wrapped.items()))))) == []


@pytest.mark.parametrize("name", ["XML0", "XML16", "xml1", "", "Trần Thị Hồng Nhung"])
def test_a_table_that_the_standard_does_not_have_is_refused_without_its_name(name: str) -> None:
    parts = [(n, claims.encoded(octets)) for n, octets in claims.parts(dossier()).items()]
    found = only(zlib.compress(claims.envelope([*parts, (name, "QQ==")])))
    assert places(found) == [Finding("HOSO", 0, "LOAIHOSO", "TABLE_UNKNOWN")]


def test_a_table_without_known_fields_is_kept_and_said_to_be_unchecked() -> None:
    found = with_table("XML12", b"<X><Y>1</Y></X>")
    assert places(found) == [Finding("XML12", 0, "", "TABLE_UNCHECKED")]
    assert b"<X><Y>1</Y></X>" in zlib.decompress(found.content)


def test_a_dossier_without_its_summary_is_refused() -> None:
    parts = claims.parts(dossier())
    del parts["XML1"]
    assert "TABLE_MISSING" in codes(only(claims.packed(parts)))
    assert "TABLE_MISSING" in codes(with_table("XML1", b"<TONG_HOP><X>1</X></TONG_HOP>"))


def test_a_table_that_comes_twice_is_refused() -> None:
    parts = [(name, claims.encoded(octets)) for name, octets in claims.parts(dossier()).items()]
    found = only(zlib.compress(claims.envelope([*parts, parts[1]])))
    assert places(found) == [Finding("XML2", 0, "", "TABLE_TWICE")]


def test_a_summary_has_one_line() -> None:
    one = claims.parts(dossier())["XML1"].split(b"?>", 1)[1]
    assert "LINES_TOO_MANY" in codes(with_table("XML1", b"<A>" + one + one + b"</A>"))


def test_wrappers_may_have_other_names_and_other_depths() -> None:
    parts = claims.parts(dossier())
    renamed = parts["XML2"].replace(b"CHI_TIET_THUOC", b"DONG").replace(b"DSACH_DONG", b"CAC_DONG")
    nested = (
        parts["XML1"]
        .replace(b"<TONG_HOP>", b"<A><B><TONG_HOP>")
        .replace(b"</TONG_HOP>", b"</TONG_HOP></B></A>")
    )
    found = only(claims.packed(parts | {"XML1": nested, "XML2": renamed}))
    assert codes(found) == []
    assert len(found.drugs) == 2


def test_an_unknown_field_is_a_warning_that_does_not_repeat_its_name() -> None:
    found = broken(
        "XML2", "<MA_NHOM>4</MA_NHOM>", "<MA_NHOM>4</MA_NHOM><Tran_Thi_Hong_Nhung>x</Tran_Thi_Hong_Nhung>"
    )
    assert places(found) == [Finding("XML2", 0, "", "FIELD_UNKNOWN")]
    elsewhere = broken("XML2", "<MA_NHOM>4</MA_NHOM>", "<MA_NHOM>4</MA_NHOM><HO_TEN>x</HO_TEN>")
    assert places(elsewhere) == [Finding("XML2", 0, "HO_TEN", "FIELD_UNKNOWN")]


@pytest.mark.parametrize(
    ("new", "code"),
    [
        ("<MA_NHOM>4</MA_NHOM><MA_NHOM>4</MA_NHOM>", "FIELD_TWICE"),
        ("<MA_NHOM><MA_KHOA>4</MA_KHOA></MA_NHOM>", "FIELD_NESTED"),
    ],
)
def test_a_field_comes_once_and_holds_a_value(new: str, code: str) -> None:
    found = broken("XML2", "<MA_NHOM>4</MA_NHOM>", new)
    assert places(found) == [Finding("XML2", 1, "MA_NHOM", code)]


def test_findings_beyond_a_hundred_are_counted_and_errors_come_first() -> None:
    line = b"<CHI_TIET_THUOC><MA_LK>LK-1</MA_LK><MA_THUOC>a b</MA_THUOC><NGAY_YL>20261101</NGAY_YL></CHI_TIET_THUOC>"
    found = with_table("XML2", b"<A>" + line * 300 + b"</A>")
    kept = places(found)
    assert len(kept) == 100
    assert {finding.code for finding in kept} == {"CODE_MALFORMED", "FIELD_REQUIRED"}
    # Of each line one code malformed and five values missing; and XML1's totals.
    assert found.findings.errors == 300 * 6 + 4
    assert found.findings.warnings == 300 + 1


@pytest.mark.parametrize(
    "given",
    [
        {"diagnosis": "B20.1"},
        {"diagnosis": "F32"},
        {"other_diagnoses": ("I10", "Z21")},
        {"other_diagnoses": ("O98.7",)},
        {"diagnosis_text": "Viêm phổi, nhiễm HIV"},
        {"more": HIV},
    ],
)
def test_what_is_sensitive_is_found_wherever_it_stands(given: dict[str, Any]) -> None:
    assert only(claims.file(dossier(**given))).sensitive is not None


def test_the_table_of_tuberculosis_is_sensitive_when_it_tells_of_hiv() -> None:
    tuberculosis = b"<A><MA_LK>LK-1</MA_LK>%s</A>"
    assert with_table("XML15", tuberculosis % b"<LOAI_DTRI_LAO>1</LOAI_DTRI_LAO>").sensitive is None
    assert with_table("XML15", tuberculosis % b"<NGAYKD_HIV>20200101</NGAYKD_HIV>").sensitive is not None


def test_a_diagnosis_of_a_single_service_is_looked_at_too() -> None:
    found = broken("XML3", "<MA_BENH>J18.9<", "<MA_BENH>J18.9;B24<")
    assert found.sensitive is not None
    assert found.sensitive.diagnoses == ("B24",)


def test_the_bounds_hold_a_dossier_of_a_long_stay() -> None:
    services = dossier().services * 1_000
    found = only(claims.file(dossier(services=services)))
    assert not found.refused
    assert len(found.services) == 2_000
    assert limits.TABLE_BYTES >= 1 << 20


def test_a_made_dossier_of_any_shape_is_valid() -> None:
    shapes: list[Dossier] = [
        dossier(drugs=()),
        dossier(services=()),
        dossier(fund_basis_points=3_200),
        dossier(fund_basis_points=9_500),
        dossier(patient=claims.patient(born="1950")),
        dossier(visit_kind="03", patient_kind="2"),
    ]
    assert [codes(only(claims.file(shape))) for shape in shapes] == [[]] * len(shapes)
