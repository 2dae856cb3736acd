"""Which format is answered."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.faces.sdmx import formats
from gateway.faces.sdmx.negotiation import wants_gzip
from gateway.problems import Problem

CSV = "application/vnd.sdmx.data+csv"


@pytest.mark.parametrize(
    ("interface", "accept", "name"),
    [
        (1, "", "generic"),
        (1, "*/*", "generic"),
        (2, "*/*", "generic"),
        (1, "application/xml", "generic"),
        (1, "text/html, application/xhtml+xml, application/xml;q=0.9, */*;q=0.8", "generic"),
        (1, "application/vnd.sdmx.genericdata+xml;version=2.1", "generic"),
        (1, "application/vnd.sdmx.structurespecificdata+xml; version=2.1.0", "structurespecific"),
        (1, CSV, "csv-1.0"),
        (2, CSV, "csv-2.0"),
        (1, f"{CSV};version=2.0.0", "csv-2.0"),
        (2, f"{CSV}; version=1.0.0; labels=both", "csv-1.0"),
        (1, "text/csv", "csv"),
        (1, f"text/csv;q=0.5, {CSV};q=0.9", "csv-1.0"),
        (1, f"text/csv, {CSV}", "csv"),
        (1, f"*/*;q=0.1, {CSV};version=2.0.0", "csv-2.0"),
        (1, "application/vnd.sdmx.genericdata+xml;q=0, application/*;q=0.1, text/xml;q=0, text/*", "csv"),
        (1, "TEXT/CSV", "csv"),
    ],
)
def test_the_format_is_what_the_sender_wants_most(interface: int, accept: str, name: str) -> None:
    assert formats.of_data(interface, accept.encode(), "").offer.name == name


@pytest.mark.parametrize(
    "accept",
    [
        "application/json",
        "text/csv;q=0",
        "application/vnd.sdmx.genericdata+xml;version=3.0",
        "x",
        ",",
        "text/csv;q=2",
    ],
)
def test_what_is_not_offered_is_refused_and_says_what_it_depends_on(accept: str) -> None:
    with pytest.raises(Problem) as refused:
        formats.of_data(1, accept.encode(), "")
    assert refused.value.reason.name == "not_acceptable"
    assert dict(refused.value.headers)[b"vary"] == b"Accept"


def test_a_named_format_wins_over_the_header() -> None:
    assert formats.of_data(1, b"application/json", "csv").offer.name == "csv"
    with pytest.raises(Problem):
        formats.of_data(1, b"*/*", "xlsx")


@given(st.binary(max_size=200))
def test_garbage_has_a_format_or_is_refused(accept: bytes) -> None:
    outcome = "not_acceptable"
    try:
        outcome = formats.of_data(1, accept, "").offer.name
    except Problem as refused:
        outcome = refused.reason.name
    assert outcome in {
        "not_acceptable",
        "generic",
        "structurespecific",
        "csv-1.0",
        "csv-2.0",
        "csv",
        "parquet",
    }
    assert wants_gzip(accept) in {True, False}


@pytest.mark.parametrize(
    ("stated", "wanted"),
    [
        ("gzip", True),
        ("br, gzip;q=0.5", True),
        ("gzip;q=0", False),
        ("identity", False),
        ("", False),
        ("GZIP", True),
    ],
)
def test_gzip_is_for_who_takes_it(stated: str, wanted: bool) -> None:
    assert wants_gzip(stated.encode()) is wanted
