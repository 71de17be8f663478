"""Two hundred rule instances over ten thousand objects, of which a thousand tell something new each second."""

from __future__ import annotations

import random
import statistics
import time
from datetime import UTC, datetime, timedelta

from bench.rows import Row, bench, row
from domain.pictures import BlockRow, GateRow, GatesPicture, YardPicture
from domain.records import Origin, Record, VehiclePosition
from domain.rule_instances import Changes, changed, default
from domain.rules import rule_of
from domain.rules.base import Facts, RuleInstance
from pipeline.fact_book import FactBook
from pipeline.rule_watch import RuleWatch
from settings import Limits, numbers

OBJECTS, NEWS, SECONDS, WAKES = 10_000, 1_000, 10, 20
OFF = 0.001  # share of the vehicles off their route: each is found by half of the instances
KINDS = {"route_deviation": ("metres", 120), "gate_queue": ("minutes", 40), "yard_backlog": ("share", 40)}
TICK_MS, START_MS = 1_000.0, 5_000.0
AT = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
LIMITS = numbers(Limits())


@bench("rules")
def rules() -> list[Row]:
    """All a second asks of the rules: twenty wakes of the prompt ones, and one look of everything."""
    dice = random.Random(1)
    watch, book = RuleWatch(), FactBook()
    watch.run(_instances())
    pictures = {"yard": _yard(dice), "gates": _gates(dice)}
    book.add([_fix(number, AT, dice) for number in range(OBJECTS)], AT)
    began = time.perf_counter()
    watch.tick(*_facts(book, AT, pictures), book.take())
    watch.keep()
    first = time.perf_counter() - began
    spent, found = [], 0
    for second in range(1, SECONDS + 1):
        began = time.process_time()
        for part in range(WAKES):
            now = AT + timedelta(seconds=second, milliseconds=part * 1000 // WAKES)
            news: list[Record] = [_fix(dice.randrange(OBJECTS), now, dice) for _ in range(NEWS // WAKES)]
            book.add(news, now)
            watch.wake(_facts(book, now, pictures)[0], book.take())
            watch.keep()
        pictures = {"yard": _yard(dice), "gates": _gates(dice)} if second % 5 == 0 else pictures
        said = watch.tick(*_facts(book, AT + timedelta(seconds=second, milliseconds=999), pictures), book.take())
        watch.keep()
        spent.append(time.process_time() - began)
        found = sum(len(one.findings) for one in said)
    name = f"rules: {sum(number for _, number in KINDS.values())} instances over {OBJECTS} objects"
    return [
        row(f"{name}, a second with {NEWS} news ({found} found)", 1000 * statistics.median(spent), "ms", TICK_MS),
        row(f"{name}, the worst of {SECONDS}", 1000 * max(spent), "ms", TICK_MS),
        row(f"{name}, the first look at all", 1000 * first, "ms", START_MS),
    ]


def _instances() -> dict[str, RuleInstance]:
    found = {}
    for kind, (figure, number) in KINDS.items():
        rule = rule_of(kind)
        assert rule is not None
        for n in range(number):
            name = f"{kind}_{n}"
            plain = default(rule, LIMITS, name)
            line = getattr(plain.params, figure) * (1 + n / number / 2)
            found[name] = changed(plain, Changes(params={figure: line}), LIMITS)
    return found


def _fix(number: int, at: datetime, dice: random.Random) -> VehiclePosition:
    off = 250 if dice.random() < OFF else 50 * dice.random()
    return VehiclePosition(
        feed="vehicles", origin=Origin.SIMULATED, event_time=at, vehicle_id=f"V{number}", lon=120.2, lat=36.0,
        off_route_metres=off,
    )  # fmt: skip


def _yard(dice: random.Random) -> YardPicture:
    rows = [
        BlockRow(key=f"B{n}", name="", terminal="T", kind="standard", capacity_teu=1000, boxes=1, teu=1.0,
                 occupancy=dice.random() ** 0.5) for n in range(120)
    ]  # fmt: skip
    return YardPicture(rows=rows, occupancy=0.7, capacity_teu=120_000)


def _gates(dice: random.Random) -> GatesPicture:
    rows = [
        GateRow(key=f"G{n}", name="", trucks_waiting=5, wait_minutes=dice.random() * 40, limit_minutes=30, lanes_open=2)
        for n in range(12)
    ]  # fmt: skip
    return GatesPicture(rows=rows)


def _facts(book: FactBook, now: datetime, pictures: dict[str, object]) -> tuple[Facts, Facts]:
    facts = Facts(now=now, **book.facts, **pictures)  # type: ignore[arg-type]
    return facts, facts
