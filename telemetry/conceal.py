"""Values that must never be written: once one is known to this process, whatever speaks leaves it out."""

from __future__ import annotations

import re
from urllib.parse import quote, quote_plus

INSTEAD = "***"
_forms: frozenset[str] = frozenset()
_pattern: re.Pattern[str] | None = None


def conceal(value: str) -> None:
    """Leave this value out of every log line and every message of a feed from now on.

    Also as Python and addresses would write it, and in small or capital letters.
    """
    global _forms, _pattern  # replaced as a whole, so that readers need no lock
    forms = {value, repr(value)[1:-1], quote(value, safe=""), quote_plus(value)} - {""}
    if forms <= _forms:
        return
    _forms |= forms
    longest_first = sorted(_forms, key=len, reverse=True)
    _pattern = re.compile("|".join(map(re.escape, longest_first)), re.IGNORECASE)


def concealed(text: str) -> str:
    """The text without those values."""
    return text if _pattern is None else _pattern.sub(INSTEAD, text)
