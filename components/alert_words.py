"""What a rule's alerts are called, also those of an instance with a name of its own."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from components.format import sentence
from domain.rules import rule_of
from locales import known, translate


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
    return sentence(lang, key, params, now) if known(key) else ""
