"""Where a selection of the address goes on a page; ``assets/desk_selection.js`` takes it there."""

from __future__ import annotations

from dash import html
from dash.development.base_component import Component


def taking(kind: str, into: str, form: str = "{id}") -> Component:
    """A page takes a selected thing into a property.

    Args:
        kind: declaration, vehicle, vessel, alert, block, gate or feed.
        into: ``<id>.<property>``; a Store gets ``{"value": ..., "n": ...}``.
        form: what is handed over, with the thing's id in it.
    """
    data = {"data-select-kind": kind, "data-select-into": into, "data-select-form": form}
    return html.I(className="unseen", hidden=True, **data)
