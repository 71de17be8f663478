"""Words of the screen in Chinese and English, read once from gettext catalogues.

A key is a dotted name (``kpi.waiting.title``); the text may hold ``{name}`` parameters. Both
catalogues hold the same keys; a test keeps it so and finds keys used in code but not written.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from babel.messages.pofile import read_po

_log = logging.getLogger(__name__)

LANGUAGES = ("zh_CN", "en")
DEFAULT = "zh_CN"
FOLDER = Path(__file__).parent


@cache
def catalogue(lang: str) -> Mapping[str, str]:
    """All texts of a language by key.

    Raises:
        KeyError: the language is not one of LANGUAGES.
    """
    if lang not in LANGUAGES:
        raise KeyError(lang)
    with (FOLDER / f"{lang}.po").open("rb") as file:
        read = read_po(file, locale=lang, abort_invalid=True)
    return {str(message.id): str(message.string) for message in read if message.id}


def known(key: str) -> bool:
    """Whether the catalogue has this key."""
    return key in catalogue(DEFAULT)


def translate(lang: str, key: str, **params: Any) -> str:
    """The text of a key with its parameters filled in.

    Args:
        lang: ``zh_CN`` or ``en``; anything else is read as the default.
        key: catalogue key.
        params: values for the ``{name}`` places; a place without a value stays as it is. ``{name|truck|trucks}``
            is the first word where the value reads 1, else the second, also of no value.

    Returns:
        The text; the key itself when it is not in the catalogue, so that a gap can be seen.
    """
    text = catalogue(lang if lang in LANGUAGES else DEFAULT).get(key)
    if text is None:
        _missing(key)
        return key
    return text.format_map(_Places(params)) if "{" in text else text


@cache
def _missing(key: str) -> None:
    _log.warning("no text for key %s", key)


class _Places(dict[str, Any]):
    """Parameters; an absent one leaves its place standing, and ``name|one|many`` is a word that goes with a number."""

    def __missing__(self, place: str) -> str:
        name, *words = place.split("|")
        if len(words) == 2:
            return words[str(self.get(name, "")) != "1"]
        return "{" + place + "}"
