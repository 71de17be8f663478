"""What a rule's alerts are called, also those of an instance with a name of its own."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from components.format import sentence
from domain.rules import rule_of
from domain.rules.watching import STILL
from locales import known, translate

_RECORDS = {
    "vehicles": "vehicle_position", "vessels": "vessel_position", "stays": "container_stay", "tasks": "inspection_task",
    "measurements": "measurement", "weather": "weather_observation",
}  # fmt: skip
"""Facts that are the newest records of a dataset."""


def fact_words(name: str, lang: str) -> str:
    """What a rule looks at, e.g. ``yard`` or ``weather``."""
    return translate(lang, f"dataset.{_RECORDS[name]}" if name in _RECORDS else f"rule.fact.{name}")


def detail_words(detail: str, lang: str) -> str:
    """Why a rule cannot judge: what it needs and has not, else what was thrown, as it is."""
    name, _, more = detail.partition(" ")
    stands = {"": "rule.lacks", STILL: "rule.stands_still"}.get(more)
    if stands is None or not (name in _RECORDS or known(f"rule.fact.{name}")):
        return detail
    return translate(lang, stands, what=fact_words(name, lang))


def rule_title(name: str, lang: str) -> str:
    """What kind of alert: of ``gate_queue_night`` gate queues and ``night``; of a rule that is gone its name."""
    rule = rule_of(name)
    key = f"alert.{rule.name if rule else name}.title"
    if not known(key):
        return name
    own = name[len(rule.name) + 1 :] if rule else ""
    return f"{translate(lang, key)} · {own}" if own else translate(lang, key)


def rule_text(name: str, params: Mapping[str, Any], lang: str, now: datetime | None = None) -> str:
    """What exactly, as one sentence; empty of a rule that is gone.

    Args:
        name: of the rule's instance.
        params: of the alert.
        lang: language.
        now: time of the picture it stands in.
    """
    rule = rule_of(name)
    key = f"alert.{rule.name if rule else name}.text"
    if rule is not None and rule.name == "rule_unjudged":
        params = {**params, "detail": detail_words(str(params.get("detail", "")), lang)}
    return sentence(lang, key, params, now) if known(key) else ""
