"""What people are treated for: diagnoses with the drugs and services that go with them.

Names and codes look like those of the national lists; prices are invented, all multiples
of 100 đồng so that every share of the fund is whole.
"""

from dataclasses import dataclass

from deploy.nation.claim_files import Drug, Service

EXAMINATION = Service(code="02.03", name="Khám nội", price_vnd=45_000)
BED_DAY = Service(code="K02.1906", name="Giường nội khoa loại 2", price_vnd=247_000, unit="Ngày", group=15)


@dataclass(frozen=True, slots=True, kw_only=True)
class Treatment:
    """A diagnosis and what is done about it. ``inpatient_share``: of those who have it, so many stay."""

    diagnosis: str
    text: str
    drugs: tuple[Drug, ...]
    services: tuple[Service, ...] = (EXAMINATION,)
    weight: float = 1.0
    inpatient_share: float = 0.05


def _test(code: str, name: str, price: int) -> Service:
    return Service(code=code, name=name, price_vnd=price, group=1)


GLUCOSE = _test("23.0075.1494", "Định lượng Glucose [Máu]", 21_800)
BLOOD_COUNT = _test("22.0121.1369", "Tổng phân tích tế bào máu ngoại vi", 46_600)
LIPIDS = _test("23.0041.1506", "Định lượng Cholesterol toàn phần", 27_300)
HBA1C = _test("23.0083.1523", "Định lượng HbA1c", 101_600)
CHEST_XRAY = Service(code="18.0119.0028", name="Chụp X-quang ngực thẳng", price_vnd=65_400, group=2)
ULTRASOUND = Service(code="18.0015.0001", name="Siêu âm ổ bụng", price_vnd=49_300, group=2)
ECG = Service(code="02.0085.1778", name="Điện tim thường", price_vnd=39_900, group=3)
NEEDLE = Service(
    code="N03.05.010", name="Kim luồn tĩnh mạch", price_vnd=3_500, quantity=2, unit="Cái", group=10
)

AMLODIPINE = Drug(substance_code="40.491", name="Amlodipin", strength="5mg", price_vnd=300)
LOSARTAN = Drug(substance_code="40.502", name="Losartan", strength="50mg", price_vnd=1_200)
METFORMIN = Drug(
    substance_code="40.807", name="Metformin", strength="850mg", price_vnd=500, quantity=60, a_day=2
)
GLICLAZIDE = Drug(substance_code="40.800", name="Gliclazid", strength="30mg", price_vnd=2_700)
ATORVASTATIN = Drug(substance_code="40.549", name="Atorvastatin", strength="10mg", price_vnd=400)
OMEPRAZOLE = Drug(
    substance_code="40.679", name="Omeprazol", strength="20mg", price_vnd=200, quantity=14, days=14
)
AMOXICILLIN = Drug(
    substance_code="40.154",
    name="Amoxicilin + acid clavulanic",
    strength="875mg + 125mg",
    price_vnd=3_900,
    quantity=14,
    a_day=2,
    days=7,
)
PARACETAMOL = Drug(
    substance_code="40.48", name="Paracetamol", strength="500mg", price_vnd=200, quantity=10, a_day=2, days=5
)
DICLOFENAC = Drug(
    substance_code="40.30", name="Diclofenac", strength="75mg", price_vnd=800, quantity=10, days=10
)
SERTRALINE = Drug(substance_code="40.976", name="Sertralin", strength="50mg", price_vnd=1_700)
ARV = Drug(
    substance_code="40.269",
    name="Tenofovir + lamivudin + dolutegravir",
    strength="300mg + 300mg + 50mg",
    price_vnd=4_300,
)

TREATMENTS = (
    Treatment(diagnosis="I10", text="Tăng huyết áp vô căn (nguyên phát)", drugs=(AMLODIPINE, LOSARTAN),
              services=(EXAMINATION, ECG), weight=5.0),
    Treatment(diagnosis="E11.9", text="Đái tháo đường týp 2 chưa có biến chứng", drugs=(METFORMIN, GLICLAZIDE),
              services=(EXAMINATION, GLUCOSE, HBA1C), weight=3.0),
    Treatment(diagnosis="J20.9", text="Viêm phế quản cấp, không xác định", drugs=(AMOXICILLIN, PARACETAMOL),
              services=(EXAMINATION, BLOOD_COUNT), weight=4.0, inpatient_share=0.15),
    Treatment(diagnosis="J18.9", text="Viêm phổi, tác nhân không xác định", drugs=(AMOXICILLIN, PARACETAMOL),
              services=(EXAMINATION, BLOOD_COUNT, CHEST_XRAY, NEEDLE), weight=1.5, inpatient_share=0.8),
    Treatment(diagnosis="K29.7", text="Viêm dạ dày, không đặc hiệu", drugs=(OMEPRAZOLE,),
              services=(EXAMINATION, ULTRASOUND), weight=3.0),
    Treatment(diagnosis="M54.5", text="Đau thắt lưng", drugs=(DICLOFENAC, PARACETAMOL), weight=2.5),
    Treatment(diagnosis="E78.2", text="Tăng lipid máu hỗn hợp", drugs=(ATORVASTATIN,),
              services=(EXAMINATION, LIPIDS), weight=2.0),
)  # fmt: skip
"""Of everyday life, with how often they come."""

DEPRESSION = Treatment(
    diagnosis="F32.1", text="Giai đoạn trầm cảm vừa", drugs=(SERTRALINE,), inpatient_share=0.0
)
HIV = Treatment(
    diagnosis="B20.9",
    text="Bệnh HIV dẫn đến bệnh nhiễm trùng",
    drugs=(ARV,),
    services=(EXAMINATION, BLOOD_COUNT),
)
SENSITIVE = (DEPRESSION, HIV)
"""Diagnoses on the list of sensitive ones."""

DIALYSIS = Treatment(
    diagnosis="N18.5",
    text="Bệnh thận mạn, giai đoạn 5",
    drugs=(),
    services=(Service(code="01.0173.0195", name="Thận nhân tạo chu kỳ", price_vnd=567_000, group=8),),
)
HEART_ATTACK = Treatment(
    diagnosis="I21.9",
    text="Nhồi máu cơ tim cấp, không xác định",
    drugs=(ATORVASTATIN,),
    services=(EXAMINATION, ECG),
    inpatient_share=1.0,
)
