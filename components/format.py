"""Numbers, times and durations the way each language writes them; times in the port's zone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import format_datetime
from babel.numbers import format_compact_decimal, format_decimal

from locales import translate

NONE = "–"
_zone: list[ZoneInfo] = [ZoneInfo("Asia/Shanghai")]
_names: list[Callable[[str], Mapping[str, str]]] = [lambda lang: {}]


def use_zone(name: str) -> None:
    """Show all times in this IANA zone from now on."""
    _zone[0] = ZoneInfo(name)


def use_names(names: Callable[[str], Mapping[str, str]]) -> None:
    """From now on call the port's places by these names.

    Args:
        names: language -> name by place id and by the name sources use.
    """
    _names[0] = names


def place(word: str, lang: str) -> str:
    """A place's name in the language, or the source's own word."""
    return _names[0](lang).get(word, word)


def zone() -> ZoneInfo:
    """The port's zone."""
    return _zone[0]


def number(value: float | None, lang: str, decimals: int = 0) -> str:
    """A number with the language's grouping; a dash when unknown."""
    if value is None or value != value:
        return NONE
    return str(format_decimal(round(value, decimals) + 0.0, format="#,##0." + "0" * decimals, locale=lang))


def short(value: float | None, lang: str, since: float = 100_000.0) -> str:
    """A large number as the language says it short: 12.3万, 1.2亿; 123.5k, 1.2M. Smaller ones are written out.

    Args:
        value: what to write.
        lang: language.
        since: from this size on it is written short.
    """
    if value is None or value != value or abs(value) < since:
        return number(value, lang)
    return str(format_compact_decimal(value, locale=lang, fraction_digits=1)).replace("K", "k")


def signed(value: float, lang: str, decimals: int = 0) -> str:
    """A difference with its sign; a true minus sign."""
    text = number(abs(value), lang, decimals)
    if not any(c in "123456789" for c in text):
        return "±" + text
    return ("+" if value > 0 else "−") + text


def percent(share: float | None, lang: str, decimals: int = 0) -> str:
    """A share of one as percent, with the sign."""
    return NONE if share is None else number(share * 100, lang, decimals) + " %"


def local(moment: datetime) -> datetime:
    """The moment on the port's clock."""
    return moment.astimezone(zone())


def wall(moment: datetime) -> datetime:
    """The port's clock without a zone, for charts that know none."""
    return local(moment).replace(tzinfo=None)


def iso(moment: datetime | None) -> str:
    """UTC in ISO 8601 for the browser; empty when unknown."""
    return "" if moment is None else moment.astimezone(UTC).isoformat(timespec="milliseconds")


def clock(moment: datetime | None, lang: str, now: datetime | None = None) -> str:
    """HH:MM, with the day when it is not that of ``now``, with the year when that differs too.

    Args:
        moment: what to write.
        lang: language.
        now: the time of the picture it stands in, never the wall clock: the same picture reads the same
            live and looked at later. None = unknown, so the whole date is written.
    """
    if moment is None:
        return NONE
    here, today = local(moment), local(now).date() if now is not None else None
    if here.date() == today:
        return f"{here:%H:%M}"
    same_year = today is not None and here.year == today.year
    return str(format_datetime(here, translate(lang, "format.day" if same_year else "format.stamp"), locale=lang))


def day_clock(moment: datetime | None) -> str:
    """Month, day and HH:MM: sorts as text within a year."""
    return NONE if moment is None else f"{local(moment):%m-%d %H:%M}"


def stamp(moment: datetime | None, lang: str) -> str:
    """Day and time to the minute, as the language writes a date."""
    if moment is None:
        return NONE
    return str(format_datetime(local(moment), translate(lang, "format.stamp"), locale=lang))


def sortable(moment: datetime | None) -> str:
    """Day and time to the minute for a column of a table: sorts as text, so the same in every language."""
    return NONE if moment is None else f"{local(moment):%Y-%m-%d %H:%M}"


def duration(minutes: float | None, lang: str) -> str:
    """How long, in the two largest units that say something."""
    if minutes is None or minutes != minutes:
        return NONE
    whole = max(0, round(minutes))
    if whole < 60:
        return translate(lang, "span.minutes", n=whole)
    if whole < 48 * 60:
        return translate(lang, "span.hours", h=whole // 60, m=f"{whole % 60:02d}")
    return translate(lang, "span.days", d=whole // 1440, h=whole % 1440 // 60)


def sentence(lang: str, key: str, params: Mapping[str, Any], now: datetime | None = None) -> str:
    """A catalogue text with parameters as rules and the fair order give them.

    A parameter ``x_key`` holds a catalogue key and is offered as ``x``; ``title_by_language`` is
    offered as ``title``; moments (also ISO texts named ``time``) become the port's clock, seen from ``now``.
    """
    shown: dict[str, Any] = {name: _shown(name, value, lang, now) for name, value in params.items()}
    for name, value in params.items():
        if name.endswith("_key"):
            shown[name.removesuffix("_key")] = translate(lang, str(value), **shown)
    titles = params.get("title_by_language")
    if isinstance(titles, Mapping) and titles.get(lang):
        shown["title"] = titles[lang]
    return translate(lang, key, **shown)


def _shown(name: str, value: Any, lang: str, now: datetime | None) -> Any:
    if isinstance(value, datetime):
        return clock(value, lang, now)
    if name == "time" and isinstance(value, str):
        try:
            return clock(datetime.fromisoformat(value), lang, now)
        except ValueError:
            return value
    if isinstance(value, float):
        return number(value, lang, 0 if value == int(value) else 1)
    if value in (None, ""):
        return NONE
    return place(value, lang) if isinstance(value, str) else value
