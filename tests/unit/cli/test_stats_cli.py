"""Statistics on the command line: what is asked, what is shown, and that suppression is."""

import csv
import functools
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import httpx
import pytest
from lxml import etree

from gateway.faces.sdmx.refusing import error_of
from gateway.problems import Problem
from lienthong import cli
from lienthong.access.answers import answer_encoder
from lienthong.client import Client, RetryPolicy
from lienthong.rpc.errors import FieldViolation
from tests.support import statistics

Run: TypeAlias = Callable[..., int]
SVG = "{http://www.w3.org/2000/svg}"


class Service:
    """The gateway's answer to what was asked, by rule."""

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []
        self.respond = statistics.responder(["2026-01", "2026-02", "2026-03"], areas=40)

    def __call__(self, view: Any) -> tuple[int, object, dict[str, str]]:
        body = json.loads(view.body)
        self.asked.append(body | {"path": view.path})
        request = statistics.request_of(body)
        response = self.respond(request)
        return 200, answer_encoder(type(response), frozenset({"result"}))(response), {}


@pytest.fixture
def service(stub_gateway: Any) -> Service:
    made = Service()
    stub_gateway.reactions = [made]
    return made


@pytest.fixture
def run(agency_folder: Path, stub_gateway: Any, service: Service, monkeypatch: pytest.MonkeyPatch) -> Run:
    transport = httpx.MockTransport(stub_gateway.handle)
    asking = functools.partial(Client, transport=transport, retry=RetryPolicy(tries=1))
    monkeypatch.setattr("lienthong.cli.ask.Client", asking)
    monkeypatch.setenv("COLUMNS", "200")

    def invoke(*words: str) -> int:
        monkeypatch.setattr("sys.argv", ["lienthong", "--agency", str(agency_folder), "stats", *words])
        with pytest.raises(SystemExit) as left:
            cli.main()
        return int(left.value.code or 0)

    return invoke


def test_the_list_needs_nobody(run: Run, stub_gateway: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("list") == 0
    assert "DF_PARTICIPANTS" in capsys.readouterr().out
    assert run("list", "DF_PARTICIPANTS", "--language", "en") == 0
    shown = capsys.readouterr().out
    assert "Y15T19" in shown
    assert "Social insurance, voluntary" in shown
    assert stub_gateway.received == []


def test_what_is_not_named_stands_at_its_total(run: Run, service: Service) -> None:
    assert run("get", "DF_PARTICIPANTS", "--where", "SCHEME=SI,HI", "--from", "2026-02", "--last", "1") == 0
    (asked,) = service.asked
    assert asked["path"] == "/v1/statistics/contributions:observations"
    assert {f["dimension"]: f["codes"] for f in asked["filters"]} == {
        "SCHEME": ["SI", "HI"],
        "REF_AREA": ["VN"],
        "SEX": ["_T"],
        "AGE": ["_T"],
    }
    assert (asked["fromMonth"], asked["lastN"]) == ("2026-02", 1)


def test_a_dimension_in_full_has_the_provinces_of_today(run: Run, service: Service) -> None:
    assert run("get", "DF_PARTICIPANTS", "--by", "REF_AREA", "--by", "SEX", "--where", "SCHEME=SI") == 0
    filters = {f["dimension"]: f["codes"] for f in service.asked[0]["filters"]}
    assert len(filters["REF_AREA"]) == 34
    assert "SEX" not in filters


def test_the_purpose_is_statistics_unless_another_is_given(run: Run, stub_gateway: Any) -> None:
    run("get", "DF_PARTICIPANTS")
    assert dict(stub_gateway.received[0].headers)[b"purpose"] == b"statistics"


def test_csv_has_codes_names_and_the_status_of_what_is_suppressed(
    run: Run, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    words = ("get", "DF_PARTICIPANTS", "--by", "AGE", "--format", "csv", "--language", "en")
    assert run(*words) == 0
    printed = capsys.readouterr().out
    rows = list(csv.DictReader(io.StringIO(printed)))
    assert {row["REF_AREA_NAME"] for row in rows} == {"Viet Nam"}
    small = [row for row in rows if row["OBS_STATUS"] == "Q"]
    assert small
    assert all(row["OBS_VALUE"] == "" and row["CONF_STATUS"] == "C" for row in small)
    target = tmp_path / "table.csv"
    assert run(*words, "-o", str(target)) == 0
    assert (
        target.read_bytes() == b"\xef\xbb\xbf" + printed.replace("\r\n", "\n").replace("\n", "\r\n").encode()
    )


def test_a_table_marks_what_is_suppressed(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("get", "DF_PARTICIPANTS", "--by", "AGE") == 0
    shown = capsys.readouterr().out
    assert "(c)" in shown
    assert "không công bố" in shown
    assert statistics.WATERMARK in shown


def test_json_is_exactly_the_answer(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("get", "DF_PARTICIPANTS", "--format", "json") == 0
    assert json.loads(capsys.readouterr().out)["watermark"] == statistics.WATERMARK


def test_no_figure_at_all_is_said_and_exits_1(
    run: Run, service: Service, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    service.respond = statistics.responder([])
    assert run("get", "DF_PARTICIPANTS") == 1
    assert run("plot", "DF_PARTICIPANTS", "-o", str(tmp_path / "x.svg")) == 1
    assert capsys.readouterr().err.count("no figure is published") == 2


def test_parquet_that_the_gateway_refuses_shows_why_as_the_other_formats_do(
    run: Run, stub_gateway: Any, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    refused = Problem("invalid_argument", fields=(FieldViolation("startPeriod", "expected a month"),))
    document = refused.document("vi", "a1")
    target = tmp_path / "x.parquet"
    shown = []
    for body, words in ((document, ()), (error_of(document), ("-o", str(target)))):
        stub_gateway.reactions = [lambda _view, told=body: (422, told, {"x-request-id": "a1"})]
        assert run("get", "DF_PARTICIPANTS", *words) == 2
        shown.append(capsys.readouterr().err)
    assert shown[0] == shown[1]
    assert "refused: 422 invalid_argument" in shown[0]
    assert "startPeriod: expected a month" in shown[0]
    assert not target.exists()


@pytest.mark.parametrize(
    "words",
    [
        ("get", "DF_NONE"),
        ("get", "DF_PARTICIPANTS", "--where", "FUND=HI"),
        ("get", "DF_PARTICIPANTS", "--where", "SEX=X"),
        ("get", "DF_PARTICIPANTS", "--by", "FUND"),
        ("get", "DF_PARTICIPANTS", "-o", "table.csv"),
        ("plot", "DF_PARTICIPANTS", "-o", "picture.pdf"),
    ],
)
def test_what_cannot_be_asked_is_not(run: Run, stub_gateway: Any, words: tuple[str, ...]) -> None:
    assert run(*words) == 2
    assert stub_gateway.received == []


def drawn(path: Path) -> etree._Element:
    return etree.fromstring(path.read_bytes())


def test_a_line_breaks_where_a_figure_is_suppressed_and_says_so(run: Run, tmp_path: Path) -> None:
    target = tmp_path / "line.svg"
    assert run("plot", "DF_PARTICIPANTS", "-o", str(target), "--by", "AGE", "--where", "SCHEME=SI") == 0
    root = drawn(target)
    hatched = [r for r in root.iter(f"{SVG}rect") if r.get("fill") == "url(#hatch)"]
    assert hatched
    texts = [str(t.text) for t in root.iter(f"{SVG}text")]
    assert "Người tham gia BHXH, BHYT, BHTN" in texts
    assert "không công bố (bảo mật)" in texts
    assert any(statistics.WATERMARK in text for text in texts)


def test_bars_show_every_province_the_largest_first(run: Run, tmp_path: Path) -> None:
    target = tmp_path / "bars.svg"
    words = ("plot", "DF_PARTICIPANTS", "-o", str(target), "--kind", "bars", "--where", "SCHEME=SI")
    assert run(*words, "--language", "en") == 0
    bars = [r for r in drawn(target).iter(f"{SVG}rect") if r.get("x") == "170"]
    assert len(bars) == 34
    lengths = [float(str(r.get("width"))) for r in bars if r.get("fill") != "url(#hatch)"]
    assert lengths == sorted(lengths, reverse=True)


def test_a_share_is_shown_with_its_decimals_and_what_is_estimated_is_marked(
    run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("get", "DF_COVERAGE_SHARE", "--by", "REF_AREA", "--language", "en")
    assert run(*words, "--format", "csv") == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    shares = [row["OBS_VALUE"] for row in rows if row["INDICATOR"] == "SHARE" and row["OBS_STATUS"] != "Q"]
    assert shares
    assert all(len(value.partition(".")[2]) == 2 for value in shares)
    people = [
        row["OBS_VALUE"] for row in rows if row["INDICATOR"] == "POPULATION" and row["OBS_STATUS"] != "Q"
    ]
    assert all(value.isdigit() for value in people)
    assert {row["OBS_STATUS"] for row in rows if row["TIME_PERIOD"] == "2026-01"} == {"A", "Q"}
    assert {row["OBS_STATUS"] for row in rows if row["TIME_PERIOD"] == "2026-02"} == {"E", "Q"}
    assert run(*words) == 0
    shown = capsys.readouterr().out
    assert "(e)" in shown
    assert "estimated by the population of an earlier year" in shown


@pytest.mark.parametrize("kind", ["line", "bars"])
def test_a_picture_of_several_units_has_the_first_alone(
    run: Run, service: Service, tmp_path: Path, kind: str
) -> None:
    target = tmp_path / "share.svg"
    assert run("plot", "DF_COVERAGE_SHARE", "-o", str(target), "--kind", kind, "--language", "en") == 0
    (asked,) = service.asked
    assert {"dimension": "INDICATOR", "codes": ["SHARE"]} in asked["filters"]
    texts = [text.text for text in etree.parse(target).iter(f"{SVG}text")]
    assert "Per cent" in texts
    assert run("plot", "DF_COVERAGE_SHARE", "-o", str(target), "--where", "INDICATOR=POPULATION") == 0
    assert {"dimension": "INDICATOR", "codes": ["POPULATION"]} in service.asked[1]["filters"]


def test_indicators_of_one_unit_are_drawn_together(run: Run, service: Service, tmp_path: Path) -> None:
    assert run("plot", "DF_COLLECTION", "-o", str(tmp_path / "collection.svg")) == 0
    (asked,) = service.asked
    assert {"dimension": "INDICATOR", "codes": ["DUE", "PAID", "ARREARS", "INTEREST"]} in asked["filters"]


def areas_asked(service: Service) -> set[str]:
    """The kinds of areas that the last question names."""
    (codes,) = [one["codes"] for one in service.asked[-1]["filters"] if one["dimension"] == "REF_AREA"]
    return {code.split("_")[0] for code in codes}


def test_by_area_is_one_division_of_the_people_and_the_former_one_when_it_is_asked_for(
    run: Run, service: Service, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("get", "DF_VISITS", "--by", "REF_AREA") == 0
    assert areas_asked(service) == {"VN"}
    assert run("get", "DF_VISITS", "--by", "REF_AREA", "--former") == 0
    assert areas_asked(service) == {"VNF", "VNU"}
    assert "the same people twice" not in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "warned"),
    [
        (("DF_VISITS", "--all"), True),
        (("DF_VISITS", "--where", "REF_AREA=VN_24,VNF_024"), True),
        (("DF_VISITS", "--where", "REF_AREA=VN_24,VNU_24", "--format", "csv"), True),
        (("DF_VISITS", "--where", "REF_AREA=VN,VNF_024,VNF_027"), False),
        (("DF_PARTICIPANTS", "--all"), False),
    ],
)
def test_who_asks_for_two_divisions_at_once_is_told_not_to_add_them_up(
    run: Run, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], warned: bool
) -> None:
    assert run("get", *words) == 0
    shown = capsys.readouterr()
    assert ("the same people twice" in shown.err) is warned
    assert "the same people twice" not in shown.out


@pytest.mark.parametrize(
    "words",
    [
        ("get", "DF_PARTICIPANTS", "--by", "REF_AREA", "--former"),
        ("get", "DF_COVERAGE_SHARE", "--by", "REF_AREA", "--former"),
        ("get", "DF_VISITS", "--former"),
        ("plot", "DF_VISITS", "--former", "-o", "picture.svg"),
    ],
)
def test_former_provinces_are_of_figures_by_area_that_have_them(
    run: Run, stub_gateway: Any, capsys: pytest.CaptureFixture[str], words: tuple[str, ...]
) -> None:
    assert run(*words) == 2
    assert "DF_VISITS, DF_COVERAGE" in capsys.readouterr().err
    assert stub_gateway.received == []


def test_bars_of_former_provinces_have_them_alone_and_nobody_who_is_in_none(
    run: Run, service: Service, tmp_path: Path
) -> None:
    service.respond = statistics.responder(["2026-01"], areas=98)
    target = tmp_path / "bars.svg"
    words = ("plot", "DF_VISITS", "-o", str(target), "--kind", "bars", "--where", "INDICATOR=VISITS")
    assert run(*words, "--former", "--language", "en") == 0
    names = [str(t.text) for t in drawn(target).iter(f"{SVG}text") if t.get("text-anchor") == "end"]
    assert len(names) == 63
    assert all(name.endswith("(before 1 July 2025)") for name in names)


def test_a_map_has_every_province_of_today_and_asks_for_the_latest_month(
    run: Run, service: Service, tmp_path: Path
) -> None:
    target = tmp_path / "map.svg"
    words = ("plot", "DF_PARTICIPANTS", "-o", str(target), "--kind", "map", "--where", "SCHEME=SI")
    assert run(*words, "--language", "en") == 0
    assert areas_asked(service) == {"VN"}
    assert service.asked[-1]["lastN"] == 1
    squares = [r for r in drawn(target).iter(f"{SVG}rect") if r.get("width") == "100"]
    assert len(squares) == 34
    assert "Ha Noi" in [t.text for t in drawn(target).iter(f"{SVG}text")]


def test_a_map_has_one_figure_a_province(
    run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "map.svg"
    assert run("plot", "DF_PARTICIPANTS", "-o", str(target), "--kind", "map") == 2
    assert "one figure a province" in capsys.readouterr().err
    assert not target.exists()


@pytest.mark.parametrize(
    "words",
    [
        ("DF_VISITS", "--former"),
        ("DF_VISITS", "--where", "REF_AREA=VN_24,VNF_024"),
        ("DF_VISITS", "--where", "REF_AREA=VN"),
        ("DF_VISITS_ICD",),
    ],
)
def test_what_is_no_province_of_today_is_on_no_map(
    run: Run, stub_gateway: Any, words: tuple[str, ...]
) -> None:
    assert run("plot", *words, "-o", "map.svg", "--kind", "map") == 2
    assert stub_gateway.received == []
