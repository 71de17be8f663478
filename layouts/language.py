"""Which language a request is answered in."""

from __future__ import annotations

from collections.abc import Mapping

from dash import get_app
from dash.exceptions import AppNotFoundError

from layouts.stage import stage
from locales import LANGUAGES

COOKIE = "cockpit_lang"


def language_of(asked: str | None = None) -> str:
    """The language of the page being laid out.

    Args:
        asked: ``?lang=`` of the address; wins when it names a language.

    Returns:
        ``zh_CN`` or ``en``: what was asked for, else the cookie's, else the configured one.
    """
    for said in (asked, _cookies().get(COOKIE)):
        for lang in LANGUAGES:
            if said and said.replace("-", "_").lower() in (lang.lower(), lang.split("_")[0]):
                return lang
    return str(stage.settings.language)


def _cookies() -> Mapping[str, str]:
    """Cookies of the request being answered; none outside of one (title at start-up, tests).

    Dash's ``ctx`` knows them in callbacks only, the backend also while it serves the shell.
    """
    try:
        return dict(get_app().backend.request_adapter().cookies)
    except (AppNotFoundError, AttributeError, RuntimeError):
        return {}
