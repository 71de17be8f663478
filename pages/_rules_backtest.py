"""What the page of rules answers when what is typed in a form is tried on the past."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from dash import ctx, html, no_update
from dash.development.base_component import Component

from components.backtest import PLACE, SPANS, backtest_said, backtest_told
from components.rule_form import changes_of, wrong_words
from components.rule_words import change_words
from components.still import still
from domain.backtest import DAYS
from domain.errors import NotAllowedError, StoreUnavailableError
from domain.rule_instances import RuleChangesError, problems
from domain.rule_list import Book, differences
from domain.rule_versions import in_force, with_changes
from domain.viewer import Viewer
from layouts.moment import moment_of
from layouts.stage import stage
from locales import translate
from pages._visitor import visitor


async def make_place(asked: str, _: int | None) -> Any:
    """An empty place for answers about the rule whose form is open."""
    return html.Div(id={"type": PLACE, "rule": asked})


async def run(
    pressed: int, days: int, values: list[Any], idents: list[Any], lang: str, told: str | None, search: str | None
) -> Any:
    """Play the form's values and what is published over the past, and say what each would have done."""
    if not pressed or not ctx.triggered_id:
        return no_update, no_update
    if moment_of(told, search).locked:
        return None, translate(lang, "rule.error.not_live")
    fields = {ident["key"]: value for ident, value in zip(idents, values, strict=True)}
    name, span = str(ctx.triggered_id["rule"]), days if days in SPANS else DAYS
    return await asyncio.to_thread(_run, visitor(), name, span, fields, lang)


def _run(viewer: Viewer, name: str, days: int, fields: Mapping[str, Any], lang: str) -> tuple[Any, list[Component]]:
    desk = stage.rules
    try:
        versions = stage.reads.rule_versions(viewer, name)
        book = Book(configured=desk.configured, limits=desk.limits, versions=versions)
        base = book.base(name)
        if base is None:
            return None, [html.P(translate(lang, "rule.wrong.name", field=name))]
        said, wrong = changes_of(fields, base)
        wrong += [key for key, _ in problems(name, said, desk.limits, base)]
        if wrong:
            return None, [html.P(line) for line in wrong_words(name, wrong, said, desk.limits, lang, base)]
        standing = book.with_(in_force(versions).get(name), name)
        runs = name in book.configured or in_force(versions).get(name) is not None
        asked = with_changes(desk.configured, name, said, desk.limits)
        changed = differences(standing, asked) if runs and standing is not None else []
        same = runs and standing is not None and not changed
        test = stage.backtests.run(viewer, name, None if same else said, days)
    except RuleChangesError:
        return None, [html.P(translate(lang, "rule.unfit"))]
    except NotAllowedError:
        return None, [html.P(translate(lang, "rule.may_not"))]
    except StoreUnavailableError:
        return None, [html.P(translate(lang, "rule.error.store"))]
    lines = change_words(name, changed, lang) if changed else []
    told = still(backtest_told(test, lines, stage.settings.alerts, lang)) if test.state == "ok" else None
    return told, backtest_said(test, lang)


async def cancel(pressed: int) -> bool:
    """End what they have running; its answer says so."""
    if pressed:
        await asyncio.to_thread(stage.backtests.cancel, visitor())
    return False
