"""The past of rules played fast says what a rule evaluated every second would have said."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from domain.backtest import Asked, BackTest
from domain.records import DoorEvent, GateState, Measurement, Record, StayKind
from domain.rule_instances import Changes, RuleChangesError
from domain.rules import all_rules
from pipeline import rule_past
from pipeline.backtest import play
from pipeline.rule_past import unplayable
from settings import Settings
from store.engine import Store
from tests.store.rule_brute import agree, brute, seconds
from tests.store.samples import NOW, ago, block, common, stay


def people(minute: float, value: float, subject: str = "hall") -> Measurement:
    return Measurement(measure="passengers_waiting", subject=subject, value=value, **common(ago(minutes=120 - minute)))


def gate(minute: float, wait: float) -> GateState:
    at = ago(minutes=120 - minute)
    return GateState(gate_id="G1", name="G1", trucks_waiting=3, wait_minutes=wait, **common(at))


def box(number: str, minute: float, left: float | None = None) -> Record:
    """Dangerous, not declared; a day late (the warning) ``minute`` minutes into the span."""
    came = ago(minutes=120 - minute) - timedelta(days=10)
    gone = None if left is None else ago(minutes=120 - left)
    return stay(number, came, gone, container_no=number, kind=StayKind.DANGEROUS)


PASTS: dict[str, list[Record]] = {
    "passenger_flow": [people(m, v) for m, v in ((0, 100), (5, 400), (10, 360), (15, 330), (20, 300), (30, 600),
                                                 (31, 200), (50, 360), (50.5, 100), (80, 400))]
    + [people(4 + n / 60, 10 + n, "north") for n in range(300)],  # something new every second hides no delay
    "gate_queue": [gate(m, w) for m, w in ((0, 10), (10, 35), (16, 26), (22, 20), (28, 40), (34, 20), (40, 70))],
    "door_opened": [DoorEvent(container_no=f"C{n % 2}", **common(ago(minutes=100 - 7 * n))) for n in range(6)],
    "dangerous_undeclared": [box("B1", 20), box("B2", 40, 60), box("B3", -30), box("B4", 300)],
}  # fmt: skip


def settings() -> Settings:
    return Settings(home=Path("/nowhere"), source=Path("cockpit.toml"), feeds=())


def played(store: Store, name: str, changes: Changes | None = None, days: int = 1, **more: Any) -> BackTest:
    return play(settings(), store, Asked(name=name, changes=changes, days=days, until=NOW), **more)


def told(test: BackTest, which: str = "published") -> list[tuple[str, int, float, float | None]]:
    course = getattr(test, which)
    return sorted(
        (one.subject, one.level, seconds(one.since), None if one.until is None else seconds(one.until))
        for one in course.episodes if one.since >= ago(hours=2)
    )  # fmt: skip


@pytest.mark.parametrize("name", sorted(PASTS))
def test_it_says_what_every_second_would_have_said(store: Store, name: str) -> None:
    store.ingest("test", PASTS[name], received_at=NOW)
    got = [one for one in told(played(store, name)) if one[2] > 0]
    wanted = [one for one in brute(name, PASTS[name]) if one[2] > 0]
    agree(got, wanted)


def test_a_full_yard_is_counted_by_day_beside_the_published_version(store: Store) -> None:
    boxes = [stay(f"S{n}", ago(hours=60), ago(hours=20) if n < 5 else None) for n in range(10)]
    store.ingest("test", [block("A1", capacity=10), *boxes], received_at=NOW)
    test = played(store, "yard_backlog", Changes(params={"share": 0.4}), days=3)
    assert test.state == "ok"
    assert test.draft
    assert test.published
    assert test.published.version == 0
    assert {one.subject for one in test.published.episodes} == {"A1", "port"}
    assert all(one.until is not None for one in test.published.episodes)
    assert all(one.until is None for one in test.draft.episodes)
    assert sum(test.draft.days) == test.draft.total == 2
    assert len(test.dates) == len(test.draft.days)
    assert test.draft.firing_seconds > test.published.firing_seconds
    assert played(store, "yard_backlog", Changes(params={"share": 0.4}), days=3).draft == test.draft


@examples(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    values=st.lists(st.integers(0, 900), min_size=3, max_size=30),
    limits=st.lists(st.integers(50, 800), min_size=2, max_size=4, unique=True),
)
def test_a_higher_limit_never_gives_more_firing_time(
    throw_away: Callable[[], Store], values: list[int], limits: list[int]
) -> None:
    store = throw_away()
    store.ingest("test", [people(3 * n, value) for n, value in enumerate(values)], received_at=NOW)
    lasted = []
    for limit in sorted(limits):
        changes = Changes(params={"people": limit}, dead_band=0.0)
        test = played(store, "passenger_flow", changes)
        assert test.draft is not None
        assert test.draft.firing_seconds is not None
        lasted.append(test.draft.firing_seconds)
    assert all(low >= high - 120 for low, high in pairwise(lasted))  # two beats


def test_what_cannot_be_played_says_why(sqlite_store: Store) -> None:
    for rule in all_rules():
        test = played(sqlite_store, rule.name)
        assert (test.state, test.detail) == (("unplayable", unplayable(rule)) if unplayable(rule) else ("ok", ""))
    assert {rule.name for rule in all_rules() if unplayable(rule)} == {
        "queue_jump", "rule_unjudged", "sailing_at_risk", "integrity_index", "integrity_pair", "left_waiting",
        "stay_too_long",
    }  # fmt: skip


def test_a_rule_that_throws_a_cancel_and_a_wrong_figure(sqlite_store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    sqlite_store.ingest("test", PASTS["gate_queue"], received_at=NOW)
    assert played(sqlite_store, "gate_queue", stopped=lambda: "cancelled").state == "cancelled"
    with pytest.raises(RuleChangesError, match=r"params\.minutes"):
        played(sqlite_store, "gate_queue", Changes(params={"minutes": -3}))

    monkeypatch.setattr(rule_past, "GatesPicture", lambda rows: _Broken())
    test = played(sqlite_store, "gate_queue")
    assert test.state == "error"
    assert "no such lane" in test.detail


class _Broken:
    @property
    def rows(self) -> Any:
        raise RuntimeError("no such lane")
