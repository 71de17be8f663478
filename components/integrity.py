"""The integrity watch in words and tables: who was confirmed out of order, who was left lying, who stays long.

Nothing here accuses: every table says how many it rests on and what chance or the definition alone would give.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dash import html
from dash.development.base_component import Component

from components.format import day_clock, duration, number, percent, place, stamp
from components.links import declaration_link
from components.marks import shape
from components.tile import empty, tile
from domain.integrity import Jump, Lying, Report, Stay
from locales import known, translate

TAIL = 8  # digits of a declaration's number that are shown; the whole of it is in its link and in every file
JUMPS = ("time", "declaration", "agent", "platform", "stood", "places", "waited", "passed", "reason")
LYING = ("declaration", "agent", "platform", "since", "passed_by", "waited")
STAYS = ("declaration", "stage", "until", "minutes", "usual", "limit", "ratio", "compared")
FIGURES = frozenset({
    "stood", "places", "waited", "passed_by", "minutes", "usual", "limit", "ratio", "confirmations", "jumps", "jumped",
    "chance", "index", "q", "met",
})  # fmt: skip


def integrity_about(report: Report, lang: str) -> Component:
    """What was looked at, what the feeds do not tell, and what this is for."""
    words = translate(
        lang, "integrity.about", time=stamp(report.at, lang), days=report.days,
        confirmed=number(report.confirmed, lang), judged=number(report.judged, lang),
    )  # fmt: skip
    lacks = [
        html.P([shape("l4"), translate(lang, f"integrity.lack.{code}")], className="integrity-lack")
        for code in report.lacks
    ]
    return html.Div([html.P(words), html.P(translate(lang, "integrity.purpose")), *lacks], className="integrity-about")


def jumps_tile(report: Report, lang: str, links: bool = True) -> Component:
    """Confirmations that went past better placed declarations."""
    title = translate(lang, "integrity.jumps")
    said = translate(
        lang, "integrity.jumps.said", n=number(report.without, lang), reasoned=number(report.with_reason, lang),
        judged=number(report.judged, lang),
    )  # fmt: skip
    if not report.jumps:
        return tile(title, empty(lang, "integrity_jumps", n=number(report.judged, lang)), ages=False)
    rows = [_jump(one, lang, links) for one in report.jumps]
    body = [html.P(said, className="integrity-said"), table(JUMPS, rows, lang)]
    return tile(title, body, aside=shown(len(rows), report.without + report.with_reason, lang), ages=False)


def lying_tile(report: Report, lang: str, links: bool = True) -> Component:
    """Declarations many went past without anything that held them."""
    title = translate(lang, "integrity.lying")
    if not report.lying:
        return tile(title, empty(lang, "integrity_lying", n=number(report.judged, lang)), ages=False)
    rows = [_lying(one, lang, links) for one in report.lying]
    said = html.P(translate(lang, "integrity.lying.said"), className="integrity-said")
    return tile(
        title, [said, table(LYING, rows, lang)], aside=shown(len(rows), report.left_lying, lang), ages=False
    )  # fmt: skip


def stays_tile(report: Report, lang: str, links: bool = True) -> Component:
    """Declarations that stood longer at a node than nearly all of their kind."""
    title, stays = translate(lang, "integrity.stays"), report.stays
    beyond = stays.beyond + stays.beyond_open
    if not beyond:
        few = "integrity_stays_few" if not stays.ended + stays.standing else "integrity_stays"
        counts = {"n": number(stays.ended + stays.standing, lang), "uncompared": number(stays.uncompared, lang)}
        return tile(title, empty(lang, few, **counts), ages=False)
    said = translate(
        lang, "integrity.stays.said", share=percent(stays.quantile, lang), days=report.baseline_days,
        ended=number(stays.ended, lang), beyond=number(stays.beyond, lang), expected=number(stays.expected, lang),
        standing=number(stays.standing, lang), open=number(stays.beyond_open, lang),
    )  # fmt: skip
    rows = [_stay(one, lang, links) for one in stays.rows]
    body = [html.P(said, className="integrity-said"), table(STAYS, rows, lang)]
    return tile(title, body, aside=shown(len(rows), beyond, lang), ages=False)


def table(columns: Sequence[str], rows: Sequence[Sequence[Any]], lang: str) -> Component:
    """A table of the watch; a cell is words, parts, or a ready ``Td``."""
    heads = [html.Th(translate(lang, f"integrity.column.{name}"), className=_figures(name)) for name in columns]
    lines = [
        html.Tr([
            cell if isinstance(cell, html.Td) else html.Td(cell, className=_figures(name))
            for name, cell in zip(columns, row, strict=True)
        ])
        for row in rows
    ]  # fmt: skip
    inner = html.Table([html.Thead(html.Tr(heads)), html.Tbody(lines)], className="table integrity-table")
    return html.Div(inner, className="scroll", tabIndex=0)


def shown(rows: int, every: int, lang: str) -> str:
    """How many of how many a table shows."""
    return translate(lang, "integrity.shown", n=number(rows, lang), all=number(every, lang))


def declaration(number_: str, links: bool) -> Component:
    """A declaration by the end of its number, which leads to it for whoever may see it."""
    short = f"…{number_[-TAIL:]}" if len(number_) > TAIL + 1 else number_
    if not links:
        return html.Span(short, title=number_)
    return html.Span(declaration_link(number_, short), title=number_)


def declaration_cell(number_: str, links: bool) -> Component:
    """The same as a cell that is written out in full in a file."""
    return html.Td(declaration(number_, links), title=number_)


def _figures(name: str) -> str:
    return "num" if name in FIGURES else ""


def _jump(one: Jump, lang: str, links: bool) -> list[Any]:
    reason: list[Any] = [html.Span(one.reason) if one.reason else translate(lang, "integrity.no_reason")]
    reason += [html.Small(translate(lang, f"integrity.doubt.{code}")) for code in one.doubts]
    return [
        day_clock(one.at), declaration_cell(one.declaration_no, links), _named(one.agent, lang),
        _where(one.platform, lang), translate(lang, "integrity.stood", place=one.place, all=one.together),
        number(one.places, lang), _waited(one.minutes, one.waits, lang), declaration_cell(one.passed[0], links),
        html.Td(reason, className="wraps"),
    ]  # fmt: skip


def _lying(one: Lying, lang: str, links: bool) -> list[Any]:
    return [
        declaration_cell(one.declaration_no, links), _named(one.agent, lang), _where(one.platform, lang),
        day_clock(one.since), number(one.passed_by, lang), _waited(one.minutes, one.waits, lang),
    ]  # fmt: skip


def _stay(one: Stay, lang: str, links: bool) -> list[Any]:
    until: Any = day_clock(one.until)
    if one.until is None:
        hold = f"hold.{one.hold}"
        held = [html.Small(translate(lang, hold) if known(hold) else one.hold)] if one.hold else []
        until = [shape("l3"), translate(lang, "integrity.stands"), *held]
    sure = [] if one.sure else [html.Small(translate(lang, "integrity.unsure"))]
    against = translate(
        lang, "integrity.compared", n=number(one.compared, lang), kind=translate(lang, f"integrity.kind.{one.kind}")
    )
    return [
        declaration_cell(one.declaration_no, links), translate(lang, f"node.{one.stage}"), until,
        duration(one.minutes, lang), duration(one.usual, lang), duration(one.limit, lang),
        f"{number(one.ratio, lang, 1)}×", [against, *sure],
    ]  # fmt: skip


def _waited(minutes: float, waits: bool, lang: str) -> str:
    words = duration(minutes, lang)
    return translate(lang, "integrity.waits", span=words) if waits else words


def _where(platform: str, lang: str) -> Component:
    return html.Td(place(platform, lang), className="wraps")


def _named(agent: str, lang: str) -> str:
    return agent or translate(lang, "integrity.unnamed")
