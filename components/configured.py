"""Settings, the secrets of feeds and the last backup, for those who run the cockpit."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec
from dash import dcc, html
from dash.development.base_component import Component

from components.format import NONE, duration, number, sortable, stamp
from components.marks import shape
from components.tile import empty, facts
from domain.configured import Secret, Shown, Stood, changes
from locales import translate

IN_FORCE = ("section", "setting", "value", "from")
HISTORY = ("at", "who", "setting", "before", "after")
SECRETS = ("name", "set", "by", "key", "feeds")
OLD = timedelta(days=7)
NAMES = "settings-secret-names"  # offered while a name is typed


def in_force(settings: Mapping[str, Shown], lang: str) -> list[dict[str, Any]]:
    """Settings as grid rows, in groups; a feed is a group."""
    rows = []
    for key, one in settings.items():
        parts = key.split(".")
        group = ".".join(parts[: 2 if parts[0] == "feeds" else 1]) if len(parts) > 1 else ""
        rows.append(
            {
                "key": key,
                "section": group or NONE,
                "setting": key.removeprefix(f"{group}.") if group else key,
                "value": written(one.value),
                "from": translate(lang, f"settings.from.{one.origin}"),
            }
        )
    return rows


def written(value: Any) -> str:
    """A setting's value in one line."""
    if value is None or value == "":
        return NONE
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


def course(stood: Sequence[Stood], whole: bool, lang: str) -> list[dict[str, Any]]:
    """What changed when, newest first, as grid rows.

    Args:
        stood: sets of settings, newest first.
        whole: whether the last of them is the first there ever was.
        lang: language.
    """
    rows: list[dict[str, Any]] = []
    for after, before in itertools.pairwise(stood):
        rows += [
            _change(after, key, written(was), written(now))
            for key, (was, now) in changes(before.settings, after.settings).items()
        ]
    if whole and stood:
        first = stood[-1]
        words = translate(lang, "settings.first", n=number(len(first.settings), lang))
        rows.append(_change(first, NONE, NONE, words))
    return rows


def _change(stood: Stood, key: str, before: str, after: str) -> dict[str, Any]:
    return {
        "key": f"{stood.at.timestamp()} {key}", "at": sortable(stood.at), "who": stood.who, "setting": key,
        "before": before, "after": after,
    }  # fmt: skip


def secrets_table(secrets: Sequence[Secret], wanted: Mapping[str, Sequence[str]], lang: str) -> Component:
    """Which secrets there are, and which feeds ask for one that nobody has set; never a value.

    Args:
        secrets: those set.
        wanted: names of feeds by the secret they ask for.
        lang: language.
    """
    there = {one.name: one for one in secrets}
    if not there and not wanted:
        return empty(lang, "secrets")
    rows = []
    for name in sorted({*there, *wanted}):
        one = there.get(name)
        since = _remark(translate(lang, "secret.missing")) if one is None else sortable(one.updated_at)
        key = NONE if one is None else [one.algorithm, html.Small(one.key)]
        used = ", ".join(wanted.get(name, ())) or translate(lang, "secret.unused")
        cells = (html.B(name), since, NONE if one is None else one.updated_by, key, used)
        rows.append(html.Tr([html.Td(cell) for cell in cells]))
    head = html.Tr([html.Th(translate(lang, f"secret.column.{name}")) for name in SECRETS])
    table = html.Table([html.Thead(head), html.Tbody(rows)], className="table")
    names = html.Datalist([html.Option(value=name) for name in sorted({*there, *wanted})], id=NAMES)
    return html.Div([table, names], className="scroll", tabIndex=0)


def _remark(words: str) -> Component:
    return html.Div([shape("l3"), words], className="remark")


def secret_form(lang: str) -> list[Component]:
    """Sets or removes a secret; what is typed is sent once and never comes back."""
    acts = [
        html.Button(translate(lang, f"secret.act.{act}"), id=f"settings-secret-{act}", n_clicks=0)
        for act in ("set", "remove")
    ]
    return [
        _typed("name", lang, list=NAMES, autoComplete="off"),
        _typed("value", lang, type="password", autoComplete="new-password"),
        html.Div(acts, className="screen-acts"),
    ]


def _typed(field: str, lang: str, **options: Any) -> Component:
    inner = dcc.Input(id=f"settings-secret-{field}", className="screen-input", **options)
    return html.Label([html.Span(translate(lang, f"secret.field.{field}")), inner], className="screen-field")


def backup_words(made: Mapping[str, Any] | None, now: datetime, lang: str) -> Component:
    """How old the newest backup is that was made by ``python app.py backup``.

    Args:
        made: ``at`` (ISO), ``file``, ``bytes`` and ``rows``; None before the first.
        now: aware UTC.
        lang: language.
    """
    if made is None:
        return _remark(translate(lang, "backup.none"))
    at = datetime.fromisoformat(made["at"])
    age = now - at
    said = translate(lang, "backup.age", age=duration(max(0.0, age.total_seconds() / 60), lang))
    size = f"{number(made['bytes'] / 1024 / 1024, lang, 1)} MB"
    # PostgreSQL's own tools make the dump and count no rows.
    pairs = [("at", stamp(at, lang)), ("bytes", size), ("rows", number(made["rows"] or None, lang)),
             ("file", made["file"])]  # fmt: skip
    return html.Div(
        [
            _remark(said) if age > OLD else html.P(said),
            facts([(translate(lang, f"backup.{name}"), value) for name, value in pairs]),
        ]
    )
