"""How good data are: a small mark, with the four dimensions behind it."""

from __future__ import annotations

from dash import html
from dash.development.base_component import Component

from components.format import number, percent
from components.marks import shape
from domain.pictures import FeedRow
from domain.scores import DIMENSIONS, LOW, Score
from locales import translate


def score_mark(row: FeedRow, lang: str) -> Component | None:
    """The mark of a feed; None while it has no score."""
    return None if row.score is None else mark(row.score, lang)


def said(row: FeedRow, lang: str) -> list[Component]:
    """The score of a feed in figures: of all, and of each dimension; nothing while it has none."""
    if row.score is None:
        return []
    head = translate(lang, "quality.title", n=number(row.score.overall, lang))
    return [html.Small(head, title=_in_words(row.score, lang)), dimensions(row.score, lang)]


def mark(score: Score, lang: str, href: str = "/feeds") -> Component:
    """A score as shape and figure; below the line it says which dimension is the worst.

    Hovering or the keyboard's focus shows all four, a click leads to the feeds.

    Args:
        score: of one feed, or of the worst behind a tile.
        lang: language of the screen.
        href: where more is said.
    """
    low = score.low(LOW)
    words = translate(
        lang, "quality.low" if low else "quality.well", n=number(score.overall, lang), worst=_named(score, lang)
    )
    inner = [
        shape("l3" if low else "ring"),
        html.Span(words, className="score-word" if low else "score-word unseen"),
        html.Span(dimensions(score, lang), className="score-more"),
    ]
    return html.A(inner, href=href, className="score low" if low else "score", title=_in_words(score, lang))


def dimensions(score: Score, lang: str) -> Component:
    """The four dimensions with their shares, the worst marked."""
    cells = []
    for name in DIMENSIONS:
        share = score.shares.get(name)
        worst = name == score.worst and score.low(LOW)
        term = translate(lang, f"quality.{name}")
        cells.append(
            html.Span(
                [html.Span([shape("l3"), term] if worst else term), html.B(percent(share, lang, 1))],
                className="worst" if worst else "",
            )
        )
    return html.Span(cells, className="dimensions")


def _named(score: Score, lang: str) -> str:
    return str(translate(lang, f"quality.{score.worst}"))


def _in_words(score: Score, lang: str) -> str:
    told = [f"{translate(lang, f'quality.{name}')} {percent(score.shares.get(name), lang, 1)}" for name in DIMENSIONS]
    head = translate(lang, "quality.title", n=number(score.overall, lang))
    return f"{head}: {', '.join(told)}"
