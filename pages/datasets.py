"""Datasets: what may come in, whose it is, what fills it and what reads it, made from the code."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import Enum
from typing import Any

import dash
from dash.development.base_component import Component

from components.datasets import Dataset, Field, catalogue
from components.tile import tile
from datasources.mapping import DATASETS, FieldType, field_types
from domain.lineage import lineage
from layouts.language import language_of
from layouts.moment import moment_in
from layouts.shell import page, page_title, view
from layouts.stage import stage
from live.views import register_view
from locales import translate
from pages._drawn import drawn_by
from pages._feeds import tabs

dash.register_page(__name__, path="/feeds/datasets", name="datasets", title=page_title("datasets"))

_KINDS = {str: "text", int: "whole", float: "number", bool: "yes_no", datetime: "time"}


def described() -> list[Dataset]:
    """Every dataset a mapping may fill."""
    pages, drawn = {}, {}
    for module, path in _paths().items():
        name = module.rpartition(".")[2]
        pages[name], drawn[name] = path, drawn_by(module)
    return [
        Dataset(
            name=name, record=kind.__name__, owner=kind.OWNER, pages=pages,
            fields=[Field(one, _kind(told), told.required) for one, told in field_types(name).items()],
            lineage=lineage(kind, stage.topics, drawn),
        )
        for name, kind in DATASETS.items()
    ]  # fmt: skip


def _kind(told: FieldType) -> str:
    if told.many:
        return "list"
    return "word" if issubclass(told.kind, Enum) else _KINDS.get(told.kind, "text")


def _paths() -> dict[str, str]:
    """Addresses of the pages without variables, by module, in the order of their addresses."""
    found = sorted(dash.page_registry.values(), key=lambda one: str(one["path"]))
    return {one["module"]: one["path"] for one in found if not one["path_template"]}


def _catalogue(pictures: Mapping[str, Any], lang: str) -> Component:
    feeds = pictures.get("feeds")
    rows, now = (feeds.rows, feeds.as_of) if feeds is not None else ([], None)
    shown = catalogue(described(), rows, lang, now)
    return tile(translate(lang, "page.datasets"), shown, ages=False)


register_view("datasets-all", ("feeds",), _catalogue, min_seconds=30)


def layout(lang: str | None = None, **query: str) -> Component:
    """One list."""
    spoken = language_of(lang)
    return page(
        spoken, "datasets", tabs("/feeds/datasets", spoken),
        view("datasets-all", spoken, "at-table", moment=moment_in(query)),
    )  # fmt: skip
