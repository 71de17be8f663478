"""The form of a rule says what the rule is, and what is typed into it becomes the changes that were meant."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.alert_words import detail_words
from components.rule_form import FIELD, changes_of, fields_of, refused, rule_form, wrong_words
from domain.rule_instances import (
    RANGES,
    Changes,
    Figure,
    RuleChangesError,
    changed,
    configured,
    default,
    figures,
    problems,
)
from domain.rule_list import Book
from domain.rule_versions import RuleEditError, RuleState, RuleVersion, VersionState
from domain.rules import all_rules, rule_of
from domain.rules.base import AGENCIES, Rule
from locales import LANGUAGES

LIMITS = {"gate_wait_minutes": 30.0, "appoint_wait_hours": 24.0, "yard_backlog": 0.85, "yard_backlog_clear": 0.8}
NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)


def _figure(one: Figure) -> st.SearchStrategy[float]:
    low = max(one.low, LIMITS.get(one.limit, one.low)) if one.floor else one.low
    return st.integers(int(low), int(one.high)) if one.whole else st.floats(low, one.high)


@st.composite
def _changes(draw: st.DrawFn, rule: Rule) -> Changes:
    """Anything a person may set of a rule; what is left out is as declared."""
    seldom = {key: st.none() | st.floats(*(float(end) for end in RANGES[key])) for key in RANGES if key != "count"}
    said = {key: draw(values) for key, values in seldom.items()}
    if draw(st.booleans()):
        said |= {"count": draw(st.integers(1, 1000)), "window_seconds": draw(st.floats(1, 1e6))}
    words = st.sampled_from(["open_lane", "look_at_camera", "问堆场", "Call the duty desk, twice"])
    return Changes(
        **said, enabled=draw(st.none() | st.booleans()),
        params={one.name: draw(_figure(one)) for one in figures(rule) if draw(st.booleans())},
        levels={grade: draw(st.integers(1, 4)) for grade in rule.levels if draw(st.booleans())},
        active_hours=draw(st.none() | st.just(()) | st.just(("mon-fri 08:00-20:00", "22:00-06:00"))),
        no_data=draw(st.none() | st.sampled_from(["keep", "raise", "clear"])),
        agency=draw(st.none() | st.sampled_from(AGENCIES)), action=draw(st.none() | words),
        plan=draw(st.none() | st.lists(words, max_size=5).map(tuple)),
        parents=draw(st.none() | st.just(("feed_down", "gate_queue_night"))),
    )  # fmt: skip


def _inputs(parts: Any) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for part in parts:
        for inner in (part, *part._traverse()):
            ident = getattr(inner, "id", None)
            if isinstance(ident, dict) and ident["type"] == FIELD:
                found[ident["key"]] = inner.value
    return found


@given(st.data())
def test_what_the_form_shows_and_gives_back_is_the_instance_whatever_its_rule(data: st.DataObject) -> None:
    rule, lang = data.draw(st.sampled_from(all_rules())), data.draw(st.sampled_from(LANGUAGES))
    base = default(rule, LIMITS)
    fits = _changes(rule).filter(lambda said: not list(problems(rule.name, said, LIMITS)))
    instance = changed(base, data.draw(fits), LIMITS)
    shown = _inputs(rule_form(base, instance, None, lang))
    assert shown == fields_of(instance, lang)
    said, wrong = changes_of(shown, base)
    assert (wrong, list(problems(rule.name, said, LIMITS))) == ([], [])
    assert changed(base, said, LIMITS) == instance
    assert changes_of(fields_of(base, lang), base) == (Changes(), [])


@pytest.mark.parametrize(("key", "typed", "words"), [
    ("params.minutes", "0.5", "Longest wait: must be 1 to 600 min"),
    ("params.minutes", "half", "Longest wait: must be 1 to 600 min"),
    ("params.minutes", "nan", "Longest wait: must be 1 to 600 min"),
    ("params.minutes", "1e999999999999", "Longest wait: must be 1 to 600 min"),
    ("params.minutes", None, "Longest wait: must be 1 to 600 min"),
    ("dead_band", "95", "Dead-band: must be 0 to 90 %"),
    ("hold_on_seconds", "-1", "Hold-on: must be 0 to 2,592,000 s"),
    ("count", "2.5", "Count: must be a whole number, 1 to 1,000"),
    ("active_hours", "8 to 8", "Active hours: written 08:00-20:00 or mon-fri 08:00-20:00, a line each"),
    ("parents", "nobody", "Explained by: the code of a rule that there is, a line each"),
    ("plan", "step\n" * 21, "Steps: 20 steps at most, of 400 letters at most"),
])  # fmt: skip
def test_a_value_that_cannot_be_is_refused_with_its_field_and_its_range(key: str, typed: Any, words: str) -> None:
    base = configured({}, LIMITS)["gate_queue"]
    said, wrong = changes_of(fields_of(base, "en") | {key: typed}, base)
    wrong += [one for one, _ in problems(base.name, said, LIMITS)]
    assert wrong_words(base.name, wrong, said, LIMITS, "en") == [words]


@pytest.mark.parametrize(("rule", "typed", "words"), [
    ("crane_wind", {"warn_speed": "25"}, "Warning speed (25 m/s) must be below Stopping speed (20 m/s)"),
    ("crane_wind", {"stop_speed": "16"}, "Warning speed (16 m/s) must be below Stopping speed (16 m/s)"),
    ("dangerous_undeclared", {"warn_days": "20", "intervene_days": "15.5"},
     "Warns after days (20 days) must be below Intervenes after days (15.5 days)"),
    ("signal_lost", {"silent_minutes": "300"}, None),
])  # fmt: skip
def test_figures_that_contradict_each_other_are_refused_naming_both(
    rule: str, typed: dict[str, str], words: str | None
) -> None:
    base = configured({}, LIMITS)[rule]
    given = {f"params.{name}": value for name, value in typed.items()}
    said, wrong = changes_of(fields_of(base, "en") | given, base)
    wrong += [key for key, _ in problems(rule, said, LIMITS, base)]
    told = wrong_words(rule, wrong, said, LIMITS, "en", base)
    assert told == [words] if words else len(told) == 1 and "4" in told[0]
    assert [key for key, _ in problems(rule, said, LIMITS, base)] == ["params"]


def test_figures_are_held_against_those_they_change_and_not_against_the_rules_own() -> None:
    strong = Changes(params={"stop_speed": 30.0})
    base = configured({"crane_wind": strong}, LIMITS)["crane_wind"]
    assert list(problems("crane_wind", Changes(params={"warn_speed": 25.0}), LIMITS, base)) == []
    with pytest.raises(RuleChangesError, match=r"warn_speed \(35 metres_per_second\) must be below stop_speed \(30 "):
        changed(base, Changes(params={"warn_speed": 35.0}), LIMITS)


@pytest.mark.parametrize("rule", [rule for rule in all_rules() if rule.orders], ids=lambda rule: rule.name)
def test_what_a_rule_orders_are_figures_of_one_kind_and_as_shipped_in_order(rule: Rule) -> None:
    known, times = {one.name: one.unit for one in figures(rule)}, {"minutes", "hours", "days"}
    for low, high in rule.orders:
        assert known[low] == known[high] or {known[low], known[high]} <= times
    assert list(problems(rule.name, Changes(), LIMITS)) == []


def test_events_that_are_counted_are_counted_within_a_time() -> None:
    base = configured({}, LIMITS)["queue_jump"]
    said, _ = changes_of(fields_of(base, "en") | {"count": "3"}, base)
    wrong = [key for key, _ in problems(base.name, said, LIMITS)]
    assert wrong_words(base.name, wrong, said, LIMITS, "en") == [
        "Window: must be above 0 where more than one event counts"
    ]


def _saved(name: str, version: int, state: VersionState, **said: Any) -> RuleVersion:
    at = NOW + timedelta(minutes=version)
    who = f"supervisor {version}"
    return RuleVersion(name=name, version=version, at=at, state=state, who=who, note="why", changes=Changes(**said))


def _book(*versions: RuleVersion) -> Book:
    return Book(configured=configured({}, LIMITS), limits=LIMITS, versions=versions)


def test_each_version_tells_what_it_changes_of_what_was_in_force() -> None:
    name = "gate_queue"
    book = _book(
        _saved(name, 1, "draft", params={"minutes": 40.0}), _saved(name, 2, "published", params={"minutes": 40.0}),
        _saved(name, 3, "draft", params={"minutes": 45.0}, enabled=False), _saved(name, 4, "retired"),
        _saved(name, 5, "draft", params={"hours": 1.0}),
    )  # fmt: skip
    assert [one.changed for one in book.history(name)][::-1] == [
        [("params.minutes", 30.0, 40.0)], [("params.minutes", 30.0, 40.0)],
        [("params.minutes", 40.0, 45.0), ("enabled", True, False)], [("params.minutes", 40.0, 30.0)], None,
    ]  # fmt: skip


def test_who_comes_second_is_told_who_was_first_and_what_they_changed() -> None:
    book = _book(_saved("gate_queue", 1, "published", params={"minutes": 40.0}))
    told = refused(RuleEditError("changed", "gate_queue", book.last("gate_queue")), book, "en")
    assert told[0].startswith("Not saved: Gate queue was changed by supervisor 1 meanwhile (version 1, published")
    assert told[1:] == ["Longest wait: 30 min → 40 min"]
    assert refused(RuleEditError("no_note", "gate_queue"), book, "en") == [
        "Not saved: say why Gate queue is published or taken back"
    ]


def test_the_list_holds_what_runs_what_is_off_what_waits_and_what_no_longer_fits() -> None:
    book = _book(
        _saved("gate_queue", 1, "published", enabled=False), _saved("gate_queue_night", 1, "draft"),
        _saved("crane_wind", 1, "published", params={"gone": 1.0}), _saved("vgm_over_quay", 1, "retired"),
    )  # fmt: skip
    states = {"vgm_over": RuleState(name="vgm_over", state="error", since=NOW, detail="no stays")}
    rows = {one.instance.name: one for one in book.listed(states, {"vgm_over": 4})}
    doing = {name: rows[name].doing for name in ("gate_queue", "gate_queue_night", "crane_wind", "vgm_over")}
    assert doing == {"gate_queue": "off", "gate_queue_night": "draft", "crane_wind": "unfit", "vgm_over": "error"}
    assert (rows["vgm_over"].detail, rows["vgm_over"].standing) == ("no stays", 4)
    assert "vgm_over_quay" not in rows
    assert rows["gate_queue"].since == NOW + timedelta(minutes=1)
    assert rule_of("gate_queue_night") is rule_of("gate_queue")


@pytest.mark.parametrize(
    ("detail", "zh", "en"),
    [
        ("gates", "缺闸口", "Gates: none"),
        ("weather stands still", "气象观测未更新", ""),
        ("KeyError: 'x'", "KeyError: 'x'", "KeyError: 'x'"),
        ("", "", ""),
    ],
)
def test_why_a_rule_cannot_judge_is_said_in_words(detail: str, zh: str, en: str) -> None:
    assert detail_words(detail, "zh_CN") == zh
    assert not en or detail_words(detail, "en").lower() == en.lower()
