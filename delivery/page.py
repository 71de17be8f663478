"""The one HTML page of the cockpit: what a browser reads before anything moves."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from html import escape
from typing import Any

import dash
import msgspec

from delivery.libraries import CHART_CHUNK, LAZY, Scripts, components, sort_scripts
from delivery.manifest import GROUND

PREFIX = "/static/"
CHARTS = "chart"  # in a page's ``uses``, beside the names of delivery.libraries.LAZY
PAGE = """<!DOCTYPE html>
<html lang="zh-CN">
<head><meta charset="UTF-8"><meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover">
<title>{title}</title>{favicon}{links}{first}</head>
<body>{app_entry}<div>{config}{files}{scripts}{renderer}</div></body>
</html>"""
SKELETON = """<div id="react-entry-point"><div class="_dash-loading opening" role="status" aria-busy="true">
<div class="opening-bar"></div><div class="opening-tiles"><i></i><i></i><i></i><i></i><i></i><i></i></div>
</div></div>"""


class Addresses(msgspec.Struct, frozen=True):
    """Where our own files are now.

    Attributes:
        bundles: address by bundle name.
        files: hashed address by plain address, of what scripts fetch by themselves.
        runtime: script Dash's libraries need before all others.
        charts: the chart library.
    """

    bundles: dict[str, str]
    files: dict[str, str]
    runtime: str
    charts: str


class CockpitDash(dash.Dash):  # type: ignore[misc]  # Dash carries no types
    """Dash that loads a library when a page uses it, and everything from addresses named by content."""

    addresses: Callable[[], Addresses]

    def interpolate_index(self, **parts: str) -> str:
        """Dash's own parts put into our page."""
        now, scripts = self.addresses(), sort_scripts(parts["scripts"], PREFIX)
        path = str(self.backend.request_adapter().path)
        ours = [now.bundles["core"], *([now.bundles["wall"]] if _is_wall(path) and "wall" in now.bundles else [])]
        loaded = [now.runtime, *scripts.before, *ours, *scripts.after]
        return PAGE.format(
            title=parts["title"],
            favicon=_icons(now),
            links=_links(now, scripts, self._used(path)),
            first=_script(now.bundles["first"]) if "first" in now.bundles else "",
            app_entry=SKELETON,
            config=parts["config"],
            files=_told(now, scripts),
            scripts="".join(map(_script, loaded)) + scripts.inline,
            renderer=parts["renderer"],
        )

    def _used(self, path: str) -> Sequence[str]:
        """What the page of this path says it uses (``register_page(..., uses=...)``)."""
        for page in dash.page_registry.values():
            if page["path"] == path:
                return tuple(page.get("uses") or ())
        return ()


def _is_wall(path: str) -> bool:
    return path == "/wall" or path.startswith("/wall/")


def _script(address: str) -> str:
    return f'<script src="{escape(address)}"></script>'


def _links(now: Addresses, scripts: Scripts, uses: Sequence[str]) -> str:
    """The style sheet, and what the page will ask for, so that it is on its way before anybody asks."""
    links = [f'<link rel="stylesheet" href="{escape(now.bundles["style"])}">']
    for name in uses:
        library = LAZY.get(name)
        if library is not None:
            soon = [scripts.folder + f"{library.name}/{part}" for part in (library.script, *library.chunks)]
            soon += [now.bundles[library.bundle]] if library.bundle in now.bundles else []
            media = f' media="{library.media}"' if library.media else ""
            links += [f'<link rel="preload" as="script" href="{escape(address)}"{media}>' for address in soon]
        elif name == CHARTS:  # drawn when there are data, perhaps much later: browsers complain of an idle preload
            later = (now.charts, scripts.folder + CHART_CHUNK)
            links += [f'<link rel="prefetch" href="{escape(address)}">' for address in later]
    return "".join(links)


def _icons(now: Addresses) -> str:
    icon = now.files.get("/assets/icons/icon.svg", "/assets/icons/icon.svg")
    small = now.files.get("/assets/icons/icon-180.png", "/assets/icons/icon-180.png")
    return (
        f'<link rel="icon" type="image/svg+xml" href="{escape(icon)}">'
        f'<link rel="apple-touch-icon" href="{escape(small)}">'
        f'<link rel="manifest" href="/manifest.webmanifest"><meta name="theme-color" content="{GROUND}">'
    )


def _told(now: Addresses, scripts: Scripts) -> str:
    """What assets/libraries.js reads, and the server's time for live_link.js: data, not a script."""
    libraries: dict[str, Any] = {}
    for library in LAZY.values():
        first = [scripts.folder + f"{library.name}/{library.script}"]
        own = [now.bundles[library.bundle]] if library.bundle in now.bundles else []
        libraries[library.name] = {"scripts": first + own, "components": components(library)}
    said = {"now": round(time.time(), 3), "libraries": libraries, "files": now.files, "charts": now.charts}
    body = json.dumps(said).replace("<", "\\u003c")
    return f'<script id="cockpit-files" type="application/json">{body}</script>'
