"""What an enterprise gets of the port's pictures: its own rows, and nothing that was counted over others'."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.alert import standing
from domain.parts import CUT, READ, part_of, places
from domain.pictures import (
    TOPICS,
    AlertRow,
    FeedRow,
    FeedState,
    ForecastsPicture,
    NoticesPicture,
    Picture,
    Positions,
    QueuePicture,
    QueueRow,
)
from domain.screen_pictures import ScreenRow, ScreensPicture

AT = datetime(2026, 11, 22, 4, tzinfo=UTC)
OWNERS = st.sampled_from(["", "A", "B", "C"])
things = st.dictionaries(st.text("abcdef", min_size=1, max_size=4), OWNERS, max_size=30)
scopes = st.frozensets(st.sampled_from(["", "A", "B", "D"]))


def moving(kind: str, owned: dict[str, str]) -> Positions:
    n = len(owned)
    line = np.arange(n, dtype=np.float64)
    return Positions(
        kind=kind, as_of=AT, expected_seconds=3, origins=["live"], feeds=["f"], ids=list(owned), labels=list(owned),
        lon=line, lat=line, speed=line, heading=line, status=np.zeros(n, np.int16), seen=line, recorded=line,
        owners={key: owner for key, owner in owned.items() if owner},
    )  # fmt: skip


def queue(owned: dict[str, str]) -> QueuePicture:
    rows = [
        QueueRow(key=key, rank=n, platform=f"P{owner}", area="", bill_of_lading="", direction="", enterprise_class="",
                 fresh=False, mode="", country="", entry_state="")
        for n, (key, owner) in enumerate(owned.items())
    ]  # fmt: skip
    return QueuePicture(rows=rows, platforms=["PA", "PB"], owners={key: owner for key, owner in owned.items() if owner})


def test_every_topic_has_a_rule_and_one_only() -> None:
    assert CUT | READ | {"clock"} == set(TOPICS)
    assert not CUT & READ


@given(things, scopes)
def test_an_enterprise_gets_its_own_rows_in_their_order(owned: dict[str, str], scope: frozenset[str]) -> None:
    mine = [key for key, owner in owned.items() if owner and owner in scope]
    vehicles = part_of("vehicles", moving("vehicles", owned), scope)
    assert vehicles.ids == vehicles.labels == mine
    assert vehicles.lon.tolist() == vehicles.recorded.tolist() == [list(owned).index(key) for key in mine]
    part = part_of("queue", queue(owned), scope)
    assert [row.key for row in part.rows] == mine
    assert part.platforms == sorted({f"P{owned[key]}" for key in mine})
    assert not vehicles.owners
    assert not part.owners


@given(things, scopes)
def test_vessels_are_everybodys_unless_a_feed_says_whose_they_are(owned: dict[str, str], scope: frozenset[str]) -> None:
    seen = part_of("vessels", moving("vessels", owned), scope).ids
    assert seen == [key for key, owner in owned.items() if not owner or owner in scope]


@given(things, scopes)
def test_the_places_found_once_serve_everybody(owned: dict[str, str], scope: frozenset[str]) -> None:
    picture = queue(owned)
    assert part_of("queue", picture, scope, places(picture)) == part_of("queue", picture, scope)


def test_alerts_are_counted_anew() -> None:
    rows = [
        AlertRow(key=key, rule="r", level=level, subject_kind="declaration", subject=key, state="new",
                 condition="firing", opened_at=AT, last_at=AT, count=1, origin="live", feed="f")
        for level, key in enumerate("abc", 1)
    ]  # fmt: skip
    whole = msgspec.structs.replace(standing(rows), as_of=AT, owners={"b": "A", "c": "B"})
    part = part_of("alerts", whole, {"A"})
    assert ([row.key for row in part.rows], part.counts, part.unacknowledged, part.as_of) == (
        ["b"], {"1": 0, "2": 1, "3": 0, "4": 0}, 1, AT,
    )  # fmt: skip


def test_lamps_say_how_fresh_the_data_are_and_not_how_many_came() -> None:
    row = FeedRow(
        key="f", title="f", adapter="csv_drop", origin="live", state=FeedState.DEGRADED, every_seconds=1,
        expected_seconds=3, last_ok_at=AT, accepted=5, duplicate=1, quarantined=2, flagged=3, late=4,
        reasons={"bad": 2}, flags={"odd": 3}, counts={"lines": 9}, message="queue.csv:12 4258", message_code="bad",
    )  # fmt: skip
    (lamp,) = part_of("feeds", Picture(rows=[row]), {"A"}).rows
    plain = FeedRow(
        key="f", title="f", adapter="csv_drop", origin="live", state=FeedState.DEGRADED, every_seconds=1,
        expected_seconds=3, last_ok_at=AT, message_code="bad",
    )  # fmt: skip
    assert lamp == plain


@pytest.mark.parametrize(
    ("topic", "picture"),
    [("forecasts", ForecastsPicture(feeds=["f"], rows=[1])), ("screens", ScreensPicture(rows=[ScreenRow(key="s")]))],
)
def test_what_is_the_ports_alone_is_empty(topic: str, picture: Any) -> None:
    assert part_of(topic, picture, {"A"}) == type(picture)()


def test_what_the_cockpit_says_of_itself_is_for_all() -> None:
    assert part_of("notices", NoticesPicture(rows=[1]), {"A"}).rows == [1]


@pytest.mark.parametrize("topic", sorted(READ))
def test_figures_counted_over_many_rows_are_never_cut(topic: str) -> None:
    with pytest.raises(KeyError):
        part_of(topic, Picture(), {"A"})
