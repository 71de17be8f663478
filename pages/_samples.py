"""Pictures made for the styleguide: one of every state, by formula, of no real moment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from math import cos, pi, sin
from typing import Any

import msgspec

from components.track import Fix
from domain.accounts import Account, ApiKey, Passkey, Session, Stage
from domain.configured import Secret
from domain.disagreement import Elsewhere, Word
from domain.permissions import Role
from domain.pictures import (
    AlertRow,
    AlertsPicture,
    BlockRow,
    Expected,
    FeedRow,
    FeedState,
    ForecastRow,
    GateRow,
    GatesPicture,
    InspectionRow,
    KpiRow,
    Picture,
    QueuePicture,
    QueueRow,
    Reason,
    SourceOrder,
    Span,
    YardCourse,
    YardPicture,
)
from domain.quarantine import SetAside
from domain.records import Node
from domain.screen_pictures import ScreenRow, ScreensPicture

LIMIT = 0.85
FRESH_FOR = 1e9  # seconds: a sample that stays fresh while somebody looks
DAY = 86400.0
PLATFORMS = ("前湾港北港查验区1号平台", "前湾港南港查验区2号平台")


def aged(now: datetime, state: str) -> tuple[datetime | None, float]:
    """Time and expectation, seconds, of a picture that is fresh, late, lost or has never come."""
    if state == "never":
        return None, 60.0
    if state == "fresh":
        return now, FRESH_FOR
    return now - timedelta(days=2 if state == "late" else 9), 1.5 * DAY


def kpi(now: datetime, state: str = "normal", ages: str = "fresh", **more: Any) -> KpiRow:
    """A turn time in hours, within its target or beyond it, or unknown."""
    at, expected = aged(now, ages)
    value = {"normal": 13.1, "attention": 16.4}.get(state)
    return KpiRow(
        key="turnaround_farm", value=value, unit="hours", decimals=1, target=15.1, reference=13.7, state=state,
        reference_kind="baseline_2022", as_of=at, expected_seconds=expected,
        spark=[13 + 1.5 * sin(hour / 3) for hour in range(24)] if value else [], **more,
    )  # fmt: skip


def gates(now: datetime, ages: str = "fresh", feeds: Sequence[str] = ()) -> GatesPicture:
    """No queue, a queue within the limit, one beyond it."""
    at, expected = aged(now, ages)
    waits = (("gn1", 0.0, 0), ("gn2", 14.0, 9), ("gs1", 41.0, 27))
    rows = [
        GateRow(key=key, name=key, trucks_waiting=trucks, wait_minutes=wait, limit_minutes=30, lanes_open=6)
        for key, wait, trucks in waits
    ]
    return GatesPicture(as_of=at, expected_seconds=expected, feeds=list(feeds), rows=rows)


def yard(now: datetime) -> YardPicture:
    """Two terminals, one block beyond the limit."""
    shares = (0.12, 0.38, 0.55, 0.61, 0.7, 0.74, 0.79, 0.93)
    rows = [
        BlockRow(
            key=f"b{place}", name=f"B{place}", terminal="qw2" if place % 2 else "qw3", kind="standard",
            capacity_teu=900, boxes=int(600 * share), teu=900 * share, occupancy=share,
        )
        for place, share in enumerate(shares)
    ]  # fmt: skip
    teu = sum(row.teu for row in rows)
    return YardPicture(
        as_of=now, expected_seconds=FRESH_FOR, rows=rows, boxes=int(teu / 1.5), teu=teu, capacity_teu=7200,
        occupancy=teu / 7200, occupancy_day_ago=teu / 7200 - 0.021,
    )  # fmt: skip


def queue(now: datetime) -> QueuePicture:
    """Exports before imports; one declaration beyond the allowed wait, one its source has elsewhere."""
    rows = [
        _waiting(now, 1, PLATFORMS[0], 42),
        _waiting(now, 2, PLATFORMS[0], 260),
        _waiting(now, 1, PLATFORMS[1], 131),
    ]
    rows[0].expected = _expected(now)
    rows[1].source_rank, rows[1].source_differs, rows[2].expected_unknown = 13, "direction", "few_days"
    source = SourceOrder(
        platform=PLATFORMS[0], rows=20, decided=123, undecided=67, inverted={"direction": 7}, tau=0.886
    )
    platforms = list(PLATFORMS)
    return QueuePicture(as_of=now, expected_seconds=FRESH_FOR, rows=rows, platforms=platforms, sources=[source])


def _expected(now: datetime) -> Expected:
    """Within the day, more and more uncertain."""

    def span(low: int, middle: int, high: int) -> Span:
        return Span(*(now + timedelta(minutes=minutes) for minutes in (middle, low, high)))

    return Expected(confirmed=span(20, 20, 40), start=span(55, 75, 110), finish=span(90, 130, 190), days=41)


def _waiting(now: datetime, rank: int, platform: str, waited: float) -> QueueRow:
    return QueueRow(
        key=f"4258202600001{rank:02d}{waited:03.0f}", rank=rank, platform=platform,
        area="north" if platform == PLATFORMS[0] else "south", bill_of_lading=f"QDGS{waited:04.0f}",
        direction="export" if rank == 1 else "import", enterprise_class="advanced" if rank == 1 else "general",
        fresh=rank == 2, mode="machine", country="", entry_state="", vessel_departure_at=now + timedelta(hours=9),
        appointed_at=now - timedelta(minutes=waited), waited_minutes=waited, limit_minutes=240,
        reason=[Reason(code="rank", params={"rank": rank}), Reason(code="priority_aeo")],
        moves=[Reason(code="ahead_confirmed", params={"count": rank})],
    )  # fmt: skip


def alerts(now: datetime, *levels: int, feed: str = "") -> AlertsPicture:
    """One of each level asked for, all by one feed; the second has been acknowledged."""
    rows = [_alert(now, level, "acknowledged" if level == 2 else "new", feed) for level in levels]
    counts = {str(level): levels.count(level) for level in (1, 2, 3, 4)}
    unseen = sum(row.state == "new" for row in rows)
    return AlertsPicture(as_of=now, expected_seconds=FRESH_FOR, rows=rows, counts=counts, unacknowledged=unseen)


def _alert(now: datetime, level: int, state: str, feed: str) -> AlertRow:
    opened = now - timedelta(minutes=12 * level)
    return AlertRow(
        key=f"sample:{level}", rule="gate_queue", level=level, subject_kind="gate", subject="gs1", state=state,
        condition="firing", opened_at=opened, last_at=opened, count=level, origin="simulated", version=1, feed=feed,
        params={"name": "gs1", "minutes": 41, "limit_minutes": 30, "trucks": 27, "lanes_open": 6},
    )  # fmt: skip


def forecast(now: datetime) -> ForecastRow:
    """A yard that may cross its line: a day's wave around seven tenths."""
    begin = now.replace(minute=0, second=0, microsecond=0)
    past = [begin - timedelta(hours=hour) for hour in range(96, 0, -1)]
    times = [begin + timedelta(hours=hour) for hour in range(72)]

    def wave(at: datetime) -> float:
        return 0.71 + 0.06 * sin(at.timestamp() / DAY * 2 * pi)

    widths = [0.01 + 0.0016 * hour for hour in range(72)]
    mean = [wave(at) for at in times]
    pairs = list(zip(mean, widths, strict=True))
    return ForecastRow(
        key="yard_occupancy", unit="share", past_times=past, past_values=[wave(at) for at in past], times=times,
        mean=mean, lower_80=[m - w for m, w in pairs], upper_80=[m + w for m, w in pairs],
        lower_95=[m - 1.6 * w for m, w in pairs], upper_95=[m + 1.6 * w for m, w in pairs], model="MSTL", made_at=now,
        mase=0.71, coverage_80=0.81, limit=LIMIT, crossing_probability=0.18, backtest_days=14,
    )  # fmt: skip


def course(now: datetime) -> YardCourse:
    """Three days of a yard large enough for short figures."""
    times = [now - timedelta(hours=hour) for hour in range(72, 0, -1)]
    boxes = [int(31000 + 4000 * sin(at.timestamp() / DAY * 2 * pi)) for at in times]
    return YardCourse(hours=times, boxes=boxes, teu=[1.5 * count for count in boxes])


def feed(now: datetime, state: FeedState, **more: Any) -> FeedRow:
    """Health of a feed."""
    fields: dict[str, Any] = {
        "key": f"sample-{state}", "title": str(state), "adapter": "csv_drop", "origin": "simulated", "state": state,
        "every_seconds": 5, "expected_seconds": FRESH_FOR, "last_ok_at": now, "last_event_at": now,
        "accepted": 1_234_567,
    }  # fmt: skip
    return FeedRow(**{**fields, **more})


HOURS: list[int | None] = [None, None, *(400 + 37 * (place % 7) for place in range(19)), 0, 0, 12]


def set_aside(now: datetime) -> SetAside:
    """A row in quarantine."""
    raw = '{"id":"17","lat":"36.02","lon":"120.2x"}'
    return SetAside(
        id=17, feed="ais", ref="ais.csv:17", reason="not_a_number", detail="lon='120.2x'", raw=raw, length=len(raw),
        received_at=now, times=2,
    )  # fmt: skip


def troubles(now: datetime, titles: Mapping[str, str]) -> Picture:
    """What is behind a tile that is late, one that is lost, and one whose feed is well but silent."""
    words: dict[str, Any] = {"titles": dict(titles)}
    late, lost = (now - timedelta(days=days) for days in (2, 9))
    rows = [
        feed(now, FeedState.LATE, **words, last_ok_at=late, expected_seconds=1.5 * DAY, message_code="silent"),
        feed(now, FeedState.DOWN, **words, last_ok_at=lost, expected_seconds=1.5 * DAY, message_code="missing_folder",
             message="drop/gates"),
        feed(now, FeedState.OK, **words),
    ]  # fmt: skip
    for row, key in zip(rows, ("late", "lost", "quiet"), strict=True):
        row.key = key
    return Picture(as_of=now, expected_seconds=FRESH_FOR, rows=rows)


def screens(now: datetime) -> ScreensPicture:
    """A screen that is well, one of a wall of two with something to say of it, one that is silent."""
    well = {"fps": 60, "width": 1920, "height": 1080, "ratio": 2, "version": "4c5373d0", "clock_error_seconds": 0.1,
            "shows": "overview", "uptime_seconds": 91_000, "connection": "live"}  # fmt: skip
    ill = {**well, "fps": 4, "errors": 3, "clock_error_seconds": 41.0, "connection": "lost", "crowded": True}
    rows = [
        ScreenRow(key="duty-1", name="", seen_at=now + timedelta(days=1), health=well),
        ScreenRow(key="duty-2", wall="duty", part="2of2", palette="night", brightness=0.6, least_pixels=29.0,
                  seen_at=now + timedelta(days=1), health=ill),
        ScreenRow(key="meeting", role="meeting", scene="rotation", seen_at=now - timedelta(hours=3)),
    ]  # fmt: skip
    return ScreensPicture(as_of=now, expected_seconds=FRESH_FOR, rows=rows)


WANTED = {"customs.password": ("customs",), "weighbridge.token": ("weighbridge", "gates")}


def secrets(now: datetime) -> list[Secret]:
    """One that a feed uses, one that none does; a third is missing."""
    sealed: dict[str, Any] = {"key": "0badcafe", "updated_at": now - timedelta(days=12), "updated_by": "li"}
    return [
        Secret(name="customs.password", algorithm="sm4-gcm", **sealed),
        Secret(name="old.password", algorithm="aes-256-gcm", **sealed),
    ]


def backup(now: datetime) -> dict[str, Any]:
    """What a backup made just now says of itself."""
    return {"at": now.isoformat(), "file": "/backups/port.backup", "bytes": 252_000_000, "rows": 1_223_818}


def track(now: datetime, centre: tuple[float, float]) -> list[Fix]:
    """Half an hour around a circle."""
    lat, lon = centre
    return [
        (now - timedelta(minutes=30 - place), lon + 0.01 * cos(place / 5), lat + 0.006 * sin(place / 5),
         22 + 14 * sin(place / 3))
        for place in range(30)
    ]  # fmt: skip


def inspection(now: datetime) -> InspectionRow:
    """A declaration that has passed three of the seven nodes."""
    nodes = {str(node): now - timedelta(minutes=90 - 40 * place) for place, node in enumerate(list(Node)[:3])}
    return InspectionRow(
        key="425820260000100042", bill_of_lading="QDGS0042", platform=PLATFORMS[0], area="north", direction="export",
        mode="machine", enterprise_class="advanced", fresh=False, farm=True, stage=str(Node.TRANSFERRED), nodes=nodes,
        containers=["CSQU3054383"], origin="simulated",
    )  # fmt: skip


PASSKEYS = (Passkey(credential="kR3mPq7w", public_key="", counter=0, host="cockpit.example"),)
ALIAS = "鲁B**45·K7QD2M"
LINK = "https://cockpit.example/welcome/shown-once"


def accounts(now: datetime) -> list[Account]:
    """One of each state: in use, locked, off, invited."""
    day, there = timedelta(days=1), {"password": "*"}
    return [
        Account(account_id="a1", name="watch-1", title="1", roles=(Role.WATCH_OFFICER,), totp="*", **there,
                made_at=now - 90 * day),
        Account(account_id="a2", name="supervisor-1", roles=(Role.SUPERVISOR,), totp="*", **there,
                locked_until=now + day / 96, made_at=now - 90 * day),
        Account(account_id="a3", name="leader-1", roles=(Role.LEADER,), **there, active=False, made_at=now - day),
        Account(account_id="a4", name="agent-1", roles=(Role.ENTERPRISE,), scope=("370231",), made_at=now - day),
    ]  # fmt: skip


def keys(now: datetime) -> list[tuple[ApiKey, datetime | None]]:
    """One that stands, one revoked, one that is over."""
    day = timedelta(days=1)
    made = {"roles": (Role.LEADER,), "made_by": "security-1", "made_at": now - 90 * day}
    return [
        (
            ApiKey(
                key_id="k1",
                name="reports",
                ends_at=now + 30 * day,
                datasets=("gate_move", "yard_block"),
                uses=1_204,
                **made,
            ),
            now,
        ),
        (ApiKey(key_id="k2", name="old-reports", revoked_at=now - day, **made), now - 2 * day),
        (ApiKey(key_id="k3", name="trial", ends_at=now - day, **made), None),
    ]


def sessions(now: datetime) -> list[tuple[Session, str]]:
    """This one, another, and a wall's screen."""
    day = timedelta(days=1)

    def one(n: int, stage: Stage, who: str) -> tuple[Session, str]:
        agent = "Mozilla/5.0 (X11; Linux x86_64) Chrome/140.0 Safari/537.36"
        session = Session(session_id=f"session-{n}", account_id=who, stage=stage, made_at=now - day / 8,
                          seen_at=now - n * day / 480, ends_at=now + day / 4, address=f"10.1.0.{n}",
                          agent=agent)  # fmt: skip
        return session, who

    return [one(1, Stage.FULL, "watch-1"), one(2, Stage.FULL, "watch-1"), one(3, Stage.KIOSK, "screen:duty-1")]


def elsewhere(now: datetime) -> list[Elsewhere]:
    """Two feeds that place a vehicle elsewhere: one near, one where it cannot be."""
    near = Elsewhere(
        feed="sample", seen_at=now, lon=120.2, lat=36.0, metres=90, shown_feed="window", shown_at=now, disagree=False
    )
    return [near, msgspec.structs.replace(near, metres=18_400, disagree=True)]


def contradicted_yard(now: datetime) -> YardPicture:
    """A yard with a box that another feed places elsewhere."""
    fields = {"block_id": ("A12", "B03"), "arrived_at": (now.isoformat(), (now - timedelta(hours=3)).isoformat())}
    other = Word(feed="sample", said_at=now - timedelta(hours=2), fields=fields, shown_feed="window",
                 shown_at=now - timedelta(hours=3), dataset="container_stay", part="MIOU2453144")  # fmt: skip
    return msgspec.structs.replace(yard(now), disagreed=1, others=[other])
