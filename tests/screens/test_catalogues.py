"""Every word of the screen exists, in both languages, with the same parameters."""

from __future__ import annotations

import re
import string
from collections import Counter
from pathlib import Path

from domain import kpis
from domain.forecasts import all_forecasts
from domain.pictures import STATUS, FeedState
from domain.records import Direction, EnterpriseClass, InspectionMode, Node, Origin, StayKind
from domain.rule_instances import figures
from domain.rules import all_rules
from domain.rules.base import AGENCIES
from locales import LANGUAGES, catalogue, translate
from tests.conftest import REPO

ZH, EN = (catalogue(lang) for lang in LANGUAGES)
ROOMS = ("pages", "layouts", "components", "domain", "pipeline", "datasources")


def _sources(*rooms: str) -> list[Path]:
    return [file for room in rooms for file in sorted((REPO / room).rglob("*.py"))]


def _found(pattern: str, *rooms: str) -> set[str]:
    return {hit for file in _sources(*rooms) for hit in re.findall(pattern, file.read_text("utf-8"))}


def _places(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name and "|" not in name}


def test_both_catalogues_hold_the_same_keys() -> None:
    assert ZH.keys() == EN.keys()
    assert len(ZH) > 400


def test_no_key_stands_twice() -> None:
    for lang in LANGUAGES:
        keys = re.findall(r'^msgid "(.+)"$', (REPO / "locales" / f"{lang}.po").read_text("utf-8"), re.M)
        assert [key for key, times in Counter(keys).items() if times > 1] == []


def test_every_text_is_written_and_takes_the_same_parameters_in_both_languages() -> None:
    assert [key for key in ZH if not (ZH[key].strip() and EN[key].strip())] == []
    assert [key for key in ZH if _places(ZH[key]) != _places(EN[key])] == []


def test_english_holds_no_chinese_but_the_name_of_the_other_language() -> None:
    wrong = [key for key, text in EN.items() if re.search(r"[\u4e00-\u9fff]", text)]
    assert wrong == ["shell.other_language"]


def test_every_key_written_out_in_the_code_exists() -> None:
    used = _found(r'translate\(\s*\w+,\s*"([\w.]+)"', "pages", "layouts", "components")
    used |= _found(r'"((?:yard|kpi|queue|alert|origin|empty|age|connection)\.[\w.]+)"', "components", "layouts")
    used |= {f"empty.{code}" for code in _found(r'(?:empty|nothing)\((?:\w+, )?lang, "(\w+)"', "pages", "components")}
    assert len(used) > 120
    assert sorted(key for key in used if key not in ZH) == []


def test_every_word_the_domain_can_say_exists() -> None:
    wanted = {f"alert.{rule.name}.{part}" for rule in all_rules() for part in ("title", "text")}
    wanted |= {f"rule.action.{rule.name}" for rule in all_rules()} | {f"agency.{agency}" for agency in AGENCIES}
    wanted |= {f"rule.grade.{grade}" for rule in all_rules() for grade in rule.levels}
    wanted |= {f"rule.step.{step}" for rule in all_rules() for step in rule.plan}
    wanted |= {f"rule.param.{one.name}" for rule in all_rules() for one in figures(rule)}
    wanted |= {f"unit.{one.unit}" for rule in all_rules() for one in figures(rule) if one.unit}
    wanted |= {f"kpi.{code}.title" for code in kpis.kinds()}
    wanted |= {f"forecast.{forecast.code}.title" for forecast in all_forecasts()}
    wanted |= {f"unit.{forecast.unit}" for forecast in all_forecasts()}
    wanted |= {f"node.{node}" for node in Node} | {f"mode.{mode}" for mode in InspectionMode}
    wanted |= {f"class.{kind}" for kind in EnterpriseClass} | {f"direction.{way}" for way in Direction}
    wanted |= {f"yard.kind.{kind}" for kind in StayKind} | {f"origin.{origin}" for origin in Origin}
    wanted |= {f"feed.state.{state}" for state in FeedState} | {f"map.status.{status}" for status in STATUS}
    assert sorted(wanted - ZH.keys()) == []


def test_every_code_written_by_pipeline_and_adapters_exists() -> None:
    wanted = {f"feed.error.{c}" for c in _found(r'(?:FeedError\(\s*|Problem\(code=)"(\w+)"', "pipeline", "datasources")}
    wanted |= {f"notice.{c}" for c in _found(r'\.post\([^,]+,\s*"(\w+)"', "pipeline")}
    wanted |= {f"notice.{c}" for c in _found(r'UnfitSeriesError\(\s*"(\w+)"', "pipeline")}
    wanted |= {f"kpi.note.{c}" for c in _found(r'note_code(?:, row\.note_params)? = "(\w+)"', "domain")}
    wanted |= {f"kpi.reference.{c}" for c in _found(r'reference_kind=?(?: = )?"(\w+)"', "domain")}
    assert len(wanted) > 25
    assert sorted(wanted - ZH.keys()) == []


def test_a_gap_shows_itself_and_an_unknown_language_is_the_default() -> None:
    assert translate("en", "no.such.key") == "no.such.key"
    assert translate("fr", "page.yard") == ZH["page.yard"]


def test_a_place_without_a_value_stays_for_the_browser_to_fill() -> None:
    assert translate("en", "map.counts", vehicles=3) == "Vehicles 3 · Vessels {vessels}"


def test_a_word_goes_with_its_number() -> None:
    texts = {n: translate("en", "gate.words", name="G1", wait="2 min", trucks=n, lanes="1", moves=n) for n in (0, 1, 2)}
    assert texts[1] == "G1: 2 min wait, 1 truck, 1 lane open, 1 move in the last hour"
    assert texts[0] == "G1: 2 min wait, 0 trucks, 1 lane open, 0 moves in the last hour"
    assert [translate("en", "unit.days"), translate("en", "unit.days", n="1")] == ["days", "day"]


def test_words_that_go_with_a_number_are_three_and_not_for_the_browser_to_fill() -> None:
    """The browser's own filling (``assets/*.js``) knows plain places alone."""
    numbered = {key: re.findall(r"\{(\w+)\|([^}]*)\}", text) for key, text in EN.items() if "|" in text}
    assert [key for key, places in numbered.items() if any(words.count("|") != 1 for _, words in places)] == []
    unknown = {key for key, places in numbered.items() if not {name for name, _ in places} <= _places(EN[key])}
    assert sorted(key for key in unknown if not key.startswith("unit.")) == []
    browser = ("alert.said.", "alert.step.", "desk.", "map.", "sound.say.", "time.", "wall.say.")
    assert sorted(key for key, places in numbered.items() if places and key.startswith(browser)) == []


def test_whatever_a_rule_saw_has_a_word() -> None:
    seen = _found(r'(?:seen=\{|beyond\[)"(\w+)"', "domain") | {"plate", "container", "yard"}
    assert {"wait_minutes", "visibility"} <= seen
    assert {f"packet.measure.{name}" for name in seen} <= ZH.keys()


def test_whatever_an_alert_may_be_about_has_a_word() -> None:
    kinds = _found(r'subject_kind="([a-z_]+)"', "domain", "pipeline")
    assert {"area", "container", "vessel"} <= kinds
    assert {f"subject.{kind}" for kind in kinds} <= ZH.keys()
