"""The styleguide's samples of alerts: the strip in its states, and the lamp that says whether alerts are heard."""

from __future__ import annotations

from datetime import datetime, timedelta

from dash import html
from dash.development.base_component import Component
from msgspec.structs import replace

from components.alert_cards import alert_cards
from components.alert_flood import flood_lines
from components.alert_strip import alert_strip
from components.sound import SAYS, sound_lamp, sound_sample
from domain.alert_pictures import Banner, FloodState
from domain.sound import SoundLimits
from locales import translate
from pages import _samples as samples


def strips(lang: str, now: datetime) -> list[Component]:
    """One level, another, none, unknown; and every state of the lamp."""
    shown = [alert_strip(samples.alerts(now, *levels), lang) for levels in ((1,), (3,), ())]
    drawn = [*shown, alert_strip(None, lang)]
    return [html.Div(drawn, className="style-strips"), html.Div(lamps(lang)), html.Div(_flood(lang, now))]


def cards(lang: str, now: datetime) -> list[Component]:
    """The phone's cards: some of each state, and none; nobody acts here."""
    rows = samples.alerts(now, 1, 2, 3).rows
    states = {"state": "acknowledged", "acknowledged_by": "officer", "condition": "clear"}
    shown = [rows[0], replace(rows[1], **states), replace(rows[2], shelved_until=now + timedelta(minutes=30))]
    return [alert_cards(replace(samples.alerts(now, 1), rows=some), lang) for some in (shown, [])]


def _flood(lang: str, now: datetime) -> Component:
    """A flood as lines: one alert, a place, a rule, what a rule raised beyond its rate, a level, the rest."""
    groups = ((1, "", 1, 0), (2, "place", 12, 3), (2, "rule", 140, 0), (3, "more", 310, 0), (3, "level", 55, 9),
              (4, "rest", 21, 0))  # fmt: skip
    lines = [
        Banner(key=f"{level}{grouped}", level=level, rule="gate_queue", params={}, count=count, hides=hides,
               unacknowledged=count // 2, newest_at=now, subject_kind="gate", where="G1", grouped=grouped,
               since=now - timedelta(minutes=9))
        for level, grouped, count, hides in groups
    ]  # fmt: skip
    state = FloodState(recent=539, since=now - timedelta(minutes=9))
    return flood_lines(replace(samples.alerts(now, 1), banners=lines, flood=state), lang)


def lamps(lang: str) -> list[Component]:
    """The lamp of sound in each of its states."""
    name, mute, on = "duty-1", translate(lang, "sound.mute", n=10), translate(lang, "sound.on")
    states = (
        ("none", "none", ""), ("here", "here", mute), ("at", "at", mute), ("muted", "muted", on),
        ("gone", "away", mute), ("gone", "blocked_at", mute), ("gone", "voiceless", ""), ("refused", "refused", mute),
    )  # fmt: skip
    real = sound_lamp(lang, SoundLimits())
    del real.id  # nothing here is kept by the browser
    row = [sound_sample(state, translate(lang, SAYS + key, name=name, time="9:41"), act) for state, key, act in states]
    return [html.Div([*row, real], className="style-row")]
