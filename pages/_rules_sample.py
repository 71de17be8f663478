"""Rules made for the styleguide: in every state, drafted and published, with the form of one and its versions."""

from __future__ import annotations

from datetime import datetime, timedelta

from dash import html
from dash.development.base_component import Component

from components.rule_form import rule_form
from components.rules import rule_about, rule_history, rule_list
from domain.rule_instances import Changes, configured
from domain.rule_list import Book
from domain.rule_versions import RuleState, RuleVersion, VersionState
from pages._backtest_sample import backtests

_NAME = "gate_queue"
_DOING = {
    _NAME: ("ok", ""), "crane_wind": ("no_data", "weather"), "door_opened": ("error", "ValueError: no such lane"),
    "vgm_over": ("ok", ""),
}  # fmt: skip


def rules(lang: str, now: datetime) -> list[Component]:
    """List, form, declaration and versions, filled and empty."""
    book, states = sample(now), {n: RuleState(name=n, state=s, since=now, detail=d) for n, (s, d) in _DOING.items()}
    rows = book.listed(states, {_NAME: 3})
    mine = next(one for one in rows if one.instance.name == _NAME)
    base, draft = book.base(_NAME), book.with_(book.last(_NAME), _NAME)
    if base is None or draft is None:
        return []
    forms = [*rule_form(base, draft, book.last(_NAME), lang), *rule_form(base, base, None, lang, "–")]
    form = html.Div(forms, className="screen-form")
    for part in form._traverse():  # no callback listens to them here
        if getattr(part, "id", ""):
            part.id = f"style-rule-{id(part)}"
    return [
        rule_list(rows, lang, _NAME), html.Div(form), rule_about(mine, lang),
        rule_history(book.history(_NAME), _NAME, lang), rule_list([], lang), rule_history([], _NAME, lang),
        *backtests(lang, now),
    ]  # fmt: skip


def sample(now: datetime) -> Book:
    """One rule published and drafted anew, one switched off, one that is only a draft."""

    def saved(name: str, version: int, state: VersionState, said: Changes, note: str = "") -> RuleVersion:
        at = now - timedelta(hours=9 - version)
        return RuleVersion(name=name, version=version, at=at, state=state, who="supervisor", note=note, changes=said)

    several = ("vgm_over", "crane_wind", "door_opened", _NAME)
    return Book(
        configured={name: one for name, one in configured({}, {}).items() if name in several}, limits={},
        versions=[
            saved(_NAME, 1, "published", Changes(params={"minutes": 45.0}), "night shift"),
            saved(_NAME, 2, "draft", Changes(params={"minutes": 40.0}, hold_on_seconds=120.0)),
            saved("vgm_over", 1, "published", Changes(enabled=False), "scales out of order"),
            saved("crane_wind_dqt", 1, "draft", Changes(params={"warn_speed": 14.0})),
        ],
    )  # fmt: skip
