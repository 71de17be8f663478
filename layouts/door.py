"""Pages in front of the cockpit: login, second factor, first password, binding a screen. Plain forms."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

import msgspec
import segno
from jinja2 import Environment, FileSystemLoader, select_autoescape
from markupsafe import Markup

from locales import translate

_files = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "doors"), autoescape=select_autoescape(), trim_blocks=True
)
PALETTES = ("bright", "day", "dusk", "night")
HOUSE = "dusk"


class Field(msgspec.Struct, frozen=True, kw_only=True):
    """A field of a form; ``autocomplete`` as browsers and password managers know it."""

    name: str
    label: str
    type: str = "text"
    autocomplete: str = "off"
    value: str = ""
    numeric: bool = False


class Door(msgspec.Struct, frozen=True, kw_only=True):
    """What one of these pages shows; texts are keys of the catalogue.

    Attributes:
        name: ``door.<name>.title`` is its heading, ``door.<name>.submit`` its button, unless ``form`` is False.
        fields: of the form.
        said: keys of what stands above.
        error: key of what went wrong.
        params: for the texts.
        uri: shown as a QR code, with the secret beside it.
        secret: the same for whoever cannot scan.
        codes: shown once.
        form: whether there is one.
        action: where it goes; empty: to the page itself.
        next: where the browser shall end up.
        passkey: ``use`` or ``make`` offers one.
        links: key and address.
        refresh: looks again by itself after so many seconds, at ``next``.
        leads: goes on there by itself at once.
        asked: more of its address that another language keeps, so that what was said is said there too.
    """

    name: str
    fields: tuple[Field, ...] = ()
    said: tuple[str, ...] = ()
    error: str = ""
    params: dict[str, Any] = {}
    uri: str = ""
    secret: str = ""
    codes: Sequence[str] = ()
    form: bool = True
    action: str = ""
    next: str = "/"
    passkey: str = ""
    links: tuple[tuple[str, str], ...] = ()
    refresh: int = 0
    leads: str = ""
    asked: str = ""


class Frame(msgspec.Struct, frozen=True, kw_only=True):
    """What all of them stand in: language, palette, port, and where our files are."""

    lang: str
    palette: str
    port: str
    style: str
    icon: str
    scripts: tuple[str, ...] = ()


def drawn(door: Door, frame: Frame) -> str:
    """The page as HTML; everything in it is escaped."""

    def t(key: str, **params: Any) -> str:
        return translate(frame.lang, key, **{**door.params, **params})

    other = "en" if frame.lang == "zh_CN" else "zh_CN"
    picture = (
        segno.make(door.uri, error="m").svg_inline(border=2, dark="#000", light="#fff", omitsize=True)
        if door.uri
        else ""
    )
    again = f"{door.refresh};url={door.leads or door.next}" if door.refresh or door.leads else ""
    once = door.leads or door.codes  # a page that is over when it is left: its codes are shown nowhere else
    return _files.get_template("door.html").render(
        t=t, lang=frame.lang, palette=frame.palette if frame.palette in PALETTES else HOUSE, port=frame.port,
        style=frame.style, icon=frame.icon, scripts=frame.scripts if door.passkey else (),
        title=t(f"door.{door.name}.title"), said=[t(key) for key in door.said],
        error=t(door.error) if door.error else "", qr=Markup(picture), secret=_grouped(door.secret),  # noqa: S704
        codes=door.codes, fields=[msgspec.structs.replace(one, label=t(one.label)) for one in door.fields],
        submit=t(f"door.{door.name}.submit") if door.form else "", action=door.action, next=door.next,
        passkey=door.passkey, links=[{"label": t(key), "href": href} for key, href in door.links], refresh=again,
        languages=[] if once else [{"query": f"lang={other}&next={quote(door.next)}{door.asked}",
                                    "lang": other.replace("_", "-"), "label": t("shell.other_language")}],
    )  # fmt: skip


def _grouped(secret: str) -> str:
    """In fours, as authenticators show it."""
    return " ".join(secret[at : at + 4] for at in range(0, len(secret), 4))
