"""What other feeds say otherwise of a thing, beside what is shown, and how old the shown word is."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from dash import html
from dash.development.base_component import Component

from components.format import duration, place, stamp
from components.marks import shape
from domain.disagreement import TIMES, Word
from locales import translate

_CATALOGUES = {"direction": "direction", "enterprise_class": "class", "mode": "mode"}
_COLUMNS = ("field", "shown", "said")


def other_words(words: Sequence[Word], lang: str) -> list[Component]:
    """A table for each feed that contradicts; none where nobody does."""
    return [
        html.Div(
            [
                html.P([shape("l3"), html.Span(_head(word, lang))]),
                html.Table(
                    [
                        html.Thead(html.Tr([html.Th(translate(lang, f"words.{name}")) for name in _COLUMNS])),
                        html.Tbody([_contradiction(field, pair, lang) for field, pair in word.fields.items()]),
                    ]
                ),
            ],
            className="other-words",
        )
        for word in words
    ]


def _head(word: Word, lang: str) -> str:
    said = translate(lang, "words.head", feed=word.feed, time=stamp(word.said_at, lang))
    if word.part:
        said = translate(
            lang, "words.of", dataset=translate(lang, f"dataset.{word.dataset}"), part=word.part, said=said
        )
    if word.shown_at is None:
        return said
    older = (word.said_at - word.shown_at).total_seconds() / 60
    shown = translate(lang, "words.shown_word", feed=word.shown_feed, time=stamp(word.shown_at, lang))
    if older >= 1:
        shown = translate(lang, "words.older", shown=shown, age=duration(older, lang))
    return f"{said} · {shown}"


def _contradiction(field: str, pair: tuple[str, str], lang: str) -> Component:
    return html.Tr(
        [
            html.Th(translate(lang, f"words.field.{field}"), scope="row"),
            *(html.Td(_said(field, text, lang)) for text in pair),
        ]
    )


def _said(field: str, text: str, lang: str) -> str:
    """A value of a field in people's words."""
    if field in _CATALOGUES:
        return translate(lang, f"{_CATALOGUES[field]}.{text}")
    if field in TIMES:
        return stamp(datetime.fromisoformat(text), lang)
    if field == "kind":
        return translate(lang, f"yard.kind.{text}")
    return place(text, lang) if field == "platform" else text
