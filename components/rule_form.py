"""The form a rule instance is changed with, made of what its rule declares; and what was typed, as changes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, get_args

import msgspec
from dash import dcc, html
from dash.development.base_component import Component
from msgspec.structs import asdict

from components.alert_words import rule_title
from components.backtest import backtest_ask
from components.rule_words import (
    change_words,
    figure_of,
    grouped,
    label,
    read,
    step_words,
    unit,
    value_words,
    written,
)
from domain.rule_instances import RANGES, Changes, Figure, default, out_of_order
from domain.rule_list import Book, keys_of, value_of
from domain.rule_versions import RuleEditError, RuleVersion
from domain.rules import rule_of
from domain.rules.base import AGENCIES, NoData, RuleInstance
from locales import LANGUAGES, catalogue, translate

FIELD = "rule-field"
NOTE_LETTERS = 400
_LINES = ("plan", "active_hours", "parents")
_YES = "yes"


def fields_of(instance: RuleInstance, lang: str) -> dict[str, Any]:
    """The values of the form, by key."""
    return {key: _shown(instance, key, lang) for key in keys_of(instance)}


def _shown(instance: RuleInstance, key: str, lang: str) -> Any:
    value, one = value_of(instance, key), figure_of(instance.name, key)
    if one is not None:
        return written(value, one.unit)
    if key == "enabled":
        return [_YES] if value else []
    if key in _LINES:
        return "\n".join(step_words(step, lang) if key == "plan" else step for step in value)
    return value


def changes_of(fields: Mapping[str, Any], base: RuleInstance) -> tuple[Changes, list[str]]:
    """What was typed, where it is otherwise than the configuration says.

    Args:
        fields: values of the form, by key.
        base: the instance as configured.

    Returns:
        The changes, and the keys of values nobody can read.
    """
    said: dict[str, Any] = {"params": {}, "levels": {}}
    wrong = []
    for key in keys_of(base):
        try:
            value = _typed(fields[key], key, base)
        except (ArithmeticError, LookupError, TypeError, ValueError):
            wrong.append(key)
            continue
        if value == value_of(base, key):
            continue
        part, _, name = key.partition(".")
        if name:
            said[part][name] = value
        else:
            said[key] = value
    return msgspec.convert(said, Changes), wrong


def _typed(value: Any, key: str, base: RuleInstance) -> Any:
    one = figure_of(base.name, key)
    if one is not None:
        number = read(value, one.unit)
        if key == "count" and number != int(number):
            raise ValueError(number)
        return int(number) if key == "count" else number
    if key == "enabled":
        return _YES in (value or [])
    if key.startswith("levels."):
        return int(value)
    if key in _LINES:
        lines = tuple(line.strip() for line in str(value or "").splitlines() if line.strip())
        return tuple(_code(line, base) for line in lines) if key == "plan" else lines
    if key == "no_data" and value not in get_args(NoData):
        raise ValueError(value)
    return str(value or "").strip()


def _code(line: str, base: RuleInstance) -> str:
    """The built-in step a line says, in any language; else the line itself."""
    steps = [key.removeprefix("rule.step.") for key in catalogue(LANGUAGES[0]) if key.startswith("rule.step.")]
    known = (
        step for step in (*base.plan, *steps) if line in {translate(lang, f"rule.step.{step}") for lang in LANGUAGES}
    )
    return next(known, line)


def rule_form(
    base: RuleInstance, shown: RuleInstance, last: RuleVersion | None, lang: str, why_not: str = ""
) -> list[Component]:
    """The form of an instance.

    Args:
        base: as configured; its values stand beside those that are otherwise.
        shown: as the form shows it: the newest draft, else what is in force.
        last: the newest version; None: nobody set anything.
        lang: language.
        why_not: why nothing can be changed; empty: it can.
    """
    inputs = [_field(key, base, shown, lang, bool(why_not)) for key in keys_of(base)]
    kinds = {"params": "figures", "levels": "levels"}
    groups: dict[str, list[Component]] = {}
    for key, inner in zip(keys_of(base), inputs, strict=True):
        groups.setdefault(kinds.get(key.partition(".")[0]) or _group(key), []).append(inner)
    parts = [
        html.Fieldset([html.Legend(translate(lang, f"rule.group.{name}")), *inner], disabled=bool(why_not))
        for name, inner in groups.items()
    ]  # fmt: skip
    fields = html.Div(parts, className="rule-fields")
    if why_not:
        return [html.P(why_not, className="locked", role="note"), fields]
    return [fields, _ending(shown.name, last, lang)]


def _group(key: str) -> str:
    return "timing" if key in RANGES or key in ("active_hours", "no_data") else "answer" if key != "enabled" else "runs"


def _ending(name: str, last: RuleVersion | None, lang: str) -> Component:
    draft = last if last is not None and last.state == "draft" else None
    note = dcc.Input(id="rule-note", value=draft.note if draft is not None else "", className="screen-input",
                     maxLength=NOTE_LETTERS, placeholder=translate(lang, "rule.hint.note"))  # fmt: skip
    buttons = [
        html.Button(translate(lang, "rule.act.draft"), id="rule-draft", n_clicks=0),
        html.Button(translate(lang, "rule.act.publish"), id="rule-publish", n_clicks=0, hidden=draft is None),
        html.Button(
            translate(lang, "rule.act.retire"),
            id="rule-retire",
            n_clicks=0,
            hidden=last is None or last.state == "retired",
        ),
        html.Button(translate(lang, "rule.act.undo"), **{"data-pick": "rules-drawn", "data-value": name}),
    ]
    parts = [
        html.Label([html.Span(translate(lang, "rule.field.note")), note], className="screen-field"),
        backtest_ask(name, lang),
        html.Div(buttons, className="screen-acts"),
    ]
    return html.Div(parts, className="rule-ending")


def _field(key: str, base: RuleInstance, shown: RuleInstance, lang: str, locked: bool) -> Component:
    value, words, one = _shown(shown, key, lang), html.Span(label(base.name, key, lang)), figure_of(base.name, key)
    declared = value_of(base, key) != value_of(shown, key)
    told = [
        html.Small(translate(lang, "rule.as_configured", value=value_words(base.name, key, value_of(base, key), lang)))
    ]
    ident = {"type": FIELD, "key": key}
    if one is not None:
        inner = dcc.Input(id=ident, value=value, inputMode="decimal", className="screen-input", disabled=locked)
        range_ = html.Small(
            f"{unit(one, lang)} · {grouped(one.low, one.unit, lang)}–{grouped(one.high, one.unit, lang)}".strip(" ·")
        )
        return html.Label([words, html.Span([inner, range_], className="rule-number"), *(told if declared else [])],
                          className=f"screen-field{' is-otherwise' if declared else ''}")  # fmt: skip
    options = _options(key, lang, locked)
    if options:
        chosen = dcc.Checklist if key == "enabled" else dcc.RadioItems
        inner = chosen(options, value, id=ident, className="segments")
        return html.Div([words, inner, *(told if declared else [])], role="group",
                        className=f"screen-field{' is-otherwise' if declared else ''}",
                        **{"aria-label": label(base.name, key, lang)})  # fmt: skip
    hint = translate(lang, f"rule.action.{base.kind}") if key == "action" else translate(lang, f"rule.hint.{key}")
    asked = {
        "id": ident,
        "value": value,
        "className": "screen-input rule-text",
        "placeholder": hint,
        "disabled": locked,
    }
    inner = dcc.Input(**asked) if key == "action" else dcc.Textarea(rows=6 if key == "plan" else 2, **asked)
    return html.Label([words, inner, *(told if declared else [])],
                      className=f"screen-field{' is-otherwise' if declared else ''}")  # fmt: skip


def _options(key: str, lang: str, locked: bool) -> list[dict[str, Any]]:
    values: Iterable[tuple[Any, str]] = ()
    if key.startswith("levels."):
        values = [(level, translate(lang, f"level.{level}")) for level in (1, 2, 3, 4)]
    elif key == "agency":
        values = [(one, translate(lang, f"agency.{one}")) for one in AGENCIES]
    elif key == "no_data":
        values = [(one, translate(lang, f"rule.no_data.{one}")) for one in get_args(NoData)]
    elif key == "enabled":
        values = [(_YES, translate(lang, "rule.enabled.yes"))]
    return [{"value": value, "label": words, "disabled": locked} for value, words in values]


def wrong_words(
    name: str, keys: Iterable[str], changes: Changes, limits: Mapping[str, float], lang: str,
    base: RuleInstance | None = None,
) -> list[str]:  # fmt: skip
    """What is wrong with what was typed, each with its field and what it may be.

    Args:
        name: of the instance.
        keys: of the values that cannot be.
        changes: what was typed.
        limits: ``settings.Limits`` by key.
        lang: language.
        base: what is changed; None: the rule's own instance.
    """
    found = []
    for key in dict.fromkeys(keys):
        own = key != "params"
        found += [_wrong(name, key, changes, limits, lang)] if own else _disordered(name, changes, limits, lang, base)
    return found


def _disordered(
    name: str, changes: Changes, limits: Mapping[str, float], lang: str, base: RuleInstance | None
) -> list[str]:
    """Figures that contradict each other, with what they are."""
    rule = rule_of(name)
    if rule is None:
        return []
    params = asdict((base or default(rule, limits)).params) | changes.params

    def said(one: Figure) -> str:
        value = grouped(params[one.name], one.unit, lang)
        return f"{label(name, f'params.{one.name}', lang)} ({value} {unit(one, lang)})"

    return [
        translate(lang, "rule.wrong.order", field=said(low), other=said(high))
        for low, high in out_of_order(rule, params)
    ]


def _wrong(name: str, key: str, changes: Changes, limits: Mapping[str, float], lang: str) -> str:
    one = figure_of(name, key)
    if one is None:
        code = key if key in ("active_hours", "parents", "plan", "action") else "name" if not key else "choice"
        return translate(lang, f"rule.wrong.{code}", field=label(name, key, lang) if key else name)
    if key == "window_seconds" and changes.window_seconds in (None, 0):
        return translate(lang, "rule.wrong.window", field=label(name, key, lang))
    low = max(one.low, limits.get(one.limit, one.low)) if one.floor else one.low
    return translate(lang, f"rule.wrong.{_sort(one)}", field=label(name, key, lang), unit=unit(one, lang),
                     low=grouped(low, one.unit, lang), high=grouped(one.high, one.unit, lang)).strip()  # fmt: skip


def _sort(one: Figure) -> str:
    return "whole" if one.whole else "range"


def refused(error: RuleEditError, book: Book, lang: str) -> list[str]:
    """Why an edit was not taken, in words: who changed it meanwhile, and what.

    Args:
        error: the refusal.
        book: with the versions as they stand now.
        lang: language.
    """
    title, last = rule_title(error.name, lang), error.last
    if last is None:
        return [translate(lang, f"rule.error.{error.code}", rule=title)]
    said = translate(lang, f"rule.error.{error.code}", rule=title, who=last.who, version=last.version,
                     state=translate(lang, f"rule.version.{last.state}"), note=last.note or "–")  # fmt: skip
    told = next((one for one in book.history(error.name) if one.version.version == last.version), None)
    return [said, *change_words(error.name, told.changed if told is not None else None, lang)]
