"""Numbers, times and sentences."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from components import format as formats

NOW = datetime(2026, 11, 22, 15, 30, tzinfo=UTC)  # 23:30 in Qingdao


@pytest.fixture(autouse=True)
def qingdao() -> Iterator[None]:
    formats.use_zone("Asia/Shanghai")
    yield
    formats.use_zone("Asia/Shanghai")


@pytest.mark.parametrize(
    ("value", "decimals", "shown"),
    [(1234567.0, 0, "1,234,567"), (0.0, 1, "0.0"), (-0.04, 1, "0.0"),
     (13.149, 1, "13.1"), (None, 0, "–"), (float("nan"), 0, "–")],
)  # fmt: skip
def test_number(value: float | None, decimals: int, shown: str) -> None:
    assert formats.number(value, "zh_CN", decimals) == shown
    assert formats.number(value, "en", decimals) == shown


def test_a_difference_shows_its_sign_and_nothing_is_neither_more_nor_less() -> None:
    assert [formats.signed(v, "en", 1) for v in (2.14, -8.0, 0.01)] == ["+2.1", "−8.0", "±0.0"]


@pytest.mark.parametrize(
    ("minutes", "zh", "en"),
    [
        (0, "0 分钟", "0 min"),
        (59.6, "1 小时 00", "1 h 00"),
        (160, "2 小时 40", "2 h 40"),
        (3000, "2 天 2 小时", "2 d 2 h"),
        (None, "–", "–"),
    ],
)
def test_duration(minutes: float | None, zh: str, en: str) -> None:
    assert (formats.duration(minutes, "zh_CN"), formats.duration(minutes, "en")) == (zh, en)


def test_times_are_the_ports_and_name_the_day_when_it_is_another() -> None:
    assert formats.clock(NOW, "en", NOW) == "23:30"
    assert formats.clock(NOW + timedelta(hours=1), "en", NOW) == "23 Nov 00:30"
    assert formats.clock(NOW.replace(year=2012), "en", NOW) == "22 Nov 2012 23:30"
    formats.use_zone("Europe/Berlin")
    assert formats.stamp(NOW, "en") == "22 Nov 2026 16:30"
    assert formats.wall(NOW).tzinfo is None


def test_a_date_is_written_as_the_language_writes_it_and_in_tables_so_that_it_sorts() -> None:
    assert formats.clock(NOW + timedelta(hours=1), "zh_CN", NOW) == "11/23 00:30"
    assert formats.stamp(NOW, "zh_CN") == "2026-11-22 23:30"
    assert formats.sortable(NOW) == "2026-11-22 23:30"


@pytest.mark.parametrize(
    ("value", "zh", "en"),
    [(99_999, "99,999", "99,999"), (123_456, "12.3万", "123.5k"), (1_234_567, "123.5万", "1.2M"),
     (123_456_789, "1.2亿", "123.5M"), (None, "–", "–"), (float("nan"), "–", "–")],
)  # fmt: skip
def test_large_numbers_are_short_in_the_languages_own_steps(value: float | None, zh: str, en: str) -> None:
    assert (formats.short(value, "zh_CN"), formats.short(value, "en")) == (zh, en)


def test_a_moment_for_the_browser_is_utc() -> None:
    assert formats.iso(NOW.astimezone(formats.zone())) == "2026-11-22T15:30:00.000+00:00"
    assert formats.iso(None) == ""


def test_sentences_take_keys_moments_and_titles_by_language() -> None:
    params = {"container_no": "MIOU2453144", "result_key": "check.seal_mismatch", "seal_no": "", "declaration_no": "1"}
    said = formats.sentence("en", "alert.co_inspection_mismatch.text", params)
    assert said == "Container MIOU2453144: seal number differs (seal –, declaration 1)"
    moment = NOW.astimezone(UTC) + timedelta(days=400)
    as_text = formats.sentence("en", "queue.reason.export_by_sailing", {"time": moment.isoformat()})
    assert as_text == formats.sentence("en", "queue.reason.export_by_sailing", {"time": moment})
    assert "27 Dec 2027" in as_text
    titled = {
        "title": "yard",
        "title_by_language": {"zh_CN": "堆场", "en": "Yard"},
        "state_key": "feed.state.down",
        "cause_key": "feed.error.silent",
    }
    assert formats.sentence("zh_CN", "alert.feed_down.text", titled).startswith("堆场：中断")
