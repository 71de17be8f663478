"""What belongs to one declaration: its boxes, papers, samples, truck and alerts."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlencode

from dash import html
from dash.development.base_component import Component

from components.alerts import alert_text, alert_title, state_words
from components.declaration import area_words, word
from components.format import duration, number, place, stamp
from components.marks import level_mark, shape
from components.tile import empty, facts, tile
from components.track import distance_km
from components.words import other_words
from domain.declaration_file import ActOnAlert, Box, Check, DeclarationFile, Photo, Sample
from domain.pictures import AlertRow
from domain.records import InspectionTask
from locales import known, translate

_BOXES = ("container", "scan", "review", "check", "photos")
_ALERTS = ("level", "what", "subject", "opened", "state")
NONE = "–"


def _table(group: str, columns: Sequence[str], rows: Sequence[Component], lang: str) -> Component:
    head = [html.Th(translate(lang, f"declaration.{group}.{name}")) for name in columns]
    table = html.Table([html.Thead(html.Tr(head)), html.Tbody(list(rows))], className=f"table declaration-{group}")
    return html.Div(table, className="scroll", tabIndex=0)


def declaration_boxes(file: DeclarationFile, lang: str) -> Component:
    """Every container: machine scan, image review, comparison of number and seal, photographs."""
    title, aside = translate(lang, "declaration.boxes"), number(len(file.boxes), lang)
    loose = [_checks(file.checks, lang)] if file.checks else []
    loose += [_photos(file.photos, lang)] if file.photos else []
    if not file.boxes:
        return tile(title, [empty(lang, "declaration_boxes"), *loose], ages=False)
    return tile(
        title, [_table("box", _BOXES, [_box(box, lang) for box in file.boxes], lang), *loose], aside=aside, ages=False
    )


def _box(box: Box, lang: str) -> Component:
    scanned = stamp(box.scanned_at, lang) if box.scanned_at is not None else translate(lang, "declaration.not_scanned")
    reviewed = NONE
    if box.scanned_at is not None:
        waits = translate(lang, "declaration.not_reviewed")
        reviewed = stamp(box.reviewed_at, lang) if box.reviewed_at is not None else waits
    direct = [html.Small(translate(lang, "declaration.direct"))] if box.released_directly else []
    cells = [
        html.Td(box.container_no), html.Td(scanned), html.Td([reviewed, *direct]),
        html.Td(_checks(box.checks, lang)), html.Td(_photos(box.photos, lang)),
    ]  # fmt: skip
    return html.Tr(cells, key=box.container_no)


def _checks(checks: Sequence[Check], lang: str) -> Component | str:
    """What did not agree; that nothing was reported is no proof that it was compared, and the words say so."""
    if not checks:
        return translate(lang, "declaration.no_mismatch")
    lines = []
    for check in checks:
        seal = translate(lang, "declaration.seal", no=check.seal_no) if check.seal_no else ""
        said = " · ".join(filter(None, (check_words(check.result, lang), seal, stamp(check.at, lang))))
        lines.append(html.Li([shape("l2"), said]))
    return html.Ul(lines, className="mismatches")


def check_words(result: str, lang: str) -> str:
    """A result of the comparison, or the source's own word."""
    key = f"check.{result}"
    return translate(lang, key) if known(key) else translate(lang, "check.other", word=result.removeprefix("other:"))


def _photos(photos: Sequence[Photo], lang: str) -> Component | str:
    if not photos:
        return NONE
    lines = [
        html.Li(
            [
                html.B(word("declaration.part", photo.part, lang) or NONE),
                f" {stamp(photo.at, lang)} ",
                html.Code(photo.place),
            ]
        )
        for photo in photos
    ]
    return html.Ul(lines, className="photos")


def declaration_papers(file: DeclarationFile, lang: str) -> Component:
    """What its source says: goods, sailing, commission, fee, special ways; then what other feeds say otherwise."""
    title = translate(lang, "declaration.papers")
    row, task = file.row, file.task
    pairs = [
        ("direction", translate(lang, f"direction.{row.direction}") if row.direction else NONE),
        ("enterprise_class", translate(lang, f"class.{row.enterprise_class}")),
        ("mode", translate(lang, f"mode.{row.mode}")),
        ("area", area_words(row.area, lang)),
        ("farm", _yes(row.farm, lang)), ("fresh", _yes(row.fresh, lang)),
    ]  # fmt: skip
    told = [(translate(lang, f"words.field.{name}"), said) for name, said in [*pairs, *_told(task, lang)]]
    untold = [] if task is not None else [html.P(translate(lang, "declaration.no_task"), className="note")]
    return tile(title, [facts(told), *untold, *other_words(row.others, lang)], ages=False)


def _yes(value: bool, lang: str) -> str:
    return translate(lang, "declaration.yes" if value else "declaration.no")


def _told(task: InspectionTask | None, lang: str) -> list[tuple[str, str]]:
    """Fields of the task; what is not told and says nothing by that is left out."""
    if task is None:
        return []
    special = " · ".join(word("special", one, lang) for one in task.special)
    needs = " · ".join(word("declaration.needs", one, lang) for one in task.needs)
    test = word("declaration.test", task.test_result, lang) if task.test_result else ""
    if not test and "cold_chain" in task.special:
        test = translate(lang, "declaration.test_untold")
    said = [
        ("country", task.country), ("vessel_name", task.vessel_name),
        *((name, stamp(at, lang)) for name in (
            "vessel_departure_at", "cut_off", "gathered_at", "applied_at", "accepted_at", "appointed_for",
            "released_at",
        ) if (at := getattr(task, name)) is not None),
        ("agent", task.agent), ("officer", task.officer), ("inspection_no", task.inspection_no),
        ("special", special), ("needs", needs), ("test_result", test), ("order_reason", task.order_reason),
        ("second_application", _yes(True, lang) if task.second_application else ""),
        ("papers_irregular", _yes(True, lang) if task.papers_irregular else ""), ("fee_cny", _fee(task, lang)),
    ]  # fmt: skip
    return [(name, words) for name, words in said if words]


def _fee(task: InspectionTask, lang: str) -> str:
    if task.fee_waived:
        return translate(lang, "declaration.fee_waived")
    if task.fee_cny is None:
        return translate(lang, "declaration.fee_untold")
    return translate(lang, "declaration.fee", cny=number(task.fee_cny, lang, 2))


def declaration_samples(file: DeclarationFile, lang: str) -> Component:
    """How often a sample was sent to the laboratory, and when each was done."""
    title = translate(lang, "declaration.samples")
    if not file.samples:
        return tile(title, empty(lang, "declaration_samples"), ages=False)
    waiting = sum(sample.completed_at is None for sample in file.samples)
    rows = [html.Tr(list(map(html.Td, _sample(sample, lang)))) for sample in file.samples]
    aside = translate(lang, "declaration.samples_count", n=len(file.samples), open=waiting)
    return tile(title, _table("sample", ("no", "sent", "completed", "took"), rows, lang), aside=aside, ages=False)


def _sample(sample: Sample, lang: str) -> tuple[str, ...]:
    """Number, sent, done, and how long it took."""
    sent = (str(sample.sample_no), stamp(sample.sent_at, lang))
    if sample.completed_at is None:
        return (*sent, translate(lang, "declaration.not_completed"), NONE)
    took = (sample.completed_at - sample.sent_at).total_seconds() / 60
    words = duration(took, lang) if took >= 0 else translate(lang, "declaration.flag.contradicts")
    return (*sent, stamp(sample.completed_at, lang), words)


def declaration_way(file: DeclarationFile, lang: str) -> Component:
    """The truck of the transfer and how far its way was; or why nothing is known of it."""
    if not file.truck:
        return empty(lang, "declaration_truck")
    pairs = [(translate(lang, "declaration.truck"), file.truck)]
    if file.other_trucks:
        pairs.append((translate(lang, "declaration.other_trucks"), ", ".join(file.other_trucks)))
    if not file.way:
        return html.Div([facts(pairs), empty(lang, "declaration_way")])
    fixes = [(fix.at, fix.lon, fix.lat, fix.speed_kmh) for fix in file.way]
    pairs += [
        (translate(lang, "track.from"), stamp(fixes[0][0], lang)),
        (translate(lang, "track.until"), stamp(fixes[-1][0], lang)),
        (translate(lang, "track.fixes"), number(len(fixes), lang)),
        (translate(lang, "track.distance"), f"{number(distance_km(fixes), lang, 1)} km"),
    ]  # fmt: skip
    return facts(pairs)


def declaration_alerts(file: DeclarationFile, lang: str) -> Component:
    """Every alert about it or its containers, closed ones too, and every act on them."""
    title = translate(lang, "declaration.alerts")
    if not file.alerts:
        return tile(title, empty(lang, "declaration_alerts"), ages=False)
    rows = [_alert(row, file.acts, lang) for row in file.alerts]
    return tile(title, _table("alert", _ALERTS, rows, lang), aside=number(len(rows), lang), ages=False)


def _alert(row: AlertRow, acts: Sequence[ActOnAlert], lang: str) -> Component:
    what: Component = html.B(alert_title(row, lang))
    if row.state != "closed":
        what = html.A(what, href=f"/alerts?{urlencode({'alert': row.key})}", **{"data-go": ""})
    done = [html.Small(_act(act, lang)) for act in acts if act.alert == row.key]
    cells = [
        level_mark(row.level, lang), [what, html.Small(alert_text(row, lang))],
        [translate(lang, f"subject.{row.subject_kind}"), html.Small(place(row.subject, lang))],
        stamp(row.opened_at, lang), [state_words(row, lang), *done],
    ]  # fmt: skip
    return html.Tr(list(map(html.Td, cells)), key=row.key)


def _act(act: ActOnAlert, lang: str) -> str:
    """Who did it and when; where nobody is named, when alone."""
    key = f"declaration.act.{act.what}" + ("_by" if act.who else "")
    return translate(lang, key, who=act.who, time=stamp(act.at, lang))
