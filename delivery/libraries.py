"""The component libraries of Dash: which the first page needs, which come only where they are used.

Dash writes a script tag for every library any page imports. The tags are read here and turned into addresses under
``/static/<digest>/``: a folder named by the versions of all libraries, so that their chunks, which they ask for by
relative addresses, may be kept for ever too.
"""

from __future__ import annotations

import importlib
import re

import msgspec

from delivery.packing import digest

SUITES = "/_dash-component-suites/"
_SCRIPT = re.compile(r'<script src="(?P<address>[^"]+)"></script>')
_SUITE = re.compile(r'"/static/[0-9a-f]{16}/((?:dash|dash_ag_grid|dash_leaflet)/[^"]+)"')
_FINGERPRINT = re.compile(r"\.v[\w-]+m[0-9a-fA-F]+(?=\.)")


class Library(msgspec.Struct, frozen=True):
    """A library fetched when the first of its components is drawn.

    Attributes:
        name: package, which is also its name in the browser.
        script: its script, as a path inside the package.
        chunks: scripts it will ask for itself at once, worth fetching beside it.
        bundle: bundle of ours that must run before its components are drawn.
        media: screens on which a page that uses it draws it at once; the others come to it by scrolling
            (assets/libraries.js), if ever.
    """

    name: str
    script: str
    chunks: tuple[str, ...] = ()
    bundle: str = ""
    media: str = ""


LAZY = {
    "grid": Library("dash_ag_grid", "dash_ag_grid.min.js", ("async-community.js",)),
    "map": Library("dash_leaflet", "dash_leaflet.js", (), "map", "(min-width: 761px)"),
}


def components(library: Library) -> list[str]:
    """Names of all its components."""
    return list(importlib.import_module(library.name).__all__)


CHART_CHUNK = "dash/dcc/async-graph.js"
# Never used: the table of Dash (we use AG Grid); what old browsers lacked, of which Dash needs the generators only.
UNUSED = ("dash/dash_table/", "dash/deps/polyfill@")


class Scripts(msgspec.Struct, frozen=True):
    """The script tags of a page, sorted.

    Attributes:
        folder: first part of the addresses of all libraries, e.g. ``/static/0123456789abcdef/``.
        before: addresses to load before our own scripts.
        after: addresses to load after them (the renderer and Dash's own components).
        inline: inline scripts as Dash wrote them.
    """

    folder: str
    before: tuple[str, ...]
    after: tuple[str, ...]
    inline: str


def sort_scripts(tags: str, prefix: str) -> Scripts:
    """Read the tags Dash made.

    Args:
        tags: its script tags.
        prefix: path all static files are under.
    """
    addresses = [found["address"] for found in _SCRIPT.finditer(tags)]
    suites = [address.partition(SUITES)[2] for address in addresses if SUITES in address]
    folder = f"{prefix}{digest(''.join(suites).encode())}/"
    lazy = tuple(f"{library.name}/" for library in LAZY.values())
    used = [suite for suite in suites if not suite.startswith((*UNUSED, *lazy))]
    own = [folder + _FINGERPRINT.sub("", suite) for suite in used]
    deps = tuple(address for address in own if "/deps/" in address)
    rest = tuple(address for address in own if "/deps/" not in address)
    inline = "\n".join(line for line in _SCRIPT.sub("", tags).split("\n") if line.strip())
    return Scripts(folder, deps, rest, inline)


def suites_of(page: str) -> list[str]:
    """Paths, as Dash knows them, of all library scripts a visitor of this page may ask for."""
    named = dict.fromkeys(_SUITE.findall(page))
    chunks = [f"{library.name}/{chunk}" for library in LAZY.values() for chunk in library.chunks]
    return [*named, CHART_CHUNK, *chunks]
