"""Words from the notice board for tiles that would otherwise be empty without a reason."""

from __future__ import annotations

from typing import Any

from locales import translate


def why_no_forecast(notices: Any, code: str, lang: str) -> str:
    """Why there is no forecast of a series; empty when nobody has said so."""
    rows = notices.rows if notices is not None else []
    for row in rows:
        if row.key == f"forecast.{code}" or row.key == "forecast.":
            return translate(lang, f"notice.{row.code}", **row.params)
    return ""
