"""The register of personal data as a table."""

from __future__ import annotations

from dash import html
from dash.development.base_component import Component

from components.format import number
from domain.accounts import Policy
from domain.privacy import REGISTER, Holding, kept, seen_by
from domain.retention import Retention
from locales import translate

COLUMNS = ("dataset", "whose", "why", "ground", "keep", "seen", "leaves")


def register_table(retention: Retention, policy: Policy, lang: str) -> Component:
    """Every line of the register, with how long as set now and who as the matrix says.

    Args:
        retention: in force.
        policy: of sessions, in force.
        lang: language.
    """
    head = [html.Th(translate(lang, f"privacy.column.{name}")) for name in COLUMNS]
    rows = [html.Tr([html.Td(cell) for cell in _cells(one, retention, policy, lang)]) for one in REGISTER]
    table = html.Table([html.Thead(html.Tr(head)), html.Tbody(rows)], className="table privacy-table")
    return html.Div(table, className="scroll", tabIndex=0)


def _cells(one: Holding, retention: Retention, policy: Policy, lang: str) -> list[object]:
    join = translate(lang, "export.join")
    word, params = kept(one, retention, policy)
    shown = {name: number(value, lang) for name, value in params.items()}
    roles = join.join(translate(lang, f"role.{role}") for role in seen_by(one)) or translate(lang, "privacy.own_only")
    return [
        [html.B(translate(lang, f"privacy.dataset.{one.name}")), html.Small(_columns(one))],
        translate(lang, f"privacy.whose.{one.whose}"), translate(lang, f"privacy.why.{one.name}"),
        translate(lang, f"privacy.ground.{one.ground}"), translate(lang, f"privacy.keep.{word}", **shown), roles,
        join.join(translate(lang, f"privacy.leaves.{way}") for way in one.leaves),
    ]  # fmt: skip


def _columns(one: Holding) -> str:
    """Tables with their columns; tables that hold the same ones together."""
    columns: dict[str, list[str]] = {}
    for name in one.columns:
        table, _, column = name.partition(".")
        columns.setdefault(table, []).append(column)
    tables: dict[str, list[str]] = {}
    for table, found in columns.items():
        tables.setdefault(", ".join(found), []).append(table)
    return "; ".join(f"{', '.join(names)}: {found}" for found, names in tables.items())
