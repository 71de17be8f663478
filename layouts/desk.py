"""The desk's tools in the header: search, saved views and bookmarks, linked windows, help.

Markup only: ``assets/desk*.js`` makes the dialogs, because what is typed there must not wait for the server.
"""

from __future__ import annotations

import json
from typing import Any

import msgspec
from dash import html
from dash.development.base_component import Component

from domain.records import Origin
from layouts.keys import keys_for
from locales import LANGUAGES, catalogue, translate

TOOLS = (("search", "mod+k"), ("views", "v"), ("link", "w"), ("help", "?"))


def desk_tools(lang: str, pages: tuple[str, ...]) -> Component:
    """The buttons.

    Args:
        lang: language.
        pages: addresses of the shell's pages, in the order of its navigation.
    """
    return html.Div([*(_tool(name, key, lang) for name, key in TOOLS), _texts(pages)], className="desk-tools")


def _tool(name: str, key: str, lang: str) -> Component:
    words = translate(lang, f"desk.{name}")
    shown = [html.I(className=f"desk-sign sign-{name}", **{"aria-hidden": "true"})]
    data: dict[str, str] = {"data-desk": name, "aria-keyshortcuts": _shortcut(key)}
    if name == "search":
        shown += [html.Span(words, className="desk-word")]  # its words are its name
    else:
        data["aria-label"] = words
    if name == "link":
        data["aria-pressed"] = "false"
        shown.append(html.Span(className="desk-others num", **{"data-desk-others": ""}))
    else:
        data["aria-haspopup"] = "dialog"
    title = f"{words} ({key.replace('mod', 'Ctrl').upper() if name == 'search' else key})"
    return html.Button(shown, className=f"desk-tool tool-{name}", title=title, **data)


def _shortcut(key: str) -> str:
    return key.replace("mod+k", "Control+K")


def _texts(pages: tuple[str, ...]) -> Component:
    """Words, pages and keys for the browser, in every language."""
    wanted = ("desk.", "page.", *(f"origin.{origin}" for origin in Origin))
    texts: dict[str, Any] = {
        lang: {key: text for key, text in catalogue(lang).items() if key.startswith(wanted)} for lang in LANGUAGES
    }
    body = {"texts": texts, "pages": pages, "keys": msgspec.to_builtins(keys_for(pages))}
    return html.Script(json.dumps(body, ensure_ascii=False), id="desk-texts", type="application/json")
