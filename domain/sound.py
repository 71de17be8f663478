"""What the screen that sounds has to call out: which alerts, in which order, and the words for what is spelt.

Only what follows from the standing alerts is decided here; what follows from time (a tone for each new alert or one for
many, sounding again) is decided by the browser that sounds, in ``assets/alert_sound_plan.js``, which has the timers.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from domain.alerting import Alerting
from domain.pictures import AlertRow

ALWAYS = 1  # of this level nothing is ever kept back
MOST_CALLS = 200  # listed one by one; of more the number is enough
SPELT = 4  # the last of a long number; the screen shows all of it
_LETTERS = (
    "Alfa Bravo Charlie Delta Echo Foxtrot Golf Hotel India Juliett Kilo Lima Mike November Oscar Papa Quebec Romeo "
    "Sierra Tango Uniform Victor Whiskey X-ray Yankee Zulu"
)
_DIGITS = "zero one two three four five six seven eight niner"
ICAO = {word[0]: word for word in _LETTERS.split(" ")}
DIGITS = {
    "en": dict(zip("0123456789", _DIGITS.split(" "), strict=True)),
    "zh_CN": dict(zip("0123456789", "洞幺两三四五六拐八九", strict=True)),  # as spoken over the radio
}


class SoundLimits(msgspec.Struct, frozen=True):
    """When sound comes again and how long it may be off.

    Attributes:
        re_sound_seconds: an alert of level I nobody has acknowledged sounds again after this (IMO MSC.302(87) 7.3.5:
            30 s), also while sound is off.
        mute_minutes: how long sound may be off at most; it comes back by itself.
        flood_alerts: more new ones than this within ``flood_seconds`` are told as a number.
        flood_seconds: see above.
    """

    re_sound_seconds: float = 30.0
    mute_minutes: float = 10.0
    flood_alerts: int = 3
    flood_seconds: float = 10.0


def sound_limits(alerts: Alerting) -> SoundLimits:
    """Those that are configured; when there are too many to say is the same everywhere."""
    return SoundLimits(re_sound_seconds=alerts.re_sound_seconds, mute_minutes=alerts.mute_minutes)


def occasion(row: AlertRow) -> str:
    """What sounds once: an alert, each time it opens and each time its level rises."""
    return f"{row.key}@{row.opened_at.timestamp():.0f}@{row.level}"


def to_call(rows: Iterable[AlertRow]) -> tuple[list[AlertRow], int]:
    """Alerts nobody has acknowledged, worst first, then newest; and how many more there are.

    What is shelved or suppressed is silent, but for level I.
    """
    found = sorted(filter(_calls, rows), key=lambda row: (row.level, -row.opened_at.timestamp(), row.key))
    return found[:MOST_CALLS], max(0, len(found) - MOST_CALLS)


def kept_back(row: AlertRow) -> bool:
    """Shelved, suppressed by design or out of service; of level I nothing ever is."""
    return row.level > ALWAYS and row.hidden


def _calls(row: AlertRow) -> bool:
    return row.state == "new" and not kept_back(row)


def spelt(words: str, lang: str) -> str:
    """The last letters and digits of a number, each by the word people use over the radio.

    Args:
        words: number of a box, a declaration, a vehicle, a vessel.
        lang: language; where it has no words of its own for letters they stand as they are.
    """
    letters = ICAO if lang == "en" else {}
    signs = [sign for sign in words.upper() if sign.isalnum()][-SPELT:]
    return " ".join(DIGITS[lang].get(sign) or letters.get(sign, sign) for sign in signs)
