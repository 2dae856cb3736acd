"""Makes valid national claim files (*hồ sơ đề nghị thanh toán*, QD 130/QD-BYT as amended by QD 3176/QD-BYT).

One maker for the seed, the story, the benchmarks and the tests. Text is put together
without a parser, so that the load generators spend little on it; what comes out is well
formed, its sums hold, and its lines add up to its totals. ``Dossier.changed`` replaces
fields of XML1 by others, right or wrong: that is how a story gets a dossier to be refused.

    GIAMDINHHS
      THONGTINDONVI   MACSKCB
      THONGTINHOSO    NGAYLAP, SOLUONGHOSO, DANHSACHHOSO
        HOSO          FILEHOSO (LOAIHOSO, NOIDUNGFILE: base64 of the table) …
      CHUKYDONVI
"""

import base64
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from xml.sax.saxutils import escape

from lienthong.clock import VIETNAM

OUTPATIENT, INPATIENT = "01", "03"
"""MA_LOAI_KCB."""
RIGHT_ROUTE, EMERGENCY, SELF_VISIT = "1.1", "2", "3.3"
"""MA_DOITUONG_KCB: registered here, an emergency, on her own."""
HIV_TABLE = "XML6"
_BASIS_POINTS = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Patient:
    """Who was treated, as her papers say."""

    full_name: str
    born: str
    """``YYYY-MM-DD``, or ``YYYY`` where only the year is known."""
    sex: int
    """1 male, 2 female."""
    personal_id: str
    card_code: str
    registered_facility: str
    card_from: date
    card_to: date
    five_years_on: date | None = None
    living_area: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Drug:
    """A line of XML2. ``price_vnd`` is that of one unit; ``days`` how long it lasts at ``a_day`` units."""

    substance_code: str
    name: str
    strength: str
    price_vnd: int
    quantity: int = 30
    unit: str = "Viên"
    a_day: int = 1
    days: int = 30

    @property
    def directions(self) -> str:
        """LIEU_DUNG, with how often and for how many days."""
        return f"1 {self.unit.lower()}/lần * {self.a_day} lần/ngày * {self.days} ngày"

    @property
    def cost_vnd(self) -> int:
        """The whole line."""
        return self.price_vnd * self.quantity


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """A line of XML3: a service, or a supply (``group`` 10)."""

    code: str
    name: str
    price_vnd: int
    quantity: int = 1
    unit: str = "Lần"
    group: int = 13
    """MA_NHOM: 1 test, 2 imaging, 3 functional, 8 procedure, 10 supply, 13 examination, 15 bed day."""

    @property
    def cost_vnd(self) -> int:
        """The whole line."""
        return self.price_vnd * self.quantity

    @property
    def is_supply(self) -> bool:
        """Counted as T_VTYT."""
        return self.group == _SUPPLY


_SUPPLY = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Dossier:
    """One treatment (*đợt điều trị*). Times are those of Việt Nam."""

    treatment_code: str
    facility_code: str
    patient: Patient
    admitted_at: datetime
    discharged_at: datetime
    diagnosis: str
    diagnosis_text: str
    services: Sequence[Service]
    drugs: Sequence[Drug] = ()
    other_diagnoses: Sequence[str] = ()
    fund_basis_points: int = 8_000
    """What the fund pays of every line: 8000 is 80 %."""
    visit_kind: str = OUTPATIENT
    patient_kind: str = RIGHT_ROUTE
    outcome: int = 1
    more: Mapping[str, str] = field(default_factory=dict)
    """Further tables whole, XML by name: ``{"XML6": hiv_table(...)}``."""
    changed: Mapping[str, str] = field(default_factory=dict)
    """Fields of XML1 that say something else than what follows from the rest."""

    @property
    def lines(self) -> list[Drug | Service]:
        """The lines of XML2, then those of XML3."""
        return [*self.drugs, *self.services]

    @property
    def cost_vnd(self) -> int:
        """T_TONGCHI_BV and T_TONGCHI_BH: everything is within the fund's scope."""
        return sum(line.cost_vnd for line in self.lines)

    @property
    def fund_vnd(self) -> int:
        """T_BHTT: the sum of the lines' shares, each rounded by itself."""
        return sum(self.share(line.cost_vnd) for line in self.lines)

    @property
    def copay_vnd(self) -> int:
        """T_BNCCT."""
        return self.cost_vnd - self.fund_vnd

    def share(self, cost_vnd: int) -> int:
        """What the fund pays of a line, half a đồng upwards."""
        return (cost_vnd * self.fund_basis_points + _BASIS_POINTS // 2) // _BASIS_POINTS


def claim_file(facility_code: str, dossiers: Iterable[Dossier], *, made_on: date) -> bytes:
    """A claim file of these dossiers, UTF-8."""
    made = [_dossier(dossier) for dossier in dossiers]
    head = (
        '<?xml version="1.0" encoding="utf-8"?>\n<GIAMDINHHS>'
        f"<THONGTINDONVI><MACSKCB>{escape(facility_code)}</MACSKCB></THONGTINDONVI>"
        f"<THONGTINHOSO><NGAYLAP>{made_on:%Y%m%d}</NGAYLAP><SOLUONGHOSO>{len(made)}</SOLUONGHOSO><DANHSACHHOSO>\n"
    )
    tail = "</DANHSACHHOSO></THONGTINHOSO><CHUKYDONVI></CHUKYDONVI></GIAMDINHHS>\n"
    return "".join([head, *made, tail]).encode()


def tables(dossier: Dossier) -> Iterator[tuple[str, str]]:
    """(name, XML) of the tables of a dossier, in their order; a table without lines is left out."""
    yield "XML1", _table("TONG_HOP", _summary(dossier))
    if dossier.drugs:
        lines = (_row("CHI_TIET_THUOC", _drug(dossier, n, d)) for n, d in enumerate(dossier.drugs, 1))
        yield "XML2", _list("CHITIEU_CHITIET_THUOC", "DSACH_CHI_TIET_THUOC", lines)
    if dossier.services:
        lines = (_row("CHI_TIET_DVKT", _service(dossier, n, s)) for n, s in enumerate(dossier.services, 1))
        yield "XML3", _list("CHITIEU_CHITIET_DVKT_VTYT", "DSACH_CHI_TIET_DVKT", lines)
    yield from sorted(dossier.more.items(), key=lambda item: int(item[0].removeprefix("XML")))


def hiv_table(dossier_code: str, patient: Patient, facility_code: str, since: date) -> str:
    """XML6: that the person is treated for HIV, since a day."""
    fields = {
        "MA_LK": dossier_code,
        "MA_THE_BHYT": patient.card_code,
        "SO_CCCD": patient.personal_id,
        "NGAY_SINH": _birth(patient.born),
        "GIOI_TINH": str(patient.sex),
        "NGAYKD_HIV": f"{since:%Y%m%d}",
        "BDDT_ARV": f"{since:%Y%m%d}",
        "MA_CSKCB": facility_code,
        "DU_PHONG": "",
    }
    whole = "CHI_TIEU_HO_SO_BENH_AN_CHAM_SOC_VA_DIEU_TRI_HIV_AIDS"
    many = "DSACH_HO_SO_BENH_AN_CHAM_SOC_VA_DIEU_TRI_HIV_AIDS"
    return _list(whole, many, [_row("HO_SO_BENH_AN_CHAM_SOC_VA_DIEU_TRI_HIV_AIDS", fields)])


def moment(day: date, hour: int, minute: int = 0) -> datetime:
    """A time of a day in Việt Nam."""
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=VIETNAM)


def _dossier(dossier: Dossier) -> str:
    files = "".join(
        f"<FILEHOSO><LOAIHOSO>{name}</LOAIHOSO>"
        f"<NOIDUNGFILE>{base64.b64encode(xml.encode()).decode('ascii')}</NOIDUNGFILE></FILEHOSO>"
        for name, xml in tables(dossier)
    )
    return f"<HOSO>{files}</HOSO>\n"


def _summary(dossier: Dossier) -> dict[str, str]:
    """The fields of XML1 in the order of the standard."""
    patient, drugs, services = dossier.patient, dossier.drugs, dossier.services
    five_years = patient.five_years_on
    fields = {
        "MA_LK": dossier.treatment_code,
        "STT": "1",
        "MA_BN": patient.personal_id[-8:],
        "HO_TEN": patient.full_name,
        "SO_CCCD": patient.personal_id,
        "NGAY_SINH": _birth(patient.born),
        "GIOI_TINH": str(patient.sex),
        "MA_QUOCTICH": "000",
        "MA_DANTOC": "01",
        "MA_NGHE_NGHIEP": "00000",
        "MATINH_CU_TRU": patient.registered_facility[:2],
        "MA_THE_BHYT": patient.card_code,
        "MA_DKBD": patient.registered_facility,
        "GT_THE_TU": f"{patient.card_from:%Y%m%d}",
        "GT_THE_DEN": f"{patient.card_to:%Y%m%d}",
        "NGAY_MIEN_CCT": "",
        "LY_DO_VV": "Khám bệnh",
        "CHAN_DOAN_VAO": dossier.diagnosis_text,
        "CHAN_DOAN_RV": dossier.diagnosis_text,
        "MA_BENH_CHINH": dossier.diagnosis,
        "MA_BENH_KT": ";".join(dossier.other_diagnoses),
        "MA_DOITUONG_KCB": dossier.patient_kind,
        "NGAY_VAO": f"{dossier.admitted_at:%Y%m%d%H%M}",
        "NGAY_VAO_NOI_TRU": f"{dossier.admitted_at:%Y%m%d%H%M}" if _is_inpatient(dossier) else "",
        "NGAY_RA": f"{dossier.discharged_at:%Y%m%d%H%M}",
        "SO_NGAY_DTRI": str((dossier.discharged_at.date() - dossier.admitted_at.date()).days + 1),
        "PP_DIEU_TRI": "Nội khoa",
        "KET_QUA_DTRI": str(dossier.outcome),
        "MA_LOAI_RV": "1",
        "NGAY_TTOAN": f"{dossier.discharged_at:%Y%m%d%H%M}",
        "T_THUOC": str(sum(drug.cost_vnd for drug in drugs)),
        "T_VTYT": str(sum(service.cost_vnd for service in services if service.is_supply)),
        "T_TONGCHI_BV": str(dossier.cost_vnd),
        "T_TONGCHI_BH": str(dossier.cost_vnd),
        "T_BNTT": "0",
        "T_BNCCT": str(dossier.copay_vnd),
        "T_BHTT": str(dossier.fund_vnd),
        "T_NGUONKHAC": "0",
        "T_BHTT_GDV": "0",
        "NAM_QT": f"{dossier.discharged_at:%Y}",
        "THANG_QT": f"{dossier.discharged_at:%m}",
        "MA_LOAI_KCB": dossier.visit_kind,
        "MA_KHOA": "K01",
        "MA_CSKCB": dossier.facility_code,
        "MA_KHUVUC": patient.living_area,
        "NAM_NAM_LIEN_TUC": f"{five_years:%Y%m%d}" if five_years else "",
        "MA_HSBA": dossier.treatment_code,
        "MA_TTDV": "0000000001",
        "DU_PHONG": "",
    }
    return fields | dict(dossier.changed)


def _drug(dossier: Dossier, number: int, drug: Drug) -> dict[str, str]:
    ordered = f"{dossier.admitted_at:%Y%m%d%H%M}"
    fund = dossier.share(drug.cost_vnd)
    return {
        "MA_LK": dossier.treatment_code,
        "STT": str(number),
        "MA_THUOC": drug.substance_code,
        "MA_NHOM": "4",
        "TEN_THUOC": drug.name,
        "DON_VI_TINH": drug.unit,
        "HAM_LUONG": drug.strength,
        "DUONG_DUNG": "1.01",
        "LIEU_DUNG": drug.directions,
        "CACH_DUNG": "Uống sau ăn",
        "SO_DANG_KY": "VD-00000-00",
        "PHAM_VI": "1",
        "TYLE_TT_BH": "100",
        "SO_LUONG": str(drug.quantity),
        "DON_GIA": str(drug.price_vnd),
        **_money(dossier, drug.cost_vnd, fund),
        "MA_KHOA": "K01",
        "MA_BAC_SI": "0000000002",
        "NGAY_YL": ordered,
        "NGAY_TH_YL": ordered,
        "MA_PTTT": "1",
        "NGUON_CTRA": "1",
        "DU_PHONG": "",
    }


def _service(dossier: Dossier, number: int, service: Service) -> dict[str, str]:
    ordered = f"{dossier.admitted_at:%Y%m%d%H%M}"
    fund = dossier.share(service.cost_vnd)
    supply = service.is_supply
    return {
        "MA_LK": dossier.treatment_code,
        "STT": str(number),
        "MA_DICH_VU": "" if supply else service.code,
        "MA_VAT_TU": service.code if supply else "",
        "MA_NHOM": str(service.group),
        "TEN_VAT_TU": service.name if supply else "",
        "TEN_DICH_VU": "" if supply else service.name,
        "DON_VI_TINH": service.unit,
        "PHAM_VI": "1",
        "SO_LUONG": str(service.quantity),
        "DON_GIA_BV": str(service.price_vnd),
        "DON_GIA_BH": str(service.price_vnd),
        "TYLE_TT_DV": "100",
        "TYLE_TT_BH": "100",
        **_money(dossier, service.cost_vnd, fund),
        "MA_KHOA": "K01",
        "MA_BAC_SI": "0000000002",
        "MA_BENH": dossier.diagnosis,
        "NGAY_YL": ordered,
        "NGAY_TH_YL": ordered,
        "NGAY_KQ": ordered,
        "MA_PTTT": "1",
        "DU_PHONG": "",
    }


def _money(dossier: Dossier, cost: int, fund: int) -> dict[str, str]:
    """What XML2 and XML3 say alike of a line's cost."""
    level, rest = divmod(dossier.fund_basis_points, 100)
    return {
        "THANH_TIEN_BV": str(cost),
        "THANH_TIEN_BH": str(cost),
        "T_NGUONKHAC": "0",
        "MUC_HUONG": f"{level}.{rest:02d}" if rest else str(level),
        "T_BHTT": str(fund),
        "T_BNCCT": str(cost - fund),
        "T_BNTT": "0",
    }


def _is_inpatient(dossier: Dossier) -> bool:
    return dossier.visit_kind in {INPATIENT, "04", "09"}


def _birth(born: str) -> str:
    """NGAY_SINH, twelve digits; zeros for what nobody knows."""
    return born.replace("-", "").ljust(12, "0")


def _table(root: str, fields: Mapping[str, str]) -> str:
    return f'<?xml version="1.0" encoding="utf-8"?>\n{_row(root, fields)}'


def _list(root: str, many: str, rows: Iterable[str]) -> str:
    return f'<?xml version="1.0" encoding="utf-8"?>\n<{root}><{many}>{"".join(rows)}</{many}></{root}>'


def _row(element: str, fields: Mapping[str, str]) -> str:
    inside = "".join(
        f"<{name}>{escape(value)}</{name}>" if value else f"<{name}/>" for name, value in fields.items()
    )
    return f"<{element}>{inside}</{element}>"
