"""How long inspections take: headline, each stretch, what changed on a day, where today was lost."""

from __future__ import annotations

from collections.abc import Sequence

from dash import html
from dash.development.base_component import Component

from components.format import number, percent, signed
from components.marks import shape
from components.spark import address
from components.tile import empty_then, facts, tile
from domain.before_after import Compared, Side
from domain.turnaround import Cost, Headline, Spread, Stretch
from locales import translate

MINUTES_BELOW = 1.5  # hours; shorter medians are said in minutes
_TEXTS = frozenset({"of_whom", "stretch", "shape", "told"})  # columns that hold no figures
COSTS_SHOWN = 4
LITTLE_HOURS = 1.0


def hours(value: float | None, lang: str) -> str:
    """Hours to a tenth; short ones in minutes."""
    if value is None:
        return number(None, lang)
    if value < MINUTES_BELOW:
        return translate(lang, "turnaround.minutes", n=number(value * 60, lang))
    return translate(lang, "turnaround.hours", n=number(value, lang, 1))


def headline_tile(told: Headline, lang: str, days: int) -> Component:
    """The whole by the definition of the seed; says of how many it is, and of how many otherwise."""
    title = translate(lang, "turnaround.headline")
    if not told.all.n:
        return tile(title, empty_then(lang, "turnaround", days=days), ages=False, name="turnaround-head")
    rows = [
        html.Tr(
            [html.Th(translate(lang, f"turnaround.kind.{name}"), scope="row"), *_figures(told_of, lang)],
            className="is-all" if name == "all" else "",
        )
        for name, told_of in (("farm", told.farm), ("other", told.other), ("all", told.all))
    ]
    names = ("of_whom", "mean", "median", "p90", "n")
    table = html.Table([html.Thead(_head(names, lang)), html.Tbody(rows)], className="table turnaround-figures")
    return tile(
        title, [html.Div(table, className="scroll", tabIndex=0), _definition(told, lang)],
        aside=translate(lang, "turnaround.span", days=days), ages=False, name="turnaround-head",
    )  # fmt: skip


def _head(names: Sequence[str], lang: str) -> Component:
    return html.Tr(
        [
            html.Th(translate(lang, f"turnaround.{name}"), scope="col", className="" if name in _TEXTS else "num")
            for name in names
        ]
    )


def _figures(told: Spread, lang: str) -> list[Component]:
    figures = (hours(told.mean, lang), hours(told.median, lang), hours(told.p90, lang), number(told.n, lang))
    return [html.Td(figure, className="num") for figure in figures]


def _definition(told: Headline, lang: str) -> Component:
    said = [translate(lang, "turnaround.by_definition", n=number(told.by_definition, lang))]
    if told.otherwise:
        said.append(translate(lang, "turnaround.otherwise", n=number(told.otherwise, lang)))
    if told.unknown:
        said.append(translate(lang, "turnaround.unknown", n=number(told.unknown, lang)))
    return html.P(said[0] if len(said) == 1 else " ".join(said), className="turnaround-words")


def stretches_tile(found: list[Stretch], step: str, lang: str, days: int) -> Component:
    """Each stretch and the point it ends at: its shape, median, nine of ten, and since the commission."""
    title = translate(lang, "turnaround.stretches")
    if not any(one.reached for one in found):
        return tile(title, empty_then(lang, "turnaround", days=days), ages=False)
    names = ("stretch", "shape", "median", "p90", "n", "since_median", "since_p90", "told")
    body = html.Tbody([_stretch(one, one.name == step, lang) for one in found])
    table = html.Table([html.Thead(_head(names, lang)), body], className="table turnaround-table")
    return tile(
        title, html.Div(table, className="scroll", tabIndex=0),
        aside=translate(lang, "turnaround.stretches_words"), ages=False,
    )  # fmt: skip


def _stretch(one: Stretch, chosen: bool, lang: str) -> Component:
    left_out = []
    if one.skipped:
        left_out.append(translate(lang, "turnaround.skipped", n=number(one.skipped, lang)))
    if one.contradictory:
        left_out.append(translate(lang, "turnaround.contradictory", n=number(one.contradictory, lang)))
    name = html.Button(
        translate(lang, f"turnaround.stretch.{one.name}"), className="link",
        **{"data-pick": "turnaround-pick", "data-value": one.name, "aria-pressed": str(chosen).lower()},
    )  # fmt: skip
    cells = [
        html.Th(name, scope="row"), html.Td(_shape(one.hours, lang)),
        *(html.Td(hours(value, lang), className="num") for value in (one.hours.median, one.hours.p90)),
        html.Td(number(one.hours.n, lang), className="num"),
        *(html.Td(hours(value, lang), className="num") for value in (one.since_first.median, one.since_first.p90)),
        html.Td(
            [shape("l3"), " ", translate(lang, "turnaround.listed").join(left_out)] if left_out
            else translate(lang, "turnaround.all_told"),
            className="dim",
        ),
    ]  # fmt: skip
    return html.Tr(cells, className="is-chosen" if chosen else "")


def _shape(told: Spread, lang: str) -> Component | str:
    """The histogram as a small line."""
    if not told.n:
        return "–"
    words = translate(lang, "turnaround.shape_words", n=number(told.n, lang), until=hours(told.edges[-1], lang))
    return html.Span(
        className="spark", role="img", title=words, style={"--spark": f'url("{address(list(told.counts))}")'},
        **{"aria-label": words},
    )  # fmt: skip


def compare_tile(told: Compared | None, lang: str, why: str = "") -> Component:
    """Before and after a day in words.

    Args:
        told: what came of it; None while no day is chosen.
        lang: language.
        why: code why it cannot be said, when a day was chosen: ``unreadable`` or ``outside``.
    """
    title = translate(lang, "turnaround.compare")
    if told is None:
        return tile(title, html.Div(html.P(translate(lang, f"turnaround.compare.{why or 'choose'}")), className="empty",
                                    role="note"), ages=False)  # fmt: skip
    day = told.day.isoformat()
    sides = facts([
        (translate(lang, f"turnaround.{name}", day=day), _side(side, lang))
        for name, side in (("before", told.before), ("after", told.after))
    ])  # fmt: skip
    said = [html.P(translate(lang, f"turnaround.verdict.{told.verdict}"), className="turnaround-verdict")]
    if told.difference is not None:
        words = translate(lang, "turnaround.difference", n=signed(told.difference, lang, 1))
        if told.low is not None and told.high is not None:
            low, high = signed(told.low, lang, 1), signed(told.high, lang, 1)
            words = translate(lang, "turnaround.interval", said=words, low=low, high=high)
        said.append(html.P(words))
    method = html.P(translate(lang, "turnaround.method"), className="turnaround-words")
    return tile(title, [*said, sides, method], ages=False, name="turnaround-compare")


def _side(side: Side, lang: str) -> str:
    return translate(
        lang, "turnaround.side", median=hours(side.median, lang), n=number(side.n, lang), days=number(side.days, lang)
    )


def cost_tile(costs: list[Cost], lang: str, until: str) -> Component:
    """Where the day was lost: the stretch whose excess over its own baseline cost most declaration-hours."""
    title = translate(lang, "turnaround.cost")
    lost = [cost for cost in costs if cost.hours >= LITTLE_HOURS][:COSTS_SHOWN]
    if not lost:
        code = "no_loss" if costs else "no_baseline"
        return tile(title, empty_then(lang, f"turnaround_{code}"), aside=until, ages=False)
    first = lost[0]
    said = [
        html.P([html.B(translate(lang, f"turnaround.stretch.{first.name}")), " ", _lost(first, lang)],
               className="turnaround-verdict"),
        html.P(_why(first, lang)),
    ]  # fmt: skip
    rest = [
        html.Li([html.Span(translate(lang, f"turnaround.stretch.{cost.name}")), html.Span(_lost(cost, lang))])
        for cost in lost[1:]
    ]
    method = html.P(translate(lang, "turnaround.cost_words"), className="turnaround-words")
    return tile(title, [*said, html.Ul(rest, className="turnaround-costs"), method], aside=until, ages=False)


def _lost(cost: Cost, lang: str) -> str:
    return translate(lang, "turnaround.lost", n=signed(cost.hours, lang))


def _why(cost: Cost, lang: str) -> str:
    said = []
    if cost.mean is not None:
        said.append(
            translate(lang, "turnaround.ended", n=number(cost.ended, lang), mean=hours(cost.mean, lang),
                      usual=hours(cost.usual, lang))
        )  # fmt: skip
    if cost.running:
        said.append(translate(lang, "turnaround.running", n=number(cost.running, lang)))
    if cost.worse_than is not None:
        said.append(translate(lang, "turnaround.worse_than", share=percent(cost.worse_than, lang)))
    return translate(lang, "turnaround.listed").join(said)
