"""Whom alerts are told to outside of the cockpit, when, and what became of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
from dash import dcc, html
from dash.development.base_component import Component

from components.alert_words import rule_title
from components.format import NONE, clock, duration, number
from components.marks import level_mark, shape
from domain.deliveries import Doing
from domain.escalation import LEVELS, Escalation, Target
from domain.sent import SentRow
from locales import translate

TARGETS = ("target", "doing", "waiting", "levels", "stages", "agencies", "hours", "language")
SENT = ("due", "target", "level", "alert", "stage", "state", "attempts", "tried", "detail")
NUMBERS = frozenset({"waiting", "attempts"})
AMISS = ("failing", "resting")


class Told(msgspec.Struct, frozen=True):
    """A target and how it is doing; ``waiting``: how many messages it is still to get."""

    name: str
    target: Target
    doing: Doing = Doing()
    waiting: int = 0


def titled(name: str, target: Target | None, lang: str) -> str:
    """What people call a target."""
    if target is None:
        return name
    return (target.title_en if lang == "en" else target.title_zh) or target.title_zh or target.title_en or name


def targets_table(targets: Sequence[Told], lang: str, now: datetime, tests: bool) -> Component:
    """All targets; what fails is marked.

    Args:
        targets: in the order of the configuration.
        lang: language.
        now: aware UTC.
        tests: whether each has a button to try it.
    """
    if not targets:
        return html.Div(html.P(translate(lang, "notify.none")), className="empty", role="note")
    columns = (*TARGETS, "test") if tests else TARGETS
    rows = []
    for told in targets:
        cells = _of_target(told, lang, now)
        if tests:
            words = translate(lang, "notify.test_words", name=titled(told.name, told.target, lang))
            cells["test"] = html.Button(
                translate(lang, "notify.test"), title=words, disabled=not told.target.enabled,
                **{"data-pick": "notify-pick", "data-value": told.name, "aria-label": words},
            )  # fmt: skip
        rows.append(_row(cells, columns))
    return _table(columns, rows, "notify-targets", lang)


def _of_target(told: Told, lang: str, now: datetime) -> dict[str, Any]:
    target = told.target
    stages = [translate(lang, "notify.stage.0") if one == 0 else number(one, lang) for one in target.stages]
    agencies = [translate(lang, f"agency.{one}") for one in target.agencies]
    every = translate(lang, "notify.all")
    return {
        "target": html.B(titled(told.name, target, lang)),
        "doing": _doing(told, lang, now),
        "waiting": number(told.waiting, lang) if told.waiting else NONE,
        "levels": html.Span([level_mark(level, lang, words=False) for level in target.levels], className="levels"),
        "stages": _listed(stages, lang), "agencies": _listed(agencies, lang) or every,
        "hours": _listed(target.hours, lang) or translate(lang, "notify.always"),
        "language": translate(lang, f"notify.language.{target.language or 'own'}"),
    }  # fmt: skip


def _doing(told: Told, lang: str, now: datetime) -> Component:
    doing = told.doing
    state = doing.state if told.target.enabled else "off"
    words = translate(
        lang, f"notify.doing.{state}", time=clock(doing.since, lang, now), n=number(doing.failures, lang),
        result=result_words(doing.result, lang), until=clock(doing.rests_until, lang, now),
    )  # fmt: skip
    if state in AMISS:
        return html.Span([shape("l2"), words], className="remark")
    return html.Span([shape("dot" if state == "ok" else "ring"), words], className=f"notify-doing is-{state}")


def result_words(result: str, lang: str) -> str:
    """What became of an attempt."""
    return translate(lang, f"notify.result.{result}") if result else NONE


def stages_table(escalation: Escalation, targets: Mapping[str, Target], lang: str) -> Component:
    """Escalation in words: for each level what happens when, while nobody acknowledges."""
    parts: list[Component] = []
    for level in LEVELS:
        lines = []
        for stage, seconds in enumerate((0.0, *escalation.of(level))):
            told = [
                titled(name, one, lang)
                for name, one in targets.items()
                if one.enabled and level in one.levels and stage in one.stages
            ]
            lines.append(html.Li([html.B(_after(seconds, lang)), html.Span(_who(told, stage, lang))]))
        parts.append(html.Div([level_mark(level, lang), html.Ol(lines)], className="notify-level"))
    note = html.P(translate(lang, "notify.stages_note"), className="notify-note")
    return html.Div([*parts, note], className="notify-stages scroll", tabIndex=0)


def _after(seconds: float, lang: str) -> str:
    return (
        translate(lang, "notify.stage.after", waited=waited(seconds, lang))
        if seconds
        else translate(lang, "notify.stage.at_once")
    )


def waited(seconds: float, lang: str) -> str:
    """How long nobody has acknowledged."""
    if seconds and seconds % 3600 == 0:
        return translate(lang, "span.h", n=number(seconds / 3600, lang))
    return duration(seconds / 60, lang) if seconds >= 60 else translate(lang, "span.seconds", n=number(seconds, lang))


def _who(told: Sequence[str], stage: int, lang: str) -> str:
    if told:
        return translate(lang, "notify.stage.told", names=_listed(told, lang))
    return translate(lang, "notify.stage.nobody" if stage else "notify.stage.nobody_new")


def sent_table(
    rows: Sequence[SentRow], targets: Mapping[str, Target], lang: str, now: datetime, links: bool
) -> Component:
    """The log of deliveries, newest due first.

    Args:
        rows: entries.
        targets: for what people call them.
        lang: language.
        now: aware UTC.
        links: whether alerts may be opened.
    """
    if not rows:
        return html.Div(html.P(translate(lang, "notify.log_empty")), className="empty", role="note")
    body = [_row(_of_entry(row, targets, lang, now, links), SENT) for row in rows]
    return _table(SENT, body, "notify-sent", lang)


def _of_entry(row: SentRow, targets: Mapping[str, Target], lang: str, now: datetime, links: bool) -> dict[str, Any]:
    what: Any = rule_title(row.rule, lang) if row.rule else translate(lang, "notify.kind.test")
    what = f"{what} {row.subject}".strip()
    if links and row.alert_id:
        what = dcc.Link(what, href=f"/alerts/{row.alert_id}")
    stage = NONE if not row.rule else translate(lang, "notify.stage.0")
    return {
        "due": clock(row.due_at, lang, now), "target": titled(row.target, targets.get(row.target), lang) or NONE,
        "level": level_mark(row.level, lang) if row.level else NONE, "alert": what,
        "stage": translate(lang, "notify.stage.n", n=number(row.stage, lang)) if row.stage else stage,
        "state": _state(row, lang), "attempts": number(row.attempts, lang) if row.attempts else NONE,
        "tried": clock(row.tried_at, lang, now), "detail": row.detail or NONE,
    }  # fmt: skip


def _state(row: SentRow, lang: str) -> Component:
    recorded = row.kind == "escalate" and row.state == "done"
    words = translate(lang, f"notify.state.{'recorded' if recorded else row.state}")
    if row.result not in ("", "sent"):
        words = f"{words} · {result_words(row.result, lang)}"
    amiss = row.state == "dead" or (row.state in ("pending", "claimed") and row.attempts)
    return html.Span([shape("l2"), words], className="remark") if amiss else html.Span(words)


def _listed(words: Sequence[str], lang: str) -> str:
    return ("、" if lang == "zh_CN" else ", ").join(words)


def _row(cells: Mapping[str, Any], columns: Sequence[str]) -> Component:
    return html.Tr([html.Td(cells[name], className=f"n-{name}{' num' * (name in NUMBERS)}") for name in columns])


def _table(columns: Sequence[str], rows: Sequence[Component], name: str, lang: str) -> Component:
    head = [
        html.Th(translate(lang, f"notify.col.{one}"), className=f"n-{one}{' num' * (one in NUMBERS)}")
        for one in columns
    ]
    table = html.Table([html.Thead(html.Tr(head)), html.Tbody(list(rows))], className=f"table {name}")
    return html.Div(table, className="scroll", tabIndex=0)
