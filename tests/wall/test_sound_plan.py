"""What is called out: order, silence of what is kept back, spelling; and the steps of the browser that sounds."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace
from playwright.sync_api import Browser, Page

from components.sound import sound_plan, spoken
from domain.alert import standing
from domain.sound import MOST_CALLS, SoundLimits, spelt
from tests.conftest import REPO
from tests.screens import pictures

pytestmark = pytest.mark.browser
LIMITS = SoundLimits()
ON = {"at": 0, "until": 0}  # no mute


def test_the_worst_and_newest_is_called_first_and_what_is_acknowledged_not_at_all() -> None:
    rows = [pictures.alert(3, 1), pictures.alert(1, 9), pictures.alert(1, 2), pictures.alert(2, 1)]
    rows = [replace(row, key=f"gate_queue:g{n}") for n, row in enumerate(rows)]
    rows.append(replace(rows[0], key="gate_queue:seen", level=1, state="acknowledged"))
    plan = sound_plan(standing(rows), LIMITS, "en")
    assert [call["key"].split("@")[0][-2:] for call in plan["calls"]] == ["g2", "g1", "g3", "g0"]
    assert sound_plan(None, LIMITS, "en")["calls"] == []


def test_of_ten_thousand_the_worst_are_listed_and_the_rest_counted() -> None:
    rows = [replace(pictures.alert(4 - (n == 7777) * 3, n), key=f"r:{n}") for n in range(10_000)]
    plan = sound_plan(standing(rows), LIMITS, "zh_CN")
    assert (len(plan["calls"]), plan["more"]) == (MOST_CALLS, 10_000 - MOST_CALLS)
    assert plan["calls"][0]["level"] == 1


def test_it_sounds_anew_when_its_level_rises_and_when_it_opens_again_and_not_when_it_is_counted() -> None:
    row = pictures.alert(2, 5)

    def key(**changed: Any) -> str:
        return str(sound_plan(standing([replace(row, **changed)]), LIMITS, "en")["calls"][0]["key"])

    assert key() == key(count=9, last_at=row.last_at + timedelta(minutes=1))
    assert len({key(), key(level=1), key(opened_at=row.opened_at + timedelta(minutes=1))}) == 3


@pytest.mark.parametrize(
    ("words", "lang", "said"),
    [
        ("鲁B8A071", "en", "Alfa zero seven one"), ("鲁B8A071", "zh_CN", "A 洞 拐 幺"),
        ("425820260000912345", "en", "two three four five"), ("", "en", ""), ("g1", "en", "Golf one"),
    ],
)  # fmt: skip
def test_numbers_are_spelt_as_over_the_radio(words: str, lang: str, said: str) -> None:
    assert spelt(words, lang) == said


def test_level_place_and_rule_are_said_in_the_language_of_the_page() -> None:
    row = replace(pictures.alert(1, 1), rule="route_deviation", subject_kind="vehicle", subject="鲁B12345")
    assert spoken(row, "en") == "Level one. Vehicle two three four five. Off route."
    assert spoken(row, "zh_CN").startswith("一级告警，")


class Screen:
    """The steps of a sounding screen, one after the other."""

    def __init__(self, page: Page) -> None:
        self._page, self.memory = page, page.evaluate("() => cockpitSound.begin()")

    def at(self, now: float, *calls: tuple[str, int], mute: Any = ON, more: int = 0) -> list[tuple[str, int, int]]:
        """What it plays at a second while these (key, level) stand: kind, level, number."""
        listed = [{"key": key, "level": level, "say": key} for key, level in calls]
        plan = {"calls": listed, "more": more, "limits": {n: getattr(LIMITS, n) for n in LIMITS.__struct_fields__}}
        asked = [self.memory, plan, mute, 1e9 + now]
        told = self._page.evaluate("([memory, plan, mute, now]) => cockpitSound.step(memory, plan, mute, now)", asked)
        self.memory = told["memory"]
        return [(cue["kind"], cue["level"], cue["n"]) for cue in told["cues"]]


@pytest.fixture(scope="module")
def page(browser: Browser) -> Iterator[Page]:
    page = browser.new_page()
    page.add_script_tag(path=REPO / "assets" / "alert_sound_plan.js")
    yield page
    page.close()


@pytest.fixture
def screen(page: Page) -> Screen:
    return Screen(page)


def test_each_new_alert_sounds_once_and_what_stood_before_not(screen: Screen) -> None:
    assert screen.at(0, ("old", 3)) == []
    assert screen.at(1, ("a", 2), ("old", 3)) == [("alert", 2, 1)]
    assert screen.at(2, ("a", 2), ("old", 3)) == []
    assert screen.at(30, ("old", 3)) == []  # acknowledged
    assert screen.at(31, ("a", 2), ("old", 3)) == [("alert", 2, 1)]  # asks again


def test_level_one_sounds_again_until_it_is_acknowledged(screen: Screen) -> None:
    assert screen.at(0, ("a", 1)) == [("again", 1, 1)]  # stood when the screen began: sounds at once
    assert screen.at(29.9, ("a", 1)) == []
    assert screen.at(30, ("a", 1)) == [("again", 1, 1)]
    assert screen.at(40, ("a", 1), ("b", 1)) == [("alert", 1, 1)]
    assert screen.at(60, ("a", 1), ("b", 1)) == [("again", 1, 2)]  # together from here on
    assert screen.at(70, ("a", 1), ("b", 1)) == []
    assert screen.at(90, ("b", 1)) == [("again", 1, 1)]
    assert screen.at(200) == []


def test_a_flood_is_one_tone_and_a_number_and_hides_no_level_one(screen: Screen) -> None:
    screen.at(0)
    many = [(f"m{n}", 4 - (n % 2)) for n in range(7)]
    assert screen.at(1, *many) == [("count", 3, 7)]
    more = [*many, ("n1", 2), ("n2", 4)]
    assert screen.at(4, *more) == []  # a number not oftener than every ten seconds
    assert screen.at(5, ("first", 1), *more) == [("alert", 1, 1)]
    assert screen.at(11, ("first", 1), *more) == [("count", 2, 2)]
    assert screen.at(25, ("first", 1), ("calm", 3), *more) == [("alert", 3, 1)]
    assert screen.at(27, ("first", 1), ("calm", 3), *more, more=500) == [("count", 4, 500)]
    assert screen.at(28, *((f"i{n}", 1) for n in range(5))) == [("count", 1, 5)]


def test_a_mute_keeps_the_others_back_and_tells_them_when_it_ends(screen: Screen) -> None:
    screen.at(0)
    mute = {"at": 1e9, "until": 1e9 + 100}
    assert screen.at(1, ("a", 2), ("b", 3), ("gone", 4), mute=mute) == []
    assert screen.at(99, ("a", 2), ("b", 3), mute=mute) == []
    assert screen.at(100, ("a", 2), ("b", 3), mute=mute) == [("count", 2, 2)]
    assert screen.at(101, ("a", 2), ("b", 3), mute=mute) == []


def test_no_mute_keeps_level_one_silent_for_longer_than_it_takes_to_sound_again(screen: Screen) -> None:
    screen.at(0)
    assert screen.at(1, ("a", 1)) == [("alert", 1, 1)]
    mute = {"at": 1e9 + 20, "until": 1e9 + 620}
    assert screen.at(31, ("a", 1), mute=mute) == []
    assert screen.at(40, ("a", 1), ("new", 1), mute=mute) == [("alert", 1, 1)]
    assert screen.at(50, ("a", 1), ("new", 1), mute=mute) == [("again", 1, 2)]
    assert screen.at(80, ("a", 1), ("new", 1), mute=mute) == [("again", 1, 2)]


def test_levels_differ_in_pitch_and_in_pattern(page: Page) -> None:
    tones = page.evaluate("() => Object.values(cockpitSound.TONES)")
    assert len({tuple(hertz for hertz, _ in tone) for tone in tones}) == 4
    assert len({max(hertz for hertz, _ in tone) for tone in tones}) == 4
    assert len({sum(hertz > 0 for hertz, _ in tone) for tone in tones}) == 4
    assert max(page.evaluate("() => [1, 2, 3, 4].map(cockpitSound.seconds)")) < 2
