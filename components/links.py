"""Ways to other pages from within a drawing; ``assets/desk.js`` goes them with the moment looked at."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from dash import html
from dash.development.base_component import Component


def declaration_address(number: str) -> str:
    """The page of one declaration."""
    return f"/inspections/{quote(number, safe='')}"


def declaration_link(number: str, words: Any = None) -> Component:
    """A link to one declaration's page, its number when nothing else is said."""
    return html.A(words or number, href=declaration_address(number), **{"data-go": ""})
