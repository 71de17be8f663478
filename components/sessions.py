"""Logins as people read them: which browser, from where, since when; and acts that ask once more."""

from __future__ import annotations

from collections.abc import Sequence

from dash import html
from dash.development.base_component import Component

from components.format import stamp
from domain.accounts import Passkey, Session, Stage
from locales import known, translate

# As browsers name themselves: the first that fits; most of them also claim to be those further down.
BROWSERS = (
    ("MicroMessenger/", "WeChat"), ("Edg", "Edge"), ("OPR/", "Opera"), ("QQBrowser/", "QQ"), ("360SE", "360"),
    ("Firefox/", "Firefox"), ("Chromium/", "Chromium"), ("Chrome/", "Chrome"), ("Safari/", "Safari"),
)  # fmt: skip
SYSTEMS = (
    ("HarmonyOS", "HarmonyOS"), ("Windows", "Windows"), ("Android", "Android"), ("iPhone", "iPhone"),
    ("iPad", "iPad"), ("Mac OS X", "macOS"), ("CrOS", "ChromeOS"), ("Linux", "Linux"),
)  # fmt: skip


def browser(agent: str, lang: str) -> str:
    """What a browser calls itself, in words: ``Firefox · Windows``; whatever else it says is not shown."""
    found = [next((word for mark, word in known if mark in agent), "") for known in (BROWSERS, SYSTEMS)]
    return " · ".join(filter(None, found)) or translate(lang, "session.unknown_browser")


def sessions_table(
    rows: Sequence[tuple[Session, str]], here: str, end: str, lang: str, names: bool = True
) -> Component:
    """Sessions, each with an act that ends it.

    Args:
        rows: sessions and whose they are.
        here: id of the one that asks; it is marked, and ended by logging out.
        end: id of the Store that takes the id of the one to be ended.
        lang: language.
        names: whether there is a column for whose they are.
    """
    columns = (*(("who",) if names else ()), "browser", "address", "begin", "activity", "act")
    head = [html.Th(acts(lang) if name == "act" else translate(lang, f"session.{name}")) for name in columns]
    body = []
    for one, name in rows:
        mine = one.session_id == here
        told = [browser(one.agent, lang), html.Small(_how(one, lang))]
        act = html.B(translate(lang, "session.this")) if mine else sure(
            translate(lang, "session.end"), translate(lang, "session.end_why"), lang, pick=(end, one.session_id)
        )  # fmt: skip
        cells = [told, one.address or "–", stamp(one.made_at, lang), stamp(one.seen_at, lang), act]
        body.append(html.Tr([html.Td(cell) for cell in (*((name,) if names else ()), *cells)]))
    table = html.Table([html.Thead(html.Tr(head)), html.Tbody(body)], className="table people")
    return html.Div(table, className="scroll", tabIndex=0)


def passkeys_table(keys: Sequence[Passkey], end: str, lang: str) -> Component | None:
    """One's passkeys, each with an act that takes it back; None without any.

    Args:
        keys: of the account.
        end: id of the Store that takes the credential of the one to be taken back.
        lang: language.
    """
    if not keys:
        return None
    head = [html.Th(translate(lang, f"passkey.{name}")) for name in ("host", "mark")]
    body = [
        html.Tr([html.Td(key.host), html.Td(key.title or key.credential[:8]), html.Td(sure(
            translate(lang, "passkey.forget"), translate(lang, "passkey.forget_why"), lang, pick=(end, key.credential)
        ))])
        for key in keys
    ]  # fmt: skip
    table = html.Table([html.Thead(html.Tr([*head, html.Th(acts(lang))])), html.Tbody(body)], className="table")
    return html.Div(table, className="scroll", tabIndex=0)


def acts(lang: str) -> Component:
    """The head of a column of buttons, for those who hear a table."""
    return html.Span(translate(lang, "session.acts"), className="unseen")


def _how(one: Session, lang: str) -> str:
    keys = [(part, f"session.by.{part}") for part in one.by.split("+") if part]
    parts = [translate(lang, key) if known(key) else part for part, key in keys]
    if one.stage not in (Stage.FULL, Stage.KIOSK):
        parts.append(translate(lang, "session.unfinished"))
    return translate(lang, "export.join").join(parts)


def sure(
    act: str, consequence: str, lang: str, *, button: str = "", pick: tuple[str, str] = ("", ""), hidden: bool = False,
    key: str = "",
) -> Component:  # fmt: skip
    """An act that takes something away: opened first, done second. No script, works by keyboard and thumb.

    Args:
        act: what it is called.
        consequence: what is gone afterwards.
        lang: language.
        button: id of the button that does it;
        pick: or the Store that takes a value, and the value.
        hidden: it does not apply now, but its button must be there for the callback.
        key: a new one closes it again.
    """
    words = translate(lang, "account.sure")
    done = html.Button(words, id=button, n_clicks=0) if button else html.Button(
        words, **{"data-pick": pick[0], "data-value": pick[1]}
    )  # fmt: skip
    style = {"display": "none"} if hidden else {}
    parts = [html.Summary(act), html.Div([html.Span(consequence), done], className="sure-ask")]
    return html.Details(parts, className="sure", style=style, **({"key": key} if key else {}))
