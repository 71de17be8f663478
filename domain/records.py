"""The facts that flow through the cockpit: one type per fact.

All times are aware UTC. Units stand in the names. Every record carries the feed it came by, its
origin and, when it was replayed from a recording, the time at which it was recorded.
"""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

import msgspec

from domain.terms import Direction as Direction
from domain.terms import EnterpriseClass as EnterpriseClass
from domain.terms import Hold as Hold
from domain.terms import InspectionMode as InspectionMode
from domain.terms import Node as Node
from domain.terms import Origin as Origin
from domain.terms import Special as Special
from domain.terms import StayKind as StayKind


class Record(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What every record carries. Made of plain values, so none is part of a cycle and the collector need not walk them.

    ``OWNER`` of a type: whose data they are (catalogue ``dataset.owner.<owner>``).

    Attributes:
        feed: name of the feed in the configuration.
        origin: live, recorded or simulated.
        event_time: when it happened; for a replay the shifted time.
        recorded_time: the time in the recording, when replayed; else None.
        ref: where exactly it stood, e.g. ``queue.csv:12``; for messages to people.
        flags: codes of irregularities that did not stop the record (catalogue ``flag.<code>``).
        scope: enterprise code that owns the row; None = the port's.
    """

    OWNER: ClassVar[str] = "port"

    feed: str
    origin: Origin
    event_time: datetime
    recorded_time: datetime | None = None
    ref: str = ""
    flags: tuple[str, ...] = ()
    scope: str | None = None


class YardBlock(Record, frozen=True, kw_only=True):
    """A yard block as surveyed: its ground slots, tiers and capacity. Key: block_id."""

    OWNER: ClassVar[str] = "terminal"

    block_id: str
    name: str
    terminal: str
    kind: StayKind = StayKind.STANDARD
    ground_slots: int = 0
    tiers: int = 0
    capacity_teu: int
    lon: float | None = None
    lat: float | None = None


class ContainerStay(Record, frozen=True, kw_only=True):
    """One stay of one container in the yard. Key: (feed, stay_id).

    ``arrived_at`` may lie in the future (announced); ``departed_at`` is None while unknown and may
    lie in the future when planned. A box stands in the yard at t when arrived_at <= t < departed_at.

    Attributes:
        weight_tonnes: gross, as its papers or the terminal say.
        vgm_tonnes: verified gross mass (SOLAS VI/2); None while nobody verified it.
        max_gross_tonnes: what box and goods may weigh together, as its CSC plate says (ISO 668).
        imdg_class: class or division of dangerous goods, e.g. 3 or 5.1; empty for none told.
        declared_at: when its dangerous goods were declared (申报); None while they are not.
        set_celsius: the temperature a reefer is to keep.
    """

    OWNER: ClassVar[str] = "terminal"

    stay_id: str
    container_no: str = ""
    block_id: str = ""
    bay: int | None = None
    tier: int | None = None
    length_ft: int | None = None
    kind: StayKind = StayKind.STANDARD
    weight_tonnes: float | None = None
    arrived_by: str = ""
    departed_by: str = ""
    arrived_at: datetime
    departed_at: datetime | None = None
    vgm_tonnes: float | None = None
    max_gross_tonnes: float | None = None
    imdg_class: str = ""
    declared_at: datetime | None = None
    set_celsius: float | None = None


class InspectionTask(Record, frozen=True, kw_only=True):
    """An inspection of one declaration as its source describes it. Key: declaration_no.

    Node times travel as InspectionStep records. ``source_rank`` is the place the source itself
    gave the row, kept to hold the fair order against it.

    Attributes:
        special: values of ``Special``; a source's own word for another way is kept as it is.
        hold: value of ``Hold``, empty while it goes its way; it then waits in no queue.
        held_since: when that began.
        accepted_at: the agent accepted the commission (确认委托).
        released_at: customs released the goods (放行); the clock of the seed runs from one to the other.
        officer: who inspects, as the source writes it.
        order_reason: why it was or is served out of the fair order, in the source's words.
        cut_off: until when the box must be back at the terminal to be loaded.
        gathered_at: when the goods stood in the port (集港).
        needs: what the instruction asks for that takes longer than a day: ``classification``, ``sampling``, or
            the source's word.
        papers_irregular: the check of the papers found something.
        test_result: of the test cold chain goods need before they may apply: ``pending``, ``passed``, ``failed``.
        truck: vehicle that carries the boxes to the inspection area.
        fee_cny: what the inspection costs the enterprise; None is not told.
        fee_waived: it costs nothing (免单).
    """

    OWNER: ClassVar[str] = "customs"

    declaration_no: str
    bill_of_lading: str = ""
    area: str = ""  # north | south | other, or the source's own word
    platform: str = ""  # as the source names it, e.g. 前湾港北港查验区1号平台
    direction: Direction | None = None
    enterprise_class: EnterpriseClass = EnterpriseClass.UNKNOWN
    fresh: bool = False  # 鲜活易腐 / 特殊货物
    farm: bool = False  # 农产品
    mode: InspectionMode = InspectionMode.UNKNOWN
    country: str = ""
    second_application: bool = False
    entry_state: str = ""  # 录入状态, the source's own word
    vessel_name: str = ""
    vessel_departure_at: datetime | None = None
    applied_at: datetime | None = None
    appointed_for: datetime | None = None
    containers: tuple[str, ...] = ()
    source_rank: int | None = None
    agent: str = ""
    inspection_no: str = ""  # 检验检疫编号 / 报检号, 15 digits
    special: tuple[str, ...] = ()
    hold: str = ""
    held_since: datetime | None = None
    accepted_at: datetime | None = None
    released_at: datetime | None = None
    officer: str = ""
    order_reason: str = ""
    cut_off: datetime | None = None
    gathered_at: datetime | None = None
    needs: tuple[str, ...] = ()
    papers_irregular: bool = False
    test_result: str = ""
    truck: str = ""
    fee_cny: float | None = None
    fee_waived: bool = False


class InspectionStep(Record, frozen=True, kw_only=True):
    """A declaration reached one of its seven nodes at event_time. Key: (declaration_no, node)."""

    OWNER: ClassVar[str] = "customs"

    declaration_no: str
    node: Node


class LabSample(Record, frozen=True, kw_only=True):
    """A laboratory sample (取样送检). Key: (declaration_no, sample_no)."""

    OWNER: ClassVar[str] = "customs"

    declaration_no: str
    sample_no: int = 1
    sent_at: datetime
    completed_at: datetime | None = None


class MachineScan(Record, frozen=True, kw_only=True):
    """A machine scan (过机) and its image review (审图). Key: (declaration_no, container_no)."""

    OWNER: ClassVar[str] = "customs"

    declaration_no: str
    container_no: str
    scanned_at: datetime
    reviewed_at: datetime | None = None
    released_directly: bool = False  # 先期机检·直接放行


class CheckResult(Record, frozen=True, kw_only=True):
    """A co-inspection check that did not agree (异常状态预警). Key: (feed, check_id)."""

    OWNER: ClassVar[str] = "customs"

    check_id: str
    declaration_no: str = ""
    container_no: str = ""
    seal_no: str = ""
    result: str  # container_mismatch | seal_mismatch | seal_missing | other:<source word>


class InspectionPhoto(Record, frozen=True, kw_only=True):
    """A photograph of the co-inspection (协检): where it lies, never the picture itself. Key: (feed, photo_id)."""

    OWNER: ClassVar[str] = "customs"

    photo_id: str
    declaration_no: str
    container_no: str = ""
    part: str = ""  # seal | door | cargo | damage, or the source's own word
    place: str = ""  # where the source keeps it: a path, an address, a number of its archive


class DoorEvent(Record, frozen=True, kw_only=True):
    """A container door opened outside an inspection platform. Key: (container_no, event_time)."""

    OWNER: ClassVar[str] = "carrier"

    container_no: str
    vehicle_id: str = ""
    lon: float | None = None
    lat: float | None = None


class VehiclePosition(Record, frozen=True, kw_only=True):
    """Where a road vehicle is, WGS84. Key: (vehicle_id, event_time)."""

    OWNER: ClassVar[str] = "carrier"

    vehicle_id: str  # plate or device number
    lon: float
    lat: float
    speed_kmh: float | None = None
    heading_degrees: float | None = None
    status: str = ""  # driving | queueing | loading | idle | ""
    destination: str = ""
    container_no: str = ""
    declaration_no: str = ""
    off_route_metres: float | None = None


class VesselPosition(Record, frozen=True, kw_only=True):
    """Where a vessel is, WGS84 (ITU-R M.1371 fields). Key: (mmsi, event_time)."""

    OWNER: ClassVar[str] = "vessel"

    mmsi: int
    lon: float
    lat: float
    speed_knots: float | None = None
    course_degrees: float | None = None
    heading_degrees: float | None = None
    nav_status: int | None = None


class VesselStatic(Record, frozen=True, kw_only=True):
    """A vessel's own description (AIS types 5, 24). Key: mmsi. Empty fields are unknown."""

    OWNER: ClassVar[str] = "vessel"

    mmsi: int
    imo: int | None = None
    name: str = ""
    callsign: str = ""
    ship_type: int | None = None
    length_metres: float | None = None
    width_metres: float | None = None
    draught_metres: float | None = None
    destination: str = ""


class VesselCall(Record, frozen=True, kw_only=True):
    """A call of a vessel at a berth. Key: call_id. Estimated times until the actual ones are known."""

    OWNER: ClassVar[str] = "terminal"

    call_id: str
    vessel_name: str
    mmsi: int | None = None
    imo: int | None = None
    berth: str = ""
    voyage: str = ""
    eta: datetime | None = None
    ata: datetime | None = None
    etd: datetime | None = None
    atd: datetime | None = None
    cut_off: datetime | None = None
    discharge_boxes: int = 0
    load_boxes: int = 0


class GateMove(Record, frozen=True, kw_only=True):
    """One passage of a truck through a gate at event_time. Key: (feed, move_id)."""

    OWNER: ClassVar[str] = "terminal"

    move_id: str
    gate_id: str
    direction: str  # in | out
    vehicle_id: str = ""
    container_no: str = ""
    queued_at: datetime | None = None  # joined the queue before the gate
    visit_id: str = ""  # pairs the way in with the way out


class GateState(Record, frozen=True, kw_only=True):
    """How a gate stands at event_time. Key: gate_id."""

    OWNER: ClassVar[str] = "terminal"

    gate_id: str
    name: str
    trucks_waiting: int
    wait_minutes: float
    lanes_open: int = 0


class WeatherObservation(Record, frozen=True, kw_only=True):
    """The weather somewhere at event_time, as one source tells it. Key: (station, feed, event_time).

    A storm is a station that moves. None is "not told", never zero.
    """

    station: str  # ICAO or WMO identifier, the name of a mast, or the number of a storm
    lon: float | None = None
    lat: float | None = None
    wind_metres_per_second: float | None = None
    gust_metres_per_second: float | None = None
    wind_from_degrees: float | None = None
    wind_beaufort: int | None = None  # where only a force is told: the highest it may be
    visibility_metres: float | None = None
    temperature_celsius: float | None = None
    pressure_hpa: float | None = None
    precipitation_millimetres: float | None = None
    weather: str = ""  # as the source says it: -SN BR, 小雨


class Measurement(Record, frozen=True, kw_only=True):
    """Any figure of anything at event_time. Key: (measure, subject, feed, event_time).

    For what has no type of its own: ships at anchor, hours a box stays, the temperature in a reefer.
    """

    measure: str  # what is measured: vessels_at_anchor, dwell_import_truck
    subject: str  # of what: a gate's lane, a terminal, a container
    value: float
    unit: str = ""  # 1 (a count), min, h, d, t, degC ...


class Reject(msgspec.Struct, frozen=True, kw_only=True):
    """A row that cannot be used, with the reason and everything needed to try it again.

    Attributes:
        feed: the feed's name.
        ref: file and row, or message number.
        reason: code (catalogue ``reject.<code>``).
        detail: the offending field and value, safe to show.
        raw: the row as received.
        dataset: name of the record type it would have become; empty when nobody can say.
    """

    feed: str
    ref: str
    reason: str
    detail: str
    raw: str
    dataset: str = ""
