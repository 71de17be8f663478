"""Ways to other pages from within a drawing; ``assets/desk.js`` goes them with the moment looked at."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote, urlencode

from dash import html
from dash.development.base_component import Component

_PAGES = {"vehicle": ("/tracks", "vehicle"), "vessel": ("/tracks", "vessel"), "block": ("/yard", "block"),
          "gate": ("/", "gate"), "feed": ("/feeds", "feed")}  # fmt: skip


def subject_address(kind: str, subject: str) -> str:
    """The page that shows what an alert is about; empty where no page does."""
    if kind == "declaration":
        return declaration_address(subject)
    path, key = _PAGES.get(kind, ("", ""))
    return f"{path}?{urlencode({key: subject})}" if path else ""


def declaration_address(number: str) -> str:
    """The page of one declaration."""
    return f"/inspections/{quote(number, safe='')}"


def declaration_link(number: str, words: Any = None) -> Component:
    """A link to one declaration's page, its number when nothing else is said."""
    return html.A(words or number, href=declaration_address(number), **{"data-go": ""})
