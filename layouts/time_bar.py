"""The time bar: live, a moment or a range, played back; and the words that say it is not live.

Markup only. ``assets/time*.js`` drives whatever carries ``data-time-*``; ``assets/screens-time.js`` makes the
two inputs Dash has no component for, opens and closes the bar and locks the acts.
"""

from __future__ import annotations

import json
from typing import Any

from dash import html
from dash.development.base_component import Component

from components.marks import shape
from layouts.stage import stage
from locales import LANGUAGES, catalogue, translate

RANGES = (3600, 28_800, 86_400, 604_800)  # seconds
STEPS_BACK, STEPS_ON = (-3600, -60), (60, 3600)  # seconds
SPEEDS = (1, 10, 60, 300, 1200, 3600)  # seconds of then in a second of now
USUAL_SPEED = 60


def time_button(clock: Component, lang: str) -> Component:
    """The clock of the header; a click opens and closes the bar.

    Args:
        clock: the element that shows the time.
        lang: language.
    """
    words = translate(lang, "time.open")
    return html.Button(
        [shape("past"), clock, html.Span(words, className="unseen")], id="time-open", className="time-open",
        title=words, **{"data-time-open": "", "aria-expanded": "false", "aria-controls": "time-bar"},
    )  # fmt: skip


def time_bar(lang: str) -> Component:
    """The bar: closed while live unless opened, always there while not live."""
    controls = [
        _group("time-goto", [_made("at", "time.at", lang), _known(lang)]),
        _group("time-ranges", [_range(seconds, lang) for seconds in RANGES]),
        _group("time-playing", [*_steps(STEPS_BACK, lang), _play(lang), *_steps(STEPS_ON, lang), _speed(lang)]),
        _group("time-scrubbing", [_made("scrub", "time.scrub", lang)]),
        _button("share", "time.share", lang),
        html.Span(className="time-done", role="status", **{"data-time-said": ""}),
    ]
    return html.Section(
        [_said(lang), html.Div(controls, className="time-controls"), _texts()],
        id="time-bar", className="time-bar", **{"data-time-bar": "", "aria-label": translate(lang, "time.title")},
    )  # fmt: skip


def _said(lang: str) -> Component:
    """What is shown: live, or in words the moment and whose knowledge of it; and the way back."""
    past = [
        shape("past"),
        html.B(translate(lang, "time.not_live"), className="time-word"),
        html.B(className="num", **{"data-time-text": ""}),
    ]
    back = [translate(lang, "time.back_to_live"), html.Kbd("L")]
    return html.Div(
        [
            html.Span(translate(lang, "time.is_live"), className="time-said-live"),
            html.Span(past, className="time-said-past", role="status"),
            html.Span(className="time-why", **{"data-time-why": ""}),
            html.Span(className="time-why", role="status", **{"data-time-reason": ""}),
            html.Button(back, className="time-live", **{"data-time-live": ""}),
        ],
        className="time-said",
    )


def _group(name: str, children: list[Any]) -> Component:
    return html.Div(children, className=f"time-group {name}", role="group")


def _made(kind: str, key: str, lang: str) -> Component:
    """Where the browser makes an input: Dash has none for a date with time, nor one it leaves alone."""
    return html.Label(
        className=f"time-input time-input-{kind}", **{"data-time-input": kind, "data-label": translate(lang, key)}
    )


def _button(name: str, key: str, lang: str, value: str = "", **params: Any) -> Component:
    words = translate(lang, key, **params)
    return html.Button(words, className=f"time-{name}", **{f"data-time-{name}": value})


def _range(seconds: int, lang: str) -> Component:
    key, n = ("span.h", seconds // 3600) if seconds <= 86_400 else ("time.days", seconds // 86_400)
    words = translate(lang, key, n=n)
    label = translate(lang, "time.range", span=words)
    return html.Button(words, title=label, **{"data-time-range": str(seconds), "aria-label": label})


def _steps(steps: tuple[int, ...], lang: str) -> list[Component]:
    return [_step(seconds, lang) for seconds in steps]


def _step(seconds: int, lang: str) -> Component:
    sign = "+" if seconds > 0 else "−"
    amount = abs(seconds)
    key, n = ("span.h", amount // 3600) if amount >= 3600 else ("span.minutes", amount // 60)
    words = translate(lang, key, n=n)
    label = translate(lang, "time.step_on" if seconds > 0 else "time.step_back", span=words)
    return html.Button(f"{sign}{words}", title=label, **{"data-time-step": str(seconds), "aria-label": label})


def _play(lang: str) -> Component:
    """Play and pause: both signs are there, the styles show the one that fits."""
    words = translate(lang, "time.play")
    signs = [html.Span("▶", className="when-paused"), html.Span("❚❚", className="when-playing")]
    return html.Button(signs, className="time-play", title=words, **{"data-time-play": "", "aria-label": words})


def _speed(lang: str) -> Component:
    words = translate(lang, "time.speed")
    choices = [html.Option(f"×{speed}", value=str(speed)) for speed in SPEEDS]
    return html.Select(choices, className="time-speed", title=words, **{"data-time-speed": "", "aria-label": words})


def _known(lang: str) -> Component:
    words = translate(lang, "time.known")
    choices = [html.Option(translate(lang, f"time.known.{kind}"), value=kind) for kind in ("corrected", "then")]
    return html.Select(choices, className="time-known", title=words, **{"data-time-known": "", "aria-label": words})


def _texts() -> Component:
    """Words the browser writes by itself, in every language, and the port's zone."""
    texts: dict[str, Any] = {
        lang: {key: text for key, text in catalogue(lang).items() if key.startswith("time.")} for lang in LANGUAGES
    }
    body = json.dumps({"zone": stage.settings.port.timezone, **texts}, ensure_ascii=False)
    return html.Script(body, id="time-texts", type="application/json")
