"""Two feeds on one declaration: both are kept, the one that goes before is shown, the contradiction can be seen."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from domain.records import InspectionTask, Node
from store.engine import Store
from tests.store.samples import ENTERPRISE, NOW, PORT, ago, step, task

RANKS = {"window": 0, "drop": 1, "third": 2}


@pytest.fixture
def contested(store: Store) -> Store:
    store.prefer(RANKS)
    return store


def said(feed: str, hours: float = 3, **more: Any) -> InspectionTask:
    return msgspec.structs.replace(task("D1", ago(hours=hours)), feed=feed, **more)


def flags(store: Store) -> list[str]:
    (row,) = store.reads.queue(PORT).rows
    return row.flags


def platform(store: Store) -> str:
    row = store.reads.inspection(PORT, "D1")
    assert row is not None
    return row.platform


def test_the_lower_word_is_kept_beside_the_shown_one_however_new(contested: Store) -> None:
    contested.ingest("window", [said("window", 3, platform="P1")])
    result = contested.ingest("drop", [said("drop", 1, platform="P2", country="CL")])
    assert (result.accepted, result.late, result.fresh, result.flags["feeds_disagree"]) == (1, 0, [], 1)
    assert platform(contested) == "P1"
    assert "feeds_disagree" in flags(contested)
    row = contested.reads.inspection(PORT, "D1")
    assert row is not None
    assert [(word.feed, word.said_at, word.fields) for word in row.others] == [
        ("drop", ago(hours=1), {"platform": ("P1", "P2")})
    ]
    assert "feeds_disagree" in row.flags
    (listed,) = contested.reads.inspections(PORT).rows
    assert "feeds_disagree" in listed.flags


@pytest.mark.parametrize("hours", [1, 5], ids=["newer", "older"])
def test_a_feed_that_goes_before_takes_the_place_of_the_other(contested: Store, hours: int) -> None:
    contested.ingest("drop", [said("drop", 3, platform="P2")], received_at=ago(hours=2))
    first = contested.ingest("window", [said("window", hours, platform="P1")], received_at=ago(minutes=30))
    assert (first.accepted, first.late, len(first.fresh)) == (1, 0, 1)
    assert platform(contested) == "P1"
    row = contested.reads.inspection(PORT, "D1")
    assert row is not None
    assert [word.feed for word in row.others] == ["drop"]
    then = contested.reads.inspection(PORT, "D1", ago(hours=1), "then")  # what the picture showed an hour ago
    assert then is not None
    assert then.platform == "P2"
    for _ in range(2):
        again = contested.ingest("window", [said("window", hours, platform="P1")])
        assert (again.accepted, again.duplicate) == (0, 1)
    assert platform(contested) == "P1"


def test_the_same_again_is_a_duplicate_and_a_new_version_is_kept(contested: Store) -> None:
    contested.ingest("window", [said("window", platform="P1")])
    other = said("drop", 2, platform="P2")
    assert contested.ingest("drop", [other, other]).duplicate == 1
    again = contested.ingest("drop", [msgspec.structs.replace(other, ref="elsewhere")])
    assert (again.accepted, again.duplicate) == (0, 1)
    newer = said("drop", 1, platform="P3")
    assert contested.ingest("drop", [newer]).accepted == 1
    assert contested.reads.counts(PORT)["other_word"] == 2
    row = contested.reads.inspection(PORT, "D1")
    assert row is not None
    assert [word.fields for word in row.others] == [{"platform": ("P1", "P3")}]
    past = contested.reads.inspection(PORT, "D1", ago(minutes=90))
    assert past is not None
    assert [word.fields for word in past.others] == [{"platform": ("P1", "P2")}]


def test_a_contradiction_ends_when_the_feeds_agree_whoever_gives_in(contested: Store) -> None:
    contested.ingest("window", [said("window", 3, platform="P1")])
    contested.ingest("drop", [said("drop", 2, platform="P2")])
    contested.ingest("window", [said("window", 1, platform="P2")])
    assert "feeds_disagree" not in flags(contested)
    contested.ingest("drop", [said("drop", 0.5, platform="P4")])
    assert "feeds_disagree" in flags(contested)
    contested.ingest("drop", [said("drop", 0.4, platform="P2")])
    assert "feeds_disagree" not in flags(contested)
    row = contested.reads.inspection(PORT, "D1")
    assert row is not None
    assert row.others == []


def test_whatever_order_three_feeds_speak_in_the_first_is_shown_and_the_others_are_kept(
    new_store: Callable[[], Store],
) -> None:
    words = [said("window", 2, platform="P1"), said("drop", 3, platform="P2"), said("third", 1, platform="P3")]
    for order in itertools.permutations(words):
        store = new_store()
        store.prefer(RANKS)
        for record in order:
            assert store.ingest(record.feed, [record]).accepted == 1
        assert platform(store) == "P1"
        row = store.reads.inspection(PORT, "D1")
        assert row is not None
        assert {word.feed: word.fields["platform"][1] for word in row.others} == {"drop": "P2", "third": "P3"}
        together = new_store()
        together.prefer(RANKS)
        assert together.ingest("all", list(order)).accepted == 3
        assert platform(together) == "P1"


def test_steps_go_on_and_a_settled_declaration_keeps_its_word(contested: Store) -> None:
    contested.ingest("window", [said("window", 3, platform="P1"), step("D1", Node.APPOINTED, ago(hours=3))])
    contested.ingest("drop", [said("drop", 2, platform="P2"), step("D1", Node.CONFIRMED, ago(hours=1))])
    row = contested.reads.inspection(PORT, "D1")
    assert row is not None
    assert (row.stage, row.platform) == ("confirmed", "P1")


def test_large_batches_are_parted_too(contested: Store) -> None:
    many = [msgspec.structs.replace(task(f"D{n:05d}", ago(hours=3)), feed="drop", platform="P2") for n in range(2_500)]
    assert contested.ingest("drop", many).accepted == 2_500
    mine = [msgspec.structs.replace(one, feed="window", platform="P1") for one in many]
    result = contested.ingest("window", mine, received_at=NOW + timedelta(seconds=1))
    assert (result.accepted, len(result.fresh), result.duplicate) == (2_500, 2_500, 0)
    assert contested.reads.counts(PORT)["other_word"] == 2_500
    assert contested.ingest("drop", many).duplicate == 2_500


def test_feeds_nobody_ranked_contest_nothing(store: Store) -> None:
    store.ingest("window", [said("window", 3, platform="P1")])
    store.ingest("drop", [said("drop", 1, platform="P2")])
    assert platform(store) == "P2"
    assert store.reads.counts(PORT)["other_word"] == 0


def test_an_enterprise_sees_the_words_of_its_own_rows_only(contested: Store) -> None:
    contested.ingest("window", [said("window", 3, platform="P1", scope="E1")])
    contested.ingest("drop", [said("drop", 2, platform="P2")])
    row = contested.reads.inspection(ENTERPRISE, "D1")
    assert row is not None
    assert (row.others, "feeds_disagree" in row.flags) == ([], False)
    contested.ingest("third", [said("third", 2, platform="P2", scope="E1")])
    row = contested.reads.inspection(ENTERPRISE, "D1")
    assert row is not None
    assert [word.feed for word in row.others] == ["third"]
