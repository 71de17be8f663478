"""The two questions chance is asked about: who jumps more than it gives, and which agents and officers meet more."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dash import html
from dash.development.base_component import Component

from components.format import number, percent, place
from components.integrity import declaration, shown, table
from components.marks import shape
from components.tile import empty, tile
from domain.integrity import Cell, Facet, Pair, Report
from locales import translate

INDEX = ("name", "confirmations", "jumps", "jumped", "chance", "index", "q", "sure", "which")
PAIRS = ("agent", "officer", "met", "chance", "ratio", "q", "sure", "which")
LEAST_SHOWN = 0.001


def index_tile(report: Report, kind: str, lang: str, links: bool = True) -> Component:
    """The queue-jump index.

    Args:
        report: of the watch.
        kind: ``agent``, ``day`` or ``platform``.
        lang: language.
        links: whether declarations may be opened.
    """
    title = translate(lang, "integrity.index", kind=translate(lang, f"integrity.by.{kind}"))
    facet = report.facets.get(kind) or Facet(tested=0, permutations=0, cells=[])
    if not facet.permutations:
        return tile(title, empty(lang, "integrity_index", n=number(report.judged, lang)), ages=False)
    said = [
        translate(lang, f"integrity.dealt.{kind}", times=number(facet.permutations, lang)),
        _bound(facet.tested, report.fdr, lang), translate(lang, "integrity.lottery"),
    ]  # fmt: skip
    rows = [_cell(one, kind, lang, links) for one in facet.cells]
    body = [html.P(" ".join(said), className="integrity-said"), table(INDEX, rows, lang)]
    return tile(title, body, aside=shown(len(rows), max(facet.tested, len(rows)), lang), ages=False)


def pairs_tile(report: Report, lang: str, links: bool = True) -> Component:
    """Agents and officers that meet more often than chance within one platform and day would have it."""
    title, pairs = translate(lang, "integrity.pairs"), report.pairs
    if not pairs.rows:
        why = "integrity_pairs" if pairs.declarations else "integrity_officers"
        return tile(title, empty(lang, why, n=number(pairs.declarations, lang)), ages=False)
    said = [
        translate(lang, "integrity.pairs.said", n=number(pairs.declarations, lang)),
        _bound(pairs.tested, report.fdr, lang),
        translate(lang, "integrity.untold", n=number(pairs.untold, lang)),
    ]
    rows = [_pair(one, lang, links) for one in pairs.rows]
    body = [html.P(" ".join(said), className="integrity-said"), table(PAIRS, rows, lang)]
    return tile(title, body, aside=shown(len(rows), max(pairs.tested, len(rows)), lang), ages=False)


def _bound(tested: int, fdr: float, lang: str) -> str:
    return translate(lang, "integrity.bound", n=number(tested, lang), share=percent(fdr, lang))


def _cell(one: Cell, kind: str, lang: str, links: bool) -> list[Any]:
    expected = translate(
        lang, "integrity.chance", mean=number(one.expected, lang, 1), low=number(one.low, lang),
        high=number(one.high, lang),
    )  # fmt: skip
    return [
        place(one.name, lang) if kind == "platform" else one.name, number(one.confirmations, lang),
        number(one.jumps, lang), number(one.places, lang), expected,
        percent(one.index, lang, 1), _q(one.q, lang), _sure(one.found, lang),
        _which(one.declarations, one.jumps, lang, links),
    ]  # fmt: skip


def _pair(one: Pair, lang: str, links: bool) -> list[Any]:
    ratio = translate(
        lang, "integrity.ratio", ratio=number(one.ratio, lang, 1), low=number(one.low, lang, 1),
        high=number(one.high, lang, 1),
    )  # fmt: skip
    met = translate(lang, "integrity.met", n=number(one.met, lang), all=number(one.of_agent, lang))
    return [
        one.agent, one.officer, met, number(one.expected, lang, 1), ratio,
        _q(one.q, lang), _sure(one.found, lang), _which(one.declarations, one.met, lang, links),
    ]  # fmt: skip


def _q(q: float, lang: str) -> str:
    return f"< {number(LEAST_SHOWN, lang, 3)}" if q < LEAST_SHOWN else number(q, lang, 3)


def _sure(found: bool, lang: str) -> list[Any]:
    return [shape("l3"), translate(lang, "integrity.found")] if found else [translate(lang, "integrity.by_chance")]


def _which(numbers: Sequence[str], every: int, lang: str, links: bool) -> Any:
    """The declarations behind a row, opened by a click."""
    if not numbers:
        return "–"
    head = html.Summary(translate(lang, "integrity.which", n=len(numbers), all=number(every, lang)))
    return html.Details([head, html.Ul([html.Li(declaration(one, links)) for one in numbers])])
