"""Who is behind a callback, what it asks of them, and which moment the page they look at shows."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Any

import dash
from dash import Input, State, dcc, html
from dash.development.base_component import Component

from components.tile import empty, tile
from domain.errors import NotAllowedError
from domain.permissions import Permission
from domain.viewer import WHO, Viewer
from layouts.language import language_of
from layouts.moment import LOCATION, STORE
from layouts.shell import OWN, open_pages, page, page_words
from layouts.stage import may
from locales import translate

MOMENT_INPUT = Input(STORE, "data")  # a callback that reads the store runs again when the moment changes
MOMENT_STATE = State(STORE, "data")
CHANGE_OF_PAGE = ".._pages_content.children..._pages_store.data.."
ADDRESS = State(LOCATION, "search")


def callback(permission: Permission, *asked: Any, **options: Any) -> Callable[[Any], Any]:
    """Dash's ``callback`` for those who may: the one way for pages to register one.

    The guard lets a request through only if its callback declares a permission and the viewer has it; a callback
    registered past this declares none and keeps the cockpit from starting.

    Args:
        permission: what it takes to run it.
        asked: outputs, inputs and states.
        options: as Dash takes them.
    """
    if not isinstance(permission, Permission):
        raise TypeError("a callback declares its permission first")

    def declared(function: Any) -> Any:
        function.permission = permission
        return dash.callback(*asked, **options)(function)

    return declared


def ask_pages(asks: Mapping[str, Permission]) -> None:
    """Hold every registered page to what its address asks: Dash changes pages without a request for their address.

    Args:
        asks: by the page's address, variables in angle brackets.

    Raises:
        KeyError: a page's address is not among them.
    """
    for registered in dash.page_registry.values():
        asked = asks[registered["path_template"] or registered["path"]]
        registered["layout"] = _asking(registered["layout"], asked, registered["module"].rpartition(".")[2])
    variables_last()


def variables_last() -> None:
    """Try addresses with a variable part last: Dash takes the first that fits, a word for a number."""
    for name in [name for name, registered in dash.page_registry.items() if registered["path_template"]]:
        dash.page_registry.move_to_end(name)


def _asking(layout: Callable[..., Component], asked: Permission, name: str) -> Callable[..., Component]:
    @functools.wraps(layout)
    def held(*parts: Any, **query: Any) -> Component:
        if may(asked):
            return layout(*parts, **query)
        return _refused(name, language_of(query.get("lang")))

    return held


def _refused(name: str, lang: str) -> Component:
    """What stands in the place of a page that is not the viewer's: where they may go instead.

    At the front page, where everybody arrives, it is no refusal but the list of their pages.
    """
    links = [html.Li(dcc.Link(page_words(path, lang), href=path, className="way")) for path in (*open_pages(), OWN)]
    front = name == "overview"
    said = [] if front else [empty(lang, "not_yours")]
    title = translate(lang, "page.refused.front" if front else f"page.{name}")
    return page(lang, "refused", tile(title, [*said, html.Ul(links, className="ways")], ages=False))


def declared(callback_map: Mapping[str, Mapping[str, Any]], output: str) -> Permission | None:
    """What the callback with this output declares; None when there is none, or it declares nothing."""
    if output == CHANGE_OF_PAGE:
        return Permission.ENTER  # Dash's own change of pages; each page asks for itself
    function = callback_map.get(output, {}).get("callback")
    found = getattr(function, "permission", None)
    return found if isinstance(found, Permission) else None


def check(callback_map: Mapping[str, Mapping[str, Any]]) -> None:
    """Refuse to start with a callback that everybody could run.

    Raises:
        RuntimeError: callbacks were registered past ``callback`` of this module; names them.
    """
    runs = [output for output, known in callback_map.items() if known.get("callback") is not None]
    open_ones = [output for output in runs if declared(callback_map, output) is None]
    if open_ones:
        raise RuntimeError(f"callbacks without a declared permission: {', '.join(open_ones)}")


def visitor() -> Viewer:
    """The viewer of the request being answered.

    Raises:
        NotAllowedError: the request did not come through the guard.
    """
    viewer = WHO.get()
    if viewer is None:
        raise NotAllowedError("nobody asked who this is")
    return viewer
