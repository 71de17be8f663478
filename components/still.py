"""Parts of a drawing nobody speaks to, as one component.

Dash keeps a subscription for every component on the page and asks each of them at every change anywhere: with 700
table cells a change of page took seconds. Most of a drawing is plain HTML that no callback reads or writes. Such
parts are sent as they are and put on the page by one component (assets/still.js); ids, charts, maps, tables and
inputs stay Dash's own.
"""

from __future__ import annotations

import copy
from itertools import groupby
from typing import Any

from dash.development.base_component import Component

HTML = "dash_html_components"
LEADS = ("href", "src", "action", "data")  # Dash's own elements look at these before a browser may follow them
SAFE = ("/", "#", "?", "data:image/")
_TAGS = {"ObjectEl": "object", "MapEl": "map"}
_DASHS = frozenset({"children", "n_clicks", "n_clicks_timestamp", "disable_n_clicks"})


class Still(Component):  # type: ignore[misc]  # Dash carries no types
    """A tree of plain elements, without an element of its own around them.

    Attributes:
        tree: a text, a list of trees, or ``[tag, props]`` / ``[tag, props, tree]``.
    """

    _namespace = "cockpit_parts"
    _type = "Still"
    _prop_names = ("tree",)
    _children_props: tuple[str, ...] = ()
    _base_nodes: tuple[str, ...] = ()
    _valid_wildcard_attributes: tuple[str, ...] = ()
    available_properties = ("tree",)
    available_wildcard_properties: tuple[str, ...] = ()

    def __init__(self, tree: Any = None) -> None:
        """Take a tree as :func:`still` makes them."""
        super().__init__(tree=tree)


def still(drawn: Any) -> Any:
    """The same drawing with every part nobody speaks to as one component; what is given stays as it is.

    Args:
        drawn: anything a Dash ``children`` may be.
    """
    if isinstance(drawn, list | tuple):
        return _joined(drawn) if any(isinstance(part, Component) for part in drawn) else drawn
    if not isinstance(drawn, Component):
        return drawn
    if _is_still(drawn):
        return Still(tree=_tree(drawn))
    children = getattr(drawn, "children", None)
    if children is None or isinstance(children, str | int | float):
        return drawn
    other = copy.copy(drawn)
    other.children = still(children)
    return other


def _joined(parts: list[Any] | tuple[Any, ...]) -> list[Any]:
    """Neighbours nobody speaks to become one."""
    found: list[Any] = []
    for calm, run in groupby((part for part in parts if part is not None), _is_still):
        neighbours = list(run)
        if calm and any(isinstance(part, Component) for part in neighbours):
            found.append(Still(tree=_tree(neighbours)))
        else:
            found += neighbours if calm else map(still, neighbours)
    return found


def _is_still(part: Any) -> bool:
    if isinstance(part, list | tuple):
        return all(map(_is_still, part))
    if not isinstance(part, Component):
        return part is None or isinstance(part, str | int | float)
    if part._namespace != HTML or hasattr(part, "id"):
        return False
    leads = (getattr(part, name, "/") for name in LEADS)
    return all(str(lead).startswith(SAFE) for lead in leads) and _is_still(getattr(part, "children", None))


def _tree(part: Any) -> Any:
    if isinstance(part, list | tuple):
        return [_tree(one) for one in part if one is not None]
    if not isinstance(part, Component):
        return part
    said = part.to_plotly_json()["props"]
    props = {name: value for name, value in said.items() if name not in _DASHS and value is not None}
    tag = _TAGS.get(part._type, part._type.lower())
    children = getattr(part, "children", None)
    return [tag, props] if children is None else [tag, props, _tree(children)]
