"""Rules in words: their names, the names of what can be set, and values with units."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from babel.numbers import format_decimal

from components.alert_words import rule_title
from components.format import NONE
from domain.rule_instances import RANGES, Figure, figures
from domain.rules import rule_of
from locales import known, translate

UNITS = {
    "hold_on_seconds": "seconds", "hold_off_seconds": "seconds", "window_seconds": "seconds", "dead_band": "share",
    "count": "",
}  # fmt: skip
"""Unit of those of ``RANGES``."""


def label(name: str, key: str, lang: str) -> str:
    """What a key of an instance is called; a figure in words of its own rule where there are any."""
    part, _, of = key.partition(".")
    if part == "params":
        rule = rule_of(name)
        own = f"rule.param.{rule.name}.{of}" if rule is not None else ""
        return translate(lang, own if known(own) else f"rule.param.{of}")
    return translate(lang, f"rule.grade.{of}") if part == "levels" else translate(lang, f"rule.field.{key}")


def figure_of(name: str, key: str) -> Figure | None:
    """The bounds of a key that is a number; None: it is none."""
    rule = rule_of(name)
    if rule is not None and key.startswith("params."):
        return next((one for one in figures(rule) if f"params.{one.name}" == key), None)
    if key not in RANGES:
        return None
    low, high = RANGES[key]
    return Figure(name=key, unit=UNITS[key], low=low, high=high, default=0, whole=key == "count")


def unit(one: Figure, lang: str, said: str = "") -> str:
    """Its unit, as it goes with a number; empty for a count."""
    return translate(lang, f"unit.{one.unit}", n=said) if one.unit else ""


def written(value: float, of: str) -> str:
    """A number as a person types it: a share in percent. Exact: ``read`` gives the same number back."""
    exact = Decimal(repr(float(value)))
    text = f"{exact.scaleb(2) if of == 'share' else exact:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def grouped(value: float, of: str, lang: str) -> str:
    """A number as a person reads it, with the language's grouping and all its digits."""
    return str(format_decimal(Decimal(written(value, of)), format="#,##0.############", locale=lang))


def read(text: Any, of: str) -> float:
    """The number a person typed.

    Raises:
        ArithmeticError, ValueError: it is none.
    """
    exact = Decimal(str(text).strip())
    return float(exact.scaleb(-2) if of == "share" else exact)


def step_words(step: str, lang: str) -> str:
    """A step of a plan: a built-in code in words, own words as they are."""
    key = f"rule.step.{step}"
    return translate(lang, key) if known(key) else step


def value_words(name: str, key: str, value: Any, lang: str) -> str:
    """A value of an instance, with its unit."""
    one = figure_of(name, key)
    if one is not None:
        said = grouped(value, one.unit, lang)
        return f"{said} {unit(one, lang, said)}".strip()
    if key.startswith("levels."):
        return translate(lang, f"level.{value}")
    if key == "enabled":
        return translate(lang, f"rule.enabled.{'yes' if value else 'no'}")
    if key in ("no_data", "agency"):
        return translate(lang, f"{'rule.no_data' if key == 'no_data' else 'agency'}.{value}")
    if key == "plan":
        return " → ".join(step_words(step, lang) for step in value) or NONE
    if key == "parents":
        return " · ".join(rule_title(parent, lang) for parent in value) or NONE
    return (value if isinstance(value, str) else " · ".join(value)) or NONE


def change_words(name: str, changed: Iterable[tuple[str, Any, Any]] | None, lang: str) -> list[str]:
    """What a version says otherwise than the one before, a line each."""
    if changed is None:
        return [translate(lang, "rule.unfit")]
    return [
        f"{label(name, key, lang)}: {value_words(name, key, was, lang)} → {value_words(name, key, is_, lang)}"
        for key, was, is_ in changed
    ] or [translate(lang, "rule.no_difference")]  # fmt: skip
