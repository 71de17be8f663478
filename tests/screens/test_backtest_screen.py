"""What was played on the past is told in words and figures a person can compare."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import get_args

import msgspec
import pytest
from msgspec.structs import replace

from components.backtest import backtest_ask, backtest_said, backtest_told
from components.backtest_days import days_chart, episodes_table, moment_address
from domain.alerting import Alerting, Load
from domain.backtest import LISTED, BackTest, Course, Episode, State, beside
from domain.rules import all_rules
from locales import LANGUAGES, catalogue, translate
from pages._backtest_sample import compared
from pipeline.backtest import _read
from tests.conftest import REPO
from tests.screens.trees import having, text, walk

NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)
HOUR = timedelta(hours=1)


def test_every_code_the_engine_can_say_has_words() -> None:
    sources = "".join(file.read_text("utf-8") for file in sorted((REPO / "pipeline").glob("rule_past*.py")))
    wanted = {f"note.{code}" for code in re.findall(r'Note\(\s*"(\w+)"', sources)}
    assert len(wanted) > 5
    wanted |= {f"unplayable.{rule.unplayable}" for rule in all_rules() if rule.unplayable} | {"unplayable.facts"}
    wanted |= {f"state.{state}" for state in get_args(State) if state not in ("ok", "unplayable")}
    for lang in LANGUAGES:
        assert sorted(code for code in wanted if f"rule.backtest.{code}" not in catalogue(lang)) == []


def test_what_the_process_says_is_what_was_played() -> None:
    test = compared(NOW)
    assert _read({"backtest": msgspec.json.decode(msgspec.json.encode(test))}) == test


def test_both_stand_side_by_side_with_their_difference() -> None:
    test = compared(NOW)
    told = text(backtest_told(test, ["Longest wait: 30 min → 40 min"], Alerting(), "en"))
    assert "Longest wait: 30 min → 40 min" in told
    assert f"Alerts {test.draft.total} {test.published.total} −{-test.more}" in told
    assert "Looked at every 10 min" in told
    assert "only the last 29 d" in told
    (said,) = backtest_said(test, "en")
    assert text(said).startswith(f"{test.draft.total} alerts, {test.published.total} as it runs now (−{-test.more})")


def test_what_a_person_cannot_bear_is_marked_and_nothing_else_is() -> None:
    test = compared(NOW)
    assert not having(backtest_told(test, [], Alerting(), "en"), "is-over")
    assert having(backtest_told(test, [], Alerting(load=Load(per_day=0.3)), "en"), "is-over")


def test_days_that_were_not_played_are_no_days_without_alerts() -> None:
    test = compared(NOW)
    later = replace(test, played_from=NOW - timedelta(days=3))
    drawn = next(part for part in walk(days_chart(later, Alerting(), "en")) if hasattr(part, "figure")).figure
    assert {len(bars.y) for bars in drawn.data} == {4}


def _course(*episodes: Episode, total: int | None = None) -> Course:
    return replace(
        compared(NOW).draft, total=len(episodes) if total is None else total, levels={},
        episodes=sorted(episodes, key=lambda one: one.since, reverse=True),
    )  # fmt: skip


def _fires(subject: str, since: float, until: float | None) -> Episode:
    return Episode(subject=subject, level=3, since=NOW - since * HOUR, key=subject,
                   until=None if until is None else NOW - until * HOUR)  # fmt: skip


def test_an_alert_of_both_versions_is_one_though_it_begins_later_in_one() -> None:
    draft = _course(_fires("G1", 9, 7), _fires("G1", 3, None), _fires("G2", 5, 4))
    published = _course(_fires("G1", 10, 7), _fires("G1", 4, 1), _fires("G2", 8, 6))
    test = replace(compared(NOW), draft=draft, published=published)
    assert [(one.subject, which) for one, which in beside(test)] == [
        ("G1", "both"), ("G2", "draft"), ("G2", "published"), ("G1", "both"),
    ]  # fmt: skip


def test_what_one_list_no_longer_holds_is_not_taken_for_missing() -> None:
    draft = _course(*(_fires("G1", n, n) for n in range(3)), total=LISTED + 3)
    test = replace(compared(NOW), draft=draft, published=_course(_fires("G1", 1, 1), _fires("G9", 700, 699)))
    assert [which for _, which in beside(test)] == ["draft", "both", "draft"]


def test_each_alert_leads_to_what_it_is_about_at_its_moment() -> None:
    one = replace(_fires("QQ-G2", 1, None), subject_kind="gate", since=NOW + timedelta(microseconds=5))
    assert moment_address(one) == "/?gate=QQ-G2&at=2026-11-23T08:00:01Z"
    assert moment_address(replace(one, subject_kind="port", since=NOW)) == "/?at=2026-11-23T08:00:00Z"
    test = replace(compared(NOW), draft=_course(one), published=None, more=None)
    assert "Raised by" not in text(episodes_table(test, "en"))


@pytest.mark.parametrize("state", [state for state in get_args(State) if state != "ok"])
def test_why_there_is_no_answer_is_said_in_words(state: State) -> None:
    test = BackTest(name="gate_queue", state=state, since=NOW, until=NOW, played_from=NOW, detail="facts")
    (said,) = backtest_said(test, "en")
    assert len(text(said)) > 20
    assert "rule.backtest" not in text(said)


def test_a_rule_that_cannot_be_played_says_so_before_it_is_asked() -> None:
    asked = backtest_ask("queue_jump", "en")
    assert translate("en", "rule.backtest.unplayable.order") in text(asked)
    assert "Test on the past" in text(backtest_ask("gate_queue", "en"))
    assert not having(asked, "backtest-asking")
