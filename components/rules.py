"""Rules: every instance and how it is doing, what a rule declares of itself, who changed what."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from dash import html
from dash.development.base_component import Component

from components.alert_words import detail_words, fact_words, rule_title
from components.format import NONE, number, stamp
from components.marks import level_mark, shape
from components.rule_words import change_words, figure_of, grouped, label, step_words, value_words
from components.tile import empty, facts, tile
from domain.rule_list import Listed, Told, value_of
from domain.rules import rule_of
from domain.rules.base import AGENCIES, RuleInstance
from locales import translate

# Shape, and class of its colour: colour is for what is abnormal.
_DOING = {
    "ok": ("dot", "lamp-ok"), "no_data": ("l3", "lamp-degraded"), "error": ("l2", "lamp-late"),
    "unfit": ("l2", "lamp-late"), "off": ("dash", "lamp-disabled"), "draft": ("ring", "lamp-starting"),
    "": ("ring", "lamp-starting"),
}  # fmt: skip
MAIN_FIGURES = 2
COLUMNS = ("rule", "state", "levels", "figures", "standing", "since")


def doing_mark(doing: str, lang: str) -> Component:
    """How an instance is doing, as shape and word."""
    kind, colour = _DOING[doing]
    words = translate(lang, f"rule.state.{doing or 'unknown'}")
    return html.Span([shape(kind), html.Span(words, className="lamp-word")], className=f"lamp {colour}")


def rule_list(rows: Sequence[Listed], lang: str, here: str = "", standing: bool = True) -> Component:
    """Every instance, by the agency that has to act.

    Args:
        rows: the instances.
        lang: language.
        here: name of the one whose form is open.
        standing: whether it is known how many alerts stand.
    """
    title = translate(lang, "rule.list")
    if not rows:
        return tile(title, empty(lang, "rules"), ages=False)
    head = [html.Th(translate(lang, f"rule.column.{name}"), className=f"r-{name}", scope="col") for name in COLUMNS]
    body: list[Component] = []
    for agency in AGENCIES:
        mine = sorted((one for one in rows if one.instance.agency == agency), key=lambda one: one.instance.name)
        if mine:
            words = f"{translate(lang, f'agency.{agency}')} · {len(mine)}"
            group = html.Th(words, colSpan=len(COLUMNS), scope="rowgroup", className="r-agency")
            body += [html.Tr(group), *(_row(one, lang, here, standing) for one in mine)]
    table = html.Table([html.Thead(html.Tr(head)), html.Tbody(body)], className="table rules-table")
    unwell = sum(one.doing in ("error", "no_data", "unfit") for one in rows)
    aside = translate(lang, "rule.counted", n=number(len(rows), lang), unwell=number(unwell, lang))
    return tile(title, html.Div(table, className="scroll", tabIndex=0), aside=aside, ages=False)


def _row(one: Listed, lang: str, here: str, standing: bool) -> Component:
    of = one.instance
    name = html.A(rule_title(of.name, lang), href=f"/alerts/rules?{urlencode({'rule': of.name})}", **{"data-go": ""})
    waits = html.Small(translate(lang, "rule.draft_waits", who=one.draft.who)) if one.draft is not None else None
    doing = [doing_mark(one.doing, lang), html.Small(detail_words(one.detail, lang)) if one.detail else None]
    levels = [level_mark(level, lang, words=False) for level in sorted(set(of.levels.values()))]
    alerts = html.A(
        number(one.standing, lang),
        href=f"/alerts?{urlencode({'q': translate(lang, f'alert.{of.kind}.title')})}",
        **{"data-go": ""},
    )
    since = stamp(one.since, lang) if one.since is not None else translate(lang, "rule.configured")
    return html.Tr(
        [
            html.Th([name, waits], scope="row"), html.Td(doing, className="r-state"),
            html.Td(html.Span(levels, className="levels")), html.Td(_figures(of, lang), className="r-figures"),
            html.Td((alerts if one.standing else "0") if standing else NONE, className="num"),
            html.Td(since, className="r-since"),
        ],
        className="picked" if of.name == here else "",
    )  # fmt: skip


def _figures(of: RuleInstance, lang: str) -> str:
    keys = [f"params.{name}" for name in of.params.__struct_fields__][:MAIN_FIGURES]
    keys += ["hold_on_seconds"] if of.hold_on_seconds and len(keys) < MAIN_FIGURES else []
    words = [f"{label(of.name, key, lang)} {value_words(of.name, key, value_of(of, key), lang)}" for key in keys]
    return " · ".join(words) or NONE


def rule_about(one: Listed, lang: str) -> Component:
    """What a rule declares of itself: what it looks at, its figures, what shall be done."""
    of, rule = one.instance, rule_of(one.instance.name)
    if rule is None:
        return tile(rule_title(of.name, lang), empty(lang, "rules"), ages=False)
    reads = sorted({*rule.uses, *((rule.over,) if rule.over else ())})
    records = sorted(translate(lang, f"dataset.{_dataset(kind)}") for kind in rule.reads)
    pairs: list[tuple[str, Any]] = [
        (translate(lang, "rule.about.name"), html.Code(of.name)),
        (translate(lang, "rule.about.kind"), translate(lang, f"rule.kind.{rule.kind}")),
        (
            translate(lang, "rule.column.state"),
            [doing_mark(one.doing, lang), f" {detail_words(one.detail, lang)}" if one.detail else ""],
        ),
        (translate(lang, "rule.about.needs"), _words(rule.needs, lang)),
        (translate(lang, "rule.about.reads"), _words(reads, lang, records)),
        (translate(lang, "rule.field.action"), of.action or translate(lang, f"rule.action.{rule.name}")),
        (translate(lang, "rule.field.plan"), html.Ol([html.Li(step_words(step, lang)) for step in of.plan])),
    ]
    return tile(rule_title(of.name, lang), [facts(pairs), _bounds(of, lang)], ages=False, name="rule-about")


def _words(names: Sequence[str], lang: str, more: Sequence[str] = ()) -> str:
    return " · ".join(dict.fromkeys([*(fact_words(name, lang) for name in names), *more])) or NONE


def _dataset(kind: type) -> str:
    """The name of a record type as datasets have it: GateMove is gate_move."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", kind.__name__).lower()


def _bounds(of: RuleInstance, lang: str) -> Component | None:
    """Figures with what is in force, what they are by default, and what they may be."""
    keys = [f"params.{name}" for name in of.params.__struct_fields__]
    if not keys:
        return None
    head = [html.Th(translate(lang, f"rule.bounds.{name}"), className="" if name == "figure" else "num")
            for name in ("figure", "now", "default", "range")]  # fmt: skip
    rows = []
    for key in keys:
        one = figure_of(of.name, key)
        assert one is not None  # noqa: S101 - every figure has bounds, domain.rule_instances.figures
        spoken = [value_words(of.name, key, value, lang) for value in (value_of(of, key), one.default)]
        span = f"{grouped(one.low, one.unit, lang)}–{value_words(of.name, key, one.high, lang)}"
        cells = [html.Td(words, className="num") for words in (*spoken, span)]
        rows.append(html.Tr([html.Th(label(of.name, key, lang), scope="row"), *cells]))
    return html.Table([html.Thead(html.Tr(head)), html.Tbody(rows)], className="table rule-bounds")


def rule_history(told: Sequence[Told], name: str, lang: str) -> Component:
    """Who set what and when, newest first, each with what it changed of what was in force."""
    title = translate(lang, "rule.history")
    if not told:
        return tile(title, empty(lang, "rule_history"), ages=False)
    items = [_version(one, name, lang) for one in told]
    return tile(title, html.Ul(items, className="rule-versions scroll", tabIndex=0), aside=str(len(told)), ages=False)


def _version(one: Told, name: str, lang: str) -> Component:
    of = one.version
    state = translate(lang, f"rule.version.{of.state}")
    head = [html.B(f"{of.version} · {state}"), html.Span(of.who), html.Time(stamp(of.at, lang))]
    changed = [html.Li(words) for words in change_words(name, one.changed, lang)]
    note = html.P(of.note, className="rule-said") if of.note else None
    return html.Li([html.P(head), note, html.Ul(changed)])
