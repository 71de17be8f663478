"""Which language a request is answered in."""

from __future__ import annotations

from collections.abc import Mapping

from dash import ctx
from dash.exceptions import MissingCallbackContextException

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
    try:
        return dict(ctx.cookies or {})
    except (MissingCallbackContextException, LookupError, AttributeError):
        return {}
