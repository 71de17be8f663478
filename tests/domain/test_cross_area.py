"""Cross-area inspection: the four refusals of seed 000 (III) case by case, and the slot offered when none applies."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from domain.cross_area import WAITING, Goods, Offer, Place, check, offer
from domain.records import Node
from domain.sailing_check import Baseline
from tests.domain.test_sailing_check import HOURS, ROTA, STEPS, WORDS, ZONE, at, finished

NOW = datetime(2026, 9, 14, 2, 0, tzinfo=UTC)
WAITS = Goods(stage="confirmed", state="will_miss", appointed=True)
HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("what", "outcome", "rule", "says"),
    [
        ({}, "possible", "makes_it", "clear"),
        ({"state": "at_risk"}, "possible", "makes_it", "clear"),  # it cannot be said to make it
        ({"state": "safe"}, "refused", "makes_it", "refuse"),  # 1. waiting where it is makes the ship
        ({"state": "unknown"}, "unknown", "makes_it", "unknown"),
        ({"needs": ["sampling"]}, "refused", "needs", "refuse"),  # 2. no release the same day
        ({"needs": ["classification"]}, "refused", "needs", "refuse"),
        ({"needs": ["化验"]}, "refused", "needs", "refuse"),  # a source's own word asks for something, too
        # 3. in the port for more than 24 hours and not appointed
        ({"stage": "", "appointed": False, "gathered_at": NOW - 25 * HOUR}, "refused", "gathered", "refuse"),
        ({"stage": "", "appointed": False, "gathered_at": NOW - 24 * HOUR}, "possible", "gathered", "clear"),
        ({"stage": "", "appointed": False}, "unknown", "gathered", "unknown"),
        ({"stage": "", "appointed": False, "gathered_at": NOW + HOUR}, "unknown", "gathered", "unknown"),
        ({"gathered_at": NOW - 90 * HOUR}, "possible", "gathered", "clear"),  # it is appointed
        ({"papers_irregular": True}, "refused", "papers", "refuse"),  # 4. irregular papers
    ],
)
def test_each_rule_refuses_on_its_case_and_says_what_it_does_not_know(
    what: dict[str, Any], outcome: str, rule: str, says: str
) -> None:
    found = check(replace(WAITS, **what), NOW)
    assert found.outcome == outcome
    assert [one.rule for one in found.verdicts] == ["makes_it", "needs", "gathered", "papers"]
    assert {one.rule: one.says for one in found.verdicts}[rule] == says


@pytest.mark.parametrize(
    ("what", "outcome"),
    [({"stage": "assigned"}, "inspected"), ({"stage": "departed"}, "inspected"), ({"state": "missed"}, "too_late"),
     ({"moved": True}, "moved")],
)  # fmt: skip
def test_nothing_is_checked_where_there_is_nothing_to_move(what: dict[str, Any], outcome: str) -> None:
    assert check(replace(WAITS, **what), NOW).verdicts == []
    assert check(replace(WAITS, **what), NOW).outcome == outcome


GOODS = st.builds(
    Goods, stage=st.sampled_from(("", *(node.value for node in Node))), appointed=st.booleans(), moved=st.booleans(),
    state=st.sampled_from(("safe", "at_risk", "will_miss", "unknown", "missed")), papers_irregular=st.booleans(),
    needs=st.lists(st.sampled_from(("sampling", "classification")), max_size=2),
    gathered_at=st.none() | st.datetimes(datetime(2026, 9, 1), datetime(2026, 9, 20), timezones=st.just(UTC)),
)  # fmt: skip


@given(GOODS)
def test_it_is_possible_only_when_every_rule_is_known_to_be_clear(goods: Goods) -> None:
    found = check(goods, NOW)
    said = {one.says for one in found.verdicts}
    assert (found.outcome == "possible") == (said == {"clear"})
    assert (found.outcome == "refused") == ("refuse" in said)
    if goods.stage in WAITING and not goods.moved and goods.state != "missed":
        worse = check(replace(goods, papers_irregular=True), NOW)
        assert worse.outcome == "refused"


def offered(places: list[Place], now: str, deadline_hours: float, area: str = "south") -> Offer | None:
    moment = datetime.fromtimestamp(at(now), UTC)
    # Others were inspected in the north within the last two weeks; this one waits in the south.
    begun = finished(STEPS, 200)
    baseline = Baseline(begun, {**HOURS, "south": HOURS["north"]})
    words = {**WORDS, "area": area}
    return offer(baseline, HOURS, ROTA, places, words, moment + timedelta(hours=deadline_hours), moment)


def test_the_other_area_is_offered_when_it_is_open_and_has_a_bay() -> None:
    found = offered([Place("north", "N1", busy=3), Place("south", "S1")], "2026-09-08 10:00", 12)
    assert found is not None
    assert (found.area, found.platform, found.free_bays, found.bays) == ("north", "N1", 1, 4)
    assert (found.transfer_minutes, found.transfers) == (30.0, 200)
    assert found.slot_at is not None
    assert f"{found.slot_at.astimezone(ZONE):%H:%M}" == "10:30"
    assert found.state == "safe"


def test_of_two_platforms_the_one_with_the_better_odds_is_offered_and_queues_are_counted() -> None:
    full = Place("north", "N1", busy=4, waiting=8)  # nine must end before one of four bays is free: 2.25 h
    found = offered([full], "2026-09-08 10:00", 12)
    assert found is not None
    assert found.slot_at is not None
    assert f"{found.slot_at.astimezone(ZONE):%H:%M}" == "12:15"
    other = offered([full, Place("north", "N2")], "2026-09-08 10:00", 12)
    assert other is not None
    assert other.platform == "N2"


def test_a_slot_after_the_deadline_does_not_help_and_is_said_so() -> None:
    found = offered([Place("north", "N1")], "2026-09-08 21:00", 6)  # opens again at 08:00
    assert found is not None
    assert found.slot_at is not None
    assert f"{found.slot_at.astimezone(ZONE):%H:%M}" == "08:00"
    assert found.state == "will_miss"


def test_without_recent_transfers_nobody_can_say_when_it_would_be_there() -> None:
    found = offered([Place("north", "N1")], "2026-10-20 10:00", 12)  # weeks after the last
    assert found is not None
    assert (found.transfer_minutes, found.slot_at, found.state) == (None, None, "unknown")
    assert offered([Place("south", "S1"), Place("elsewhere", "E1")], "2026-09-08 10:00", 12) is None
