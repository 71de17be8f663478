"""The styleguide's samples of alerts: the strip in its states, and the lamp that says whether alerts are heard."""

from __future__ import annotations

from datetime import datetime

from dash import html
from dash.development.base_component import Component

from components.alert_strip import alert_strip
from components.sound import SAYS, sound_lamp, sound_sample
from domain.sound import SoundLimits
from locales import translate
from pages import _samples as samples


def strips(lang: str, now: datetime) -> list[Component]:
    """One level, another, none, unknown; and every state of the lamp."""
    shown = [alert_strip(samples.alerts(now, *levels), lang) for levels in ((1,), (3,), ())]
    return [html.Div([*shown, alert_strip(None, lang)], className="style-strips"), html.Div(lamps(lang))]


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
