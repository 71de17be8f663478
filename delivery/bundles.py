"""Our own scripts and styles, joined into a few files: one request each instead of one for every source file.

Scripts lose their comments and indents, styles their comments; they are put one after the other in the order of
their names, which is the order in which Dash itself would load them. A file that fails while it starts is reported
and does not stop the rest.
"""

from __future__ import annotations

import re
from fnmatch import fnmatch
from pathlib import Path
from threading import Lock

from rjsmin import jsmin

# Bundles by the names of their files; what is in none of them is in "core". First match wins.
BUNDLES: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("first", ("palette*.js",)),  # runs before the first paint
    ("map", ("map*.js",)),  # comes with the map's library
    ("wall", ("wall*.js",)),  # only on walls
    ("door", ("door*.js",)),  # only before the login
)
CORE, STYLE = "core", "style"
_REMARK = re.compile(r"/\*.*?\*/", re.DOTALL)  # no more: the blank of ``.table :is(th)`` stands for something


class Bundles:
    """Joined assets, made anew when a file changes (while somebody works on them)."""

    def __init__(self, folder: Path) -> None:
        """Join nothing yet; ``folder`` is the assets folder."""
        self._folder = folder
        self._lock = Lock()
        self._seen: tuple[tuple[str, int], ...] = ()
        self._made: dict[str, bytes] = {}

    def current(self) -> dict[str, bytes]:
        """Content by bundle name."""
        files = sorted([*self._folder.glob("*.js"), *self._folder.glob("*.css")])
        seen = tuple((file.name, file.stat().st_mtime_ns) for file in files)
        with self._lock:
            if seen != self._seen:
                self._made = _join(files)
                self._seen = seen
            return self._made


def _join(files: list[Path]) -> dict[str, bytes]:
    parts: dict[str, list[str]] = {}
    for file in files:
        parts.setdefault(bundle_of(file.name), []).append(_part(file))
    return {name: "\n".join(found).encode() for name, found in parts.items()}


def bundle_of(file_name: str) -> str:
    """Which bundle a file of the assets folder belongs to."""
    if file_name.endswith(".css"):
        return STYLE
    return next((name for name, patterns in BUNDLES if any(fnmatch(file_name, p) for p in patterns)), CORE)


def _part(file: Path) -> str:
    text = file.read_text(encoding="utf-8")
    if file.suffix == ".css":
        return f"/* {file.name} */\n{_REMARK.sub('', text)}"
    return f"/* {file.name} */\ntry {{\n{jsmin(text)}\n}} catch (error) {{ reportError(error); }}"
