"""Rules over the integrity watch as timelines, from histories made to hold what they find; and no name gets out."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec
import numpy as np
import pytest

from components.format import sentence
from domain.audit import Sealer
from domain.integrity import Case, History, Lying, Stay
from domain.integrity_report import report_of, signs_of
from domain.integrity_signs import Ahead, Met, Signs
from tests.domain.integrity_port import MINUTELY, made
from tests.domain.rule_timeline import found, play
from tests.domain.samples import NOW

HIDE = Sealer(b"a key of this house").code
PAIR = Met(code=HIDE("pair", "A1\nO1"), met=17, expected=5.8, ratio=2.94, q=0.01)
STAY = Stay(declaration_no="D1", stage="appointed", platform="P1", since=NOW - timedelta(minutes=550), until=None,
            minutes=550.0, usual=60.0, limit=300.0, ratio=1.83, kind="area", compared=900, sure=False)  # fmt: skip
LYING = Lying(declaration_no="D2", agent="", platform="P1", since=NOW - timedelta(hours=3), passed_by=12, minutes=180.0)


def signs(seconds: float = 0.0, **found_: Any) -> tuple[float, dict[str, Any]]:
    return seconds, {"integrity": Signs(as_of=NOW + timedelta(seconds=seconds), expected_seconds=600.0, **found_)}


def text(name: str, told: dict[str, Any], lang: str = "en") -> str:
    (one,) = found(name, told)
    return sentence(lang, f"alert.{name}.text", one.params)


def test_a_pair_that_meets_beyond_chance_until_it_no_longer_does() -> None:
    few, often = msgspec.structs.replace(PAIR, met=4), msgspec.structs.replace(PAIR, ratio=1.4)
    rows = [signs(0, pairs=[few]), signs(300, pairs=[PAIR]), signs(600, pairs=[PAIR]), signs(900, pairs=[often])]
    steps = play("integrity_pair", rows, every=30, until=1200)
    assert steps == [(300, "level 3", PAIR.code), (960, "clear", PAIR.code)]
    assert text("integrity_pair", signs(pairs=[PAIR])[1]) == (
        "17 meetings in 30 days against 5.8 by chance (2.9 times); names: integrity page, for who may see them"
    )


def test_while_the_watch_says_nothing_or_stands_still_nothing_clears() -> None:
    assert play("integrity_pair", [(0, {})]) == [(0, "no_data", "integrity")]
    still = play("integrity_pair", [signs(0, pairs=[PAIR])], every=60, until=3600)
    assert still == [(0, "level 3", PAIR.code), (1860, "no_data", "integrity stands still")]


def test_an_index_beyond_chance_names_platforms_and_hides_agents() -> None:
    agent = Ahead(kind="agent", code=HIDE("agent", "A1"), jumps=5, places=40, expected=9.0, q=0.01)
    place = Ahead(kind="platform", code="P1", jumps=9, places=90, expected=30.0, q=0.01)
    steps = play("integrity_index", [signs(0, ahead=[agent, place]), signs(300, ahead=[place])], every=30, until=420)
    assert steps == [(0, "level 3", agent.code), (0, "level 3", "P1"), (360, "clear", agent.code)]
    said = text("integrity_index", signs(ahead=[agent])[1])
    assert said.startswith("Agent: 5 confirmations jumped 40 places in 30 days against 9 by chance")


def test_a_declaration_left_waiting_until_it_is_confirmed() -> None:
    fewer = msgspec.structs.replace(LYING, passed_by=9)
    steps = play("left_waiting", [signs(0, lying=[fewer]), signs(300, lying=[LYING]), signs(600)], every=30)
    assert steps == [(300, "level 3", "D2"), (600, "clear", "D2")]


def test_a_stay_longer_than_its_kind_until_it_moves_on() -> None:
    sure = msgspec.structs.replace(STAY, minutes=700.0, sure=True, hold="suspended")
    rows = [signs(0, stays=[STAY]), signs(300, stays=[sure]), signs(600)]
    assert play("stay_too_long", rows, every=30) == [(0, "level 4", "D1"), (300, "level 3", "D1"), (600, "clear", "D1")]
    assert play("stay_too_long", rows, every=30, params={"times": 2}) == [(300, "level 3", "D1"), (600, "clear", "D1")]
    (one,) = found("stay_too_long", signs(stays=[STAY])[1])
    assert one.seen == {"minutes": {"value": 550.0, "limit": 300.0, "unit": "minutes"}}
    assert one.event_time == STAY.since + timedelta(minutes=300)  # when it went beyond
    assert "(held: Suspended)" in text("stay_too_long", signs(stays=[sure])[1])


def _history() -> tuple[History, Any]:
    """A port in which one pair meets whenever it can, one agent jumps, and one declaration was left lying."""

    def jump(rng: np.random.Generator, here: list[Case]) -> Case | None:
        return next((case for case in reversed(here) if case.agent == "A003"), None)

    port = made(3, jump=jump)
    cases = [
        msgspec.structs.replace(case, officer="O9" if case.agent == "A000" else case.officer) for case in port.cases
    ]
    stuck = cases[-1]
    first = stuck.nodes[0] or 0.0
    cases[-1] = msgspec.structs.replace(stuck, nodes=(first - 80_000, *(None,) * 6), left_queue=None)
    return History(cases=cases, origins=["live"]), port.end


@pytest.fixture(scope="module")
def both() -> tuple[Any, Signs]:
    history, end = _history()
    report = report_of(history, end, 30, 60, MINUTELY)
    return report, signs_of(history, end, 60, MINUTELY, HIDE)


def test_rules_are_told_what_the_page_shows(both: tuple[Any, Signs]) -> None:
    report, told = both
    assert [one.code for one in told.pairs] == [
        HIDE("pair", f"{pair.agent}\n{pair.officer}") for pair in report.pairs.rows if pair.found
    ]
    assert told.pairs
    cells = [*report.facets["agent"].cells, *report.facets["platform"].cells]
    assert [one.jumps for one in told.ahead] == [cell.jumps for cell in cells if cell.found]
    assert any(one.kind == "agent" for one in told.ahead)
    assert [one.declaration_no for one in told.lying] == [one.declaration_no for one in report.lying if one.waits]
    assert len(told.stays) == report.stays.beyond_open


def test_no_name_reaches_a_rule_or_what_it_finds(both: tuple[Any, Signs]) -> None:
    report, told = both
    names = {pair.agent for pair in report.pairs.rows} | {pair.officer for pair in report.pairs.rows}
    facts = {"integrity": msgspec.structs.replace(told, as_of=NOW)}
    rules = ("integrity_pair", "integrity_index", "left_waiting", "stay_too_long")
    findings = [one for rule in rules for one in found(rule, facts)]
    said = msgspec.json.encode([told, findings]).decode()
    assert findings
    assert not [name for name in names if f'"{name}"' in said]


def test_a_code_is_the_same_for_the_same_and_another_for_others_and_for_other_keys() -> None:
    assert HIDE("agent", "A1") == Sealer(b"a key of this house").code("agent", "A1")
    other = Sealer(b"a key of another house").code
    assert len({HIDE("agent", "A1"), HIDE("agent", "A2"), HIDE("pair", "A1"), other("agent", "A1")}) == 4
