"""Sound: what is said of an alert, and the lamp that says whether alerts are heard."""

from __future__ import annotations

import json
from typing import Any

import msgspec
from dash import html
from dash.development.base_component import Component

from components.alerts import alert_title
from components.format import number, place
from domain.pictures import AlertRow, AlertsPicture
from domain.sound import SoundLimits, occasion, spelt, to_call
from locales import catalogue, translate

PLACES = ("gate", "block", "platform", "port", "feed")  # have names; of other subjects the number is spelt
SAYS = "sound.say."


def sound_plan(picture: AlertsPicture | None, limits: SoundLimits, lang: str) -> dict[str, Any]:
    """What the sounding screen has to call out, as ``assets/alert_sound_plan.js`` takes it.

    Args:
        picture: the alerts standing.
        limits: when and how often.
        lang: language it is said in.
    """
    rows, more = to_call(picture.rows if picture is not None else [])
    calls = [{"key": occasion(row), "level": row.level, "say": spoken(row, lang)} for row in rows]
    return {"calls": calls, "more": more, "limits": msgspec.to_builtins(limits)}


def spoken(row: AlertRow, lang: str) -> str:
    """Level, place, rule: short, in an order that never changes."""
    kind = translate(lang, f"subject.{row.subject_kind}")
    name = place(row.subject, lang)
    where = name if row.subject_kind in PLACES else f"{kind} {spelt(row.subject, lang)}"
    return translate(lang, "sound.call", level=translate(lang, f"sound.level.{row.level}"), place=where,
                     rule=alert_title(row, lang))  # fmt: skip


def sound_lamp(lang: str, limits: SoundLimits) -> Component:
    """Where it is said whether alerts are heard, and where; ``assets/alert_sound.js`` keeps it.

    Args:
        lang: language.
        limits: how long sound may be off.
    """
    texts = {key.removeprefix(SAYS): words for key, words in catalogue(lang).items() if key.startswith(SAYS)}
    texts |= {
        "mute": translate(lang, "sound.mute", n=number(limits.mute_minutes, lang)),
        "on": translate(lang, "sound.on"),
    }
    texts |= {f"level_{level}": translate(lang, f"sound.level.{level}") for level in (1, 2, 3, 4)}
    told = {"texts": texts, "minutes": limits.mute_minutes, "voice": lang.split("_")[0]}
    data = {"data-sound": json.dumps(told, ensure_ascii=False), "aria-live": "off"}
    return html.Div(_inner("", "", hidden=True), id="sound", className="sound", role="status", **data)


def sound_sample(state: str, words: str, act: str) -> Component:
    """The lamp as it looks in a state: here, at, muted, gone, none or refused; of nothing that sounds."""
    return html.Div(_inner(words, act, hidden=not act), className="sound", **{"data-state": state})


def _inner(words: str, act: str, *, hidden: bool) -> list[Component]:
    return [
        html.I(className="sound-mark", **{"aria-hidden": "true"}), html.Span(words, className="sound-words"),
        html.Button(act, className="sound-act", hidden=hidden),
    ]  # fmt: skip
