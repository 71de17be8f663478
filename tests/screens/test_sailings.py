"""What the pages about sailings and warnings say, in both languages."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from dash.development.base_component import Component
from msgspec.structs import replace

from components.sailings import chance_words, cross_words, offer_words, sailings_tile, sailings_wall, through_words
from components.warnings import warnings_tile
from domain.cross_area import CrossArea, Offer, Verdict
from domain.sailing_pictures import SailingRow, SailingsPicture
from locales import LANGUAGES
from pages._styleguide_command import sailings, warnings
from tests.screens.trees import text

NOW = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)


def words_of(drawn: Component) -> str:
    return " ".join(text(drawn).split())


def said(lang: str) -> str:
    return words_of(sailings_tile(sailings(NOW), lang))


def test_what_makes_it_is_counted_and_what_may_not_says_why_and_what_could_be_done() -> None:
    words = said("zh_CN")
    for part in (
        "1 将误船期", "1 有误船风险", "1 无法判断", "1 已误截止", "1 可赶上", "至多 61", "同类已完成的不足 30 票",
        "跨区查验：不受理，指令带有取样送检，当日无法放行", "四项不受理情形均无", "另有 1 票可赶上",
    ):  # fmt: skip
        assert part in words, part
    assert "Cross-area: none of the four refusals applies" in said("en")


@pytest.mark.parametrize("lang", LANGUAGES)
def test_no_probability_is_certain_and_nobody_is_told_one_that_is_past(lang: str) -> None:
    row = sailings(NOW).rows[0]
    assert chance_words(replace(row, probability=0.9999), lang).startswith("99")
    assert chance_words(replace(row, probability=0.0001), lang).startswith("1")
    assert chance_words(replace(row, state="missed"), lang) == "–"
    assert "100" not in said(lang)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_an_empty_tile_says_so_and_times_beyond_what_was_looked_at_do_too(lang: str) -> None:
    empty = SailingsPicture(as_of=NOW)
    assert words_of(sailings_tile(empty, lang))
    assert words_of(sailings_wall(empty, lang))
    row: SailingRow = replace(sailings(NOW).rows[0], late=None)
    assert {"zh_CN": "两周以后", "en": "beyond two weeks"}[lang] in through_words(row, lang, NOW)


def test_what_no_feed_tells_is_said_to_be_unknown_and_no_slot_is_made_up() -> None:
    unknown = CrossArea(outcome="unknown", verdicts=[Verdict(rule="gathered", says="unknown")])
    assert "since when the goods stand in the port is unknown" in cross_words(unknown, "en", NOW)
    assert "no other area has a bay" in cross_words(unknown, "en", NOW)
    nowhere = Offer(area="south", platform="S1", transfers=2)
    assert "nobody can say" in offer_words(nowhere, "en", NOW)
    assert "no slot within two weeks" in offer_words(replace(nowhere, transfer_minutes=30.0), "en", NOW)
    soon = replace(nowhere, transfer_minutes=30.0, slot_at=NOW + timedelta(hours=1), bays=4)
    assert "S1 has a slot at 13:00 (0/4 bays free, transfer 30 min): unknown" in offer_words(soon, "en", NOW)
    assert cross_words(CrossArea(outcome="inspected"), "en", NOW) == ""


@pytest.mark.parametrize("lang", LANGUAGES)
def test_each_of_the_five_lists_stands_there_filled_or_not(lang: str) -> None:
    words = words_of(warnings_tile(warnings(NOW), lang))
    lists = {"zh_CN": ("协检异常", "超期未确认", "超期未预约", "驳回超期未预约", "超期挂起"),
             "en": ("Co-inspection mismatch", "Confirmation overdue", "Appointment overdue", "Rejected, not re-booked",
                    "Suspended too long")}  # fmt: skip
    assert [words.index(name) for name in lists[lang]] == sorted(words.index(name) for name in lists[lang])
    assert words.count({"zh_CN": "无", "en": "none"}[lang]) >= 3
