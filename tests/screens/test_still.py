"""Plain parts as one component: nothing is lost, what callbacks and Dash itself look at stays theirs."""

from __future__ import annotations

from typing import Any

import pytest
from dash import dcc, html
from dash.development.base_component import Component
from hypothesis import given
from hypothesis import strategies as st

from components.still import Still, still

_TEXT = st.text(max_size=8)
_ATTRIBUTES = st.fixed_dictionaries({}, optional={"className": _TEXT, "title": _TEXT, "id": st.sampled_from("abc")})
_LEAF = st.one_of(_TEXT, st.integers(), st.none(), st.builds(lambda: dcc.Store(id="s")))
_KIND = st.sampled_from([html.Div, html.Span, html.Td, html.A])
_TREES = st.recursive(
    _LEAF,
    lambda inner: st.builds(
        lambda kind, children, said: kind(children, **said), _KIND, st.lists(inner, max_size=4) | inner, _ATTRIBUTES
    ),
    max_leaves=25,
)


def _told(part: Any) -> list[Any]:
    """Elements with their attributes and texts in the order of the page, whoever draws them."""
    if part is None:
        return []
    if isinstance(part, Still):
        return _plain(part.tree)
    if isinstance(part, list | tuple):
        return [told for one in part for told in _told(one)]
    if not isinstance(part, Component):
        return [str(part)]
    said = dict(part.to_plotly_json()["props"])
    children = _told(said.pop("children", None))
    return [(part._type.lower(), sorted(said.items())), *children, "end"]


def _plain(tree: Any) -> list[Any]:
    if not isinstance(tree, list):
        return [str(tree)]
    if len(tree) > 1 and isinstance(tree[1], dict):
        tag, said, *inside = tree
        return [(tag, sorted(said.items())), *(told for one in inside for told in _plain(one)), "end"]
    return [told for one in tree for told in _plain(one)]


def _kept(part: Any) -> list[str]:
    """Ids of what stays Dash's own."""
    if isinstance(part, list | tuple):
        return [name for one in part for name in _kept(one)]
    if not isinstance(part, Component) or isinstance(part, Still):
        return []
    return [*([part.id] if hasattr(part, "id") else []), *_kept(getattr(part, "children", None))]


@given(_TREES)
def test_the_same_elements_and_texts_stand_on_the_page(drawn: Any) -> None:
    before = _told(drawn)
    ids = _kept(drawn)
    found = still(drawn)
    assert _told(found) == before
    assert _kept(found) == ids, "what has an id may be spoken to"
    assert _told(drawn) == before, "what was given stays as it was"


def test_neighbours_become_one_and_others_keep_their_place() -> None:
    found = still(html.Div([html.B("a"), "b", html.I("c"), dcc.Graph(id="g"), html.B("d")]))
    kinds = [type(part).__name__ for part in found.children]
    assert kinds == ["Still", "Graph", "Still"]
    assert still(html.Table([html.Tr([html.Td(n) for n in range(20)])])).tree[0] == "table"


@pytest.mark.parametrize("address", ["javascript:alert(1)", "https://elsewhere", " javascript:x", "data:text/html,x"])
def test_an_address_that_leads_out_is_left_to_dash_which_looks_at_it(address: str) -> None:
    assert isinstance(still(html.A("x", href=address)), html.A)
    assert isinstance(still(html.A("x", href="/alerts")), Still)


def test_rows_and_figures_pass() -> None:
    rows = [{"key": "a"}, None, 3]
    assert still(rows) is rows
    assert still({"data": []}) == {"data": []}
