"""Looking into Dash trees the way a reader would."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from dash.development.base_component import Component


def walk(tree: Any) -> Iterator[Any]:
    """Every node and every text of a tree, in reading order."""
    if isinstance(tree, (list, tuple)):
        for part in tree:
            yield from walk(part)
    elif tree is not None:
        yield tree
        if isinstance(tree, Component):
            yield from walk(getattr(tree, "children", None))


def text(tree: Any) -> str:
    """All words of a tree."""
    return " ".join(str(node) for node in walk(tree) if isinstance(node, (str, int, float)))


def having(tree: Any, class_name: str) -> list[Component]:
    """Components that carry a class."""
    return [
        node
        for node in walk(tree)
        if isinstance(node, Component) and class_name in (getattr(node, "className", None) or "").split()
    ]


def prop(component: Component, name: str) -> Any:
    """A property, data attributes too."""
    return component.to_plotly_json()["props"].get(name)
