"""Which topics a page draws, found in its code: its views, its maps, the pictures and reads it asks for.

What a page takes from a room beside it (``pages._*``, ``layouts``) counts as its own, save the shell around all.
"""

from __future__ import annotations

import ast
import importlib
import inspect
from collections.abc import Iterator, Mapping
from functools import cache

from components.port_map import TOPICS as ON_THE_MAP
from live.views import registered

# What the pages' reads (``layouts.stage.Reads``) tell of; a test holds that none is left out.
READS: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(("alert_history", "dispatched"), ("alerts",)),
    **dict.fromkeys(("inspection", "segments"), ("inspections",)),
    "alert_packet": ("alerts", "vehicles", "vessels", "yard", "gates", "feeds"),
    "declaration_file": ("inspections", "alerts", "queue", "vehicles"), "track": ("vehicles", "vessels"),
    **dict.fromkeys(("yard", "yard_course"), ("yard",)),
    **dict.fromkeys(("fences", "fence_history"), ()),  # people draw them
    **dict.fromkeys(("series", "oldest"), ()),  # roll-ups beside pictures that stand here by themselves
    **dict.fromkeys(("audit", "backup", "secrets", "set_aside", "set_aside_rows", "settings_history"), ()),
}  # fmt: skip
_SHELL = "layouts.shell"


@cache
def drawn_by(module: str) -> frozenset[str]:
    """Topics of a page, by its module, once all pages are registered."""
    found: set[str] = set()
    views = registered()
    for tree in _rooms(module, set()):
        for node in ast.walk(tree):
            if isinstance(node, ast.Name) and node.id == "port_map":
                found |= set(ON_THE_MAP)
            elif isinstance(node, ast.Attribute) and _asked(node) == "reads":
                found |= set(READS.get(node.attr, ()))
            elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "current":
                found |= {one.value for one in node.args if isinstance(one, ast.Constant)}
            elif isinstance(node, ast.Constant) and node.value in views:
                found |= set(views[node.value].topics)
            elif begins := _beginning(node):
                found |= {topic for name, one in views.items() if name.startswith(begins) for topic in one.topics}
    return frozenset(found)


def _rooms(module: str, seen: set[str]) -> Iterator[ast.Module]:
    """The code of a page and of what it takes from its own floor."""
    seen.add(module)
    tree = ast.parse(inspect.getsource(importlib.import_module(module)))
    yield tree
    for node in ast.walk(tree):
        name = node.module if isinstance(node, ast.ImportFrom) else None
        if name and name.startswith(("pages._", "layouts.")) and name != _SHELL and name not in seen:
            yield from _rooms(name, seen)


def _beginning(node: ast.AST) -> str:
    """How a text with something filled in begins; "" for anything else, and where the name alone would say too much."""
    first = node.values[0] if isinstance(node, ast.JoinedStr) and node.values else None
    text = first.value if isinstance(first, ast.Constant) else ""
    return text if isinstance(text, str) and "-" in text else ""


def _asked(node: ast.Attribute) -> str:
    return node.value.attr if isinstance(node.value, ast.Attribute) else ""
