"""A ministry pulls tables by itself: a total over time, a small cell that is not told, and a picture."""

from deploy.demo.people import MINISTRY
from deploy.demo.stage import NotAsTold, Stage, expect
from lienthong.cli.chart import bars
from lienthong.cli.series import told
from lienthong.client.answers import read_answer
from lienthong.client.questions import Asking
from lienthong.client.statistics import Observations, Selection, observations
from lienthong.statistics.structures import Dataflow, areas, catalogue

_FLOW = "DF_PARTICIPANTS"
_TOTALS = {"REF_AREA": ["VN"], "SEX": ["_T"], "AGE": ["_T"]}
_MONTHS = 3
_FEWEST = 10
"""No published count is under it."""


def total_over_time(stage: Stage) -> list[str]:
    """Participants of the country by scheme, the latest months: pulled, not asked for by letter."""
    answer = _pulled(stage, Selection(dataflow=_flow(), filters=_TOTALS, last_n=_MONTHS))
    figures = list(answer.figures())
    expect({len(f.codes) for f in figures}, {len(_flow().order)}, "the codes of a figure")
    scheme_at = _flow().order.index("SCHEME")
    by_scheme: dict[str, list[str]] = {}
    for figure in figures:
        by_scheme.setdefault(figure.codes[scheme_at], []).append(
            "(c)" if figure.value is None else f"{figure.value:,}"
        )
    lines = [f"{scheme:<7} {'   '.join(values)}" for scheme, values in sorted(by_scheme.items())]
    return [*lines, f"tính đến / every change committed before {answer.watermark}, {answer.lag_ms} ms"]


def small_cell(stage: Stage) -> list[str]:
    """Women between 50 and 54 in each province: where they are few, no figure leaves."""
    provinces = areas.provinces()
    filters = {"REF_AREA": provinces, "SCHEME": ["SI"], "SEX": ["F"], "AGE": ["Y50T54"]}
    answer = _pulled(stage, Selection(dataflow=_flow(), filters=filters, last_n=1))
    area = _flow().order.index("REF_AREA")
    open_cells = {figure.codes[area]: figure.value for figure in answer.figures() if figure.value is not None}
    hidden = [code for code in provinces if code not in open_cells]
    if not hidden or min(open_cells.values(), default=_FEWEST) < _FEWEST:
        raise NotAsTold("a cell of few people was told")
    return [
        f"{len(provinces)} tỉnh / provinces: {len(open_cells)} nêu / told, {len(hidden)} bị che / suppressed: "
        + ", ".join(hidden[:8]),
        "ít người đứng sau con số / fewer people stand behind the figure than the minimum frequency",
        "tổng không để lộ / no total gives it away: sums are made of what was published, never of the truth",
    ]


def picture(stage: Stage) -> list[str]:
    """Bars by province, the suppressed ones hatched, in a file."""
    provinces = areas.provinces()
    filters = {"REF_AREA": provinces, "SCHEME": ["SI"], "SEX": ["_T"], "AGE": ["_T"]}
    answer = _pulled(stage, Selection(dataflow=_flow(), filters=filters, last_n=1))
    if not answer.values:
        return ["quá ít người để vẽ / too few people in this nation for a picture"]
    file = stage.stack.run / "participants.svg"
    drawn = told(_flow(), answer, "vi", along="REF_AREA", asked=provinces)
    file.write_text(bars(drawn), encoding="utf-8")
    hidden = sum(answer.suppressed)
    return [f"{len(provinces)} tỉnh / provinces, {hidden} bị che / suppressed", str(file)]


def _flow() -> Dataflow:
    return catalogue().published().dataflows[_FLOW]


def _pulled(stage: Stage, selection: Selection) -> Observations:
    answer = read_answer(stage.client(MINISTRY).ask(observations(selection, Asking())), Observations)
    stage.answered(MINISTRY, answer.receipt)
    return answer
