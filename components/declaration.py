"""One declaration: where it stands and whose move it is, and the clock of its seven nodes against its kind."""

from __future__ import annotations

from datetime import datetime, timedelta

from dash import html
from dash.development.base_component import Component

from components.format import duration, number, percent, place, stamp
from components.marks import shape
from components.queue_words import differs, expected, moves, why
from components.tile import facts, tile
from domain.declaration_file import COMMISSION, KINDS, LEAST, WHOLE, Among, DeclarationFile, Segment
from domain.pictures import InspectionRow, QueueRow
from domain.records import Node
from locales import known, translate

_COLUMNS = ("node", "mover", "reached", "took", "bar", "among")
_ROOM = 1.15  # how much longer a bar's place is than the longest thing it shows


def declaration_head(file: DeclarationFile, lang: str) -> Component:
    """The few things to know first: what it waits for and whose move that is, how long it has been, its place."""
    open_ = next((segment for segment in file.segments if segment.state == "open" and segment.code in set(Node)), None)
    whole, commission = (_of(file, code) for code in (WHOLE, COMMISSION))
    pairs = [(translate(lang, "declaration.now"), _now(file, open_, lang))]
    pairs += [
        (translate(lang, f"declaration.segment.{segment.code}"), _took_and_among(segment, file.row, lang))
        for segment in (whole, commission)
        if segment.hours is not None
    ]
    if file.queue is not None:
        pairs.append((translate(lang, "declaration.queue"), _place(file.queue, file.as_of, lang)))
    flags = [translate(lang, f"flag.{flag}") for flag in file.row.flags]
    if flags:
        pairs.append((translate(lang, "inspection.flags"), " · ".join(flags)))
    title = translate(lang, "declaration.title", no=file.row.key)
    printing = html.Button(translate(lang, "declaration.print"), className="way", **{"data-print": ""})
    aside = " · ".join(filter(None, (file.row.bill_of_lading, place(file.row.platform, lang), _origin(file.row, lang))))
    return tile(title, facts(pairs), aside=[aside, " ", printing], ages=False, name="declaration-head")


def _place(row: QueueRow, now: datetime, lang: str) -> list[Component]:
    """Its place and why, then what is expected of it, what would move it, and where its source has it."""
    where = html.B(translate(lang, "declaration.rank", n=row.rank, platform=place(row.platform, lang)))
    moved = moves(row, lang, now)
    lines = [
        expected(row, lang, now),
        translate(lang, "queue.moved_by", moves=moved) if moved else "",
        differs(row, lang),
    ]
    first = html.Div([where, " · ", why(row, lang, now)])
    return [first, *(html.Div(line, className="note") for line in lines if line)]


def _of(file: DeclarationFile, code: str) -> Segment:
    return next(segment for segment in file.segments if segment.code == code)


def _origin(row: InspectionRow, lang: str) -> str:
    return translate(lang, f"origin.{row.origin}") if row.origin else ""


def _now(file: DeclarationFile, open_: Segment | None, lang: str) -> list[Component | str]:
    """What it waits for; what holds it comes first."""
    said: list[Component | str] = []
    task = file.task
    if task is not None and task.hold:
        since = stamp(task.held_since, lang) if task.held_since is not None else translate(lang, "declaration.untold")
        said += [shape("l3"), html.B(word("hold", task.hold, lang)), " ",
                 translate(lang, "declaration.since", time=since), " · "]  # fmt: skip
    if open_ is None:
        return [*said, html.B(translate(lang, "declaration.done"))]
    said += [html.B(translate(lang, f"declaration.waits.{open_.code}"))]
    said += [" · ", translate(lang, f"declaration.move.{open_.mover}")]
    if open_.hours is not None:
        said += [" · ", duration(open_.hours * 60, lang)]
    if open_.stuck_hours is not None:
        said += [" ", _stuck(open_, lang)]
    return said


def _stuck(segment: Segment, lang: str) -> Component:
    over = duration((segment.stuck_hours or 0) * 60, lang)
    return html.Span([shape("l2"), translate(lang, "declaration.stuck", over=over)], className="stuck level-2")


def _took_and_among(segment: Segment, row: InspectionRow, lang: str) -> list[Component | str]:
    said: list[Component | str] = [html.B(took_words(segment, lang))]
    if segment.stuck_hours is not None:
        said += [" ", _stuck(segment, lang)]
    if segment.among is not None:
        said += [" · ", among_words(segment.among, lang), " · ", kind_words(segment.among, row, lang)]
    return said


def declaration_clock(file: DeclarationFile, lang: str) -> Component:
    """Every node with the time it took, whose move it was, and where that stands among its kind."""
    head = [html.Th(translate(lang, f"declaration.column.{name}"), className=f"d-{name}") for name in _COLUMNS]
    body = [_node(segment, file.row, lang) for segment in file.segments]
    table = html.Table([html.Thead(html.Tr(head)), html.Tbody(body)], className="table declaration-clock")
    note = html.P(translate(lang, "declaration.method", days=file.baseline_days, least=LEAST), className="note")
    return tile(
        translate(lang, "declaration.clock"), [html.Div(table, className="scroll", tabIndex=0), note], ages=False
    )


def _node(segment: Segment, row: InspectionRow, lang: str) -> Component:
    is_node = segment.code in set(Node)
    name = f"node.{segment.code}" if is_node else f"declaration.segment.{segment.code}"
    mover = translate(lang, f"declaration.mover.{segment.mover}") if segment.mover else ""
    does = translate(lang, f"declaration.does.{segment.code}") if is_node else ""
    marks = [_stuck(segment, lang)] if segment.stuck_hours is not None else []
    marks += [html.Small([shape("l3"), translate(lang, f"declaration.flag.{flag}")]) for flag in segment.flags]
    compared: list[Component | str] = []
    if segment.among is not None:
        compared = [among_words(segment.among, lang), html.Small(kind_words(segment.among, row, lang))]
    elif segment.hours is not None and "gap" not in segment.flags:
        compared = [translate(lang, "declaration.nothing_alike")]
    found = segment.among if segment.hours is not None else None
    cells = [
        html.Td(html.B(translate(lang, name)), className="d-node"),
        html.Td([mover, html.Small(does)] if mover else "", className="d-mover"),
        html.Td(_reached(segment, row, lang), className="d-reached"),
        html.Td([took_words(segment, lang), *marks], className="d-took"),
        html.Td(clock_bar(segment, found, lang) if found and found.p90_hours else "", className="d-bar"),
        html.Td(compared, className="d-among"),
    ]
    return html.Tr(cells, className=f"is-{segment.state}" + ("" if is_node else " sum"), key=segment.code)


def _reached(segment: Segment, row: InspectionRow, lang: str) -> list[Component | str]:
    """When; of a recording also the time that stands in it."""
    if segment.reached is None:
        return [translate(lang, f"declaration.state.{segment.state}")]
    said: list[Component | str] = [stamp(segment.reached, lang)]
    if row.recorded_shift_seconds is not None:
        recorded = segment.reached - timedelta(seconds=row.recorded_shift_seconds)
        said.append(html.Small(translate(lang, "origin.recorded_at", time=stamp(recorded, lang))))
    return said


def took_words(segment: Segment, lang: str) -> str:
    """How long it took, or has been going on."""
    if segment.hours is None:
        return "–"
    told = duration(segment.hours * 60, lang)
    return translate(lang, "declaration.so_far", took=told) if segment.state == "open" else told


def among_words(among: Among, lang: str) -> str:
    """How much of its kind took less, and how many those are; or that there are too few."""
    n = number(among.n, lang)
    if among.median_hours is None:
        return translate(lang, "declaration.too_few", n=n)
    if among.share is None:
        return translate(lang, "declaration.usual", n=n, middle=duration(among.median_hours * 60, lang))
    return translate(lang, "declaration.longer", share=percent(among.share, lang), n=n)


def kind_words(among: Among, row: InspectionRow, lang: str) -> str:
    """What it is compared with; said to be wider where its own kind has too few."""
    of = {
        "farm": translate(lang, f"declaration.kind.{'farm' if row.farm else 'goods'}"),
        "mode": translate(lang, f"mode.{row.mode}"),
        "area": area_words(row.area, lang),
    }
    alike = " · ".join(of[name] for name in among.kind) or translate(lang, "declaration.kind.all")
    return alike if among.kind == KINDS[0] else translate(lang, "declaration.widened", kind=alike)


def area_words(area: str, lang: str) -> str:
    """An inspection area's name, or the source's own word."""
    if not area:
        return translate(lang, "declaration.area_untold")
    return word("declaration.area", area, lang)


def clock_bar(segment: Segment, found: Among, lang: str) -> Component:
    """The time as a bar, with the middle and the longest tenth of its kind as lines across."""
    hours, middle, long = segment.hours or 0.0, found.median_hours or 0.0, found.p90_hours or 0.0
    most = _ROOM * max(hours, long) or 1.0
    shares = {"--fill": hours, "--middle": middle, "--long": long}
    told = {name: duration(value * 60, lang) for name, value in (("took", hours), ("middle", middle), ("long", long))}
    words = translate(lang, "declaration.bar", **told)
    return html.Span(
        className="clock-bar over" if segment.stuck_hours else "clock-bar", role="img", title=words,
        style={name: f"{100 * value / most:.1f}%" for name, value in shares.items()}, **{"aria-label": words},
    )  # fmt: skip


def word(group: str, code: str, lang: str) -> str:
    """A word of a closed list in the language; a source's own word as it is."""
    return translate(lang, f"{group}.{code}") if known(f"{group}.{code}") else code
