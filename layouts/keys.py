"""The keyboard in one list: what the browser binds is what the help page says."""

from __future__ import annotations

import msgspec

PAGE_LETTERS = {
    "/": "o", "/yard": "y", "/inspections": "i", "/tracks": "t", "/alerts": "a", "/forecasts": "f", "/kpis": "k",
    "/feeds": "d", "/screens": "s", "/admin/audit": "u", "/admin/accounts": "n", "/admin/keys": "j",
    "/admin/privacy": "r", "/admin/settings": "c", "/account": "m",
}  # fmt: skip

ALERT_LETTERS = {
    "acknowledge": "a", "take": "t", "assign": "d", "comment": "c", "shelve": "s", "confirm": "f", "close": "z",
    "measure": "m", "feedback": "k", "reopen": "r", "out_of_service": "u",
    "order": "o",
}  # fmt: skip
"""Acts on the alerts chosen, and ordering an agency. Assigning is "d", delegate: "g" is a first key of pages."""


class Key(msgspec.Struct, frozen=True):
    """A key and what it does.

    Attributes:
        keys: as the browser reads them: ``mod+k`` is Ctrl or Command, ``g y`` one after the other.
        text: catalogue key of what it does.
        group: catalogue ``desk.keys.<group>``.
        act: what the desk does; empty where the part itself listens (time bar, map, tables).
        value: for the act, e.g. a page.
    """

    keys: str
    text: str
    group: str
    act: str = ""
    value: str = ""


def keys_for(pages: tuple[str, ...]) -> list[Key]:
    """The keys of a shell with these pages, in the order of the help page."""
    to_pages = [
        Key(f"g {PAGE_LETTERS[path]}", f"page.{path.rpartition('/')[2] or 'overview'}", "pages", "page", path)
        for path in pages
        if path in PAGE_LETTERS
    ]
    to_alerts = [Key(key, f"desk.key.alert.{act}", "alerts", "alert", act) for act, key in ALERT_LETTERS.items()]
    return [
        Key("mod+k", "desk.key.search", "find", "search"), Key("/", "desk.key.search", "find", "search"),
        Key("v", "desk.key.views", "find", "views"), Key("b", "desk.key.bookmark", "find", "bookmark"),
        Key("w", "desk.key.link", "find", "link"), Key("?", "desk.key.help", "find", "help"),
        Key("Escape", "desk.key.close", "find"),
        *to_pages,
        Key("Enter", "desk.key.select", "things"), Key("ArrowUp ArrowDown", "desk.key.rows", "things"),
        *to_alerts,
        Key("e", "desk.key.export", "things", "export"), Key("+ −", "desk.key.zoom", "things"),
        Key("l", "desk.key.live", "time"), Key("Space", "desk.key.play", "time"),
        Key("ArrowLeft ArrowRight", "desk.key.step", "time"),
    ]  # fmt: skip
