"""Samples for the styleguide: areas open, closed, over what they can take; what is held; the table."""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec
from dash import html
from dash.development.base_component import Component

from components.board import board_tile, held_tile
from components.inspection_grid import grid_rows, grid_tools, inspection_grid
from components.tile import tile
from domain.disagreement import Word
from domain.inspection_board import AreaLoad, PlatformCount, PlatformLoad
from domain.pictures import InspectionRow, InspectionsPicture
from domain.special_modes import UNTESTED
from domain.terms import Special
from locales import translate
from pages import _samples as samples

GRID = "style-inspections"


def inspections(lang: str, now: datetime) -> list[Component]:
    """What the page of inspections is made of."""
    picture = _picture(now)
    table = [grid_tools(GRID, lang), inspection_grid(GRID, grid_rows(picture, lang), lang)]
    return [
        html.Div(board_tile(picture, _areas(now), now, lang), className="style-row"),
        html.Div(board_tile(msgspec.structs.replace(picture, whole=False), _areas(now), now, lang),
                 className="style-row"),
        held_tile(picture, now, lang),
        held_tile(msgspec.structs.replace(picture, rows=[], held=0), now, lang),
        html.Div(tile(translate(lang, "inspection.title"), table, ages=False), className="style-row"),
    ]  # fmt: skip


def _picture(now: datetime) -> InspectionsPicture:
    """One in progress, one held, one in the queue that applied before its test."""
    one = msgspec.structs.replace(samples.inspection(now), group="in_progress", special=[str(Special.UNACCOMPANIED)])
    held = msgspec.structs.replace(
        one, key="425820260000100043", group="held", hold="rejected", held_since=now - timedelta(hours=30)
    )
    cold = msgspec.structs.replace(
        one, key="425820260000100044", group="waiting", special=[str(Special.COLD_CHAIN)], flags=[UNTESTED]
    )
    return InspectionsPicture(
        as_of=now, expected_seconds=samples.FRESH_FOR, rows=[one, held, cold], waiting=1, in_progress=1, held=1, total=3
    )


def _areas(now: datetime) -> list[AreaLoad]:
    """Open and over its bays; closed with work waiting; one of which nothing is configured."""
    busy = PlatformCount(key=samples.PLATFORMS[0], area="north", waiting=9, in_progress=7, on_platform=5, to_release=3,
                         expected=8, minutes=52.0, measured=31)  # fmt: skip
    shut = PlatformCount(key=samples.PLATFORMS[1], area="south", waiting=2, expected=2)
    plain = msgspec.structs.replace(shut, area="other")
    return [
        AreaLoad(area="north", open=True, opens_at=None, platforms=[
            PlatformLoad(count=busy, bays=4, officers=3, load=1.25, expected_load=0.43, over=True)]),
        AreaLoad(area="south", open=False, opens_at=now + timedelta(hours=9), platforms=[
            PlatformLoad(count=shut, bays=4, officers=0, load=0.0, idle=True)]),
        AreaLoad(area="other", open=True, opens_at=None, platforms=[PlatformLoad(count=plain)]),
    ]  # fmt: skip


def contradicted(now: datetime) -> InspectionRow:
    """A declaration of which another feed says otherwise."""
    fields = {"enterprise_class": ("advanced", "general"), "bill_of_lading": ("QDGS0042", "QDGS0024")}
    other = Word(feed="sample", said_at=now - timedelta(hours=2), fields=fields, shown_feed="window",
                 shown_at=now - timedelta(hours=7))  # fmt: skip
    return msgspec.structs.replace(samples.inspection(now), others=[other], flags=["feeds_disagree"])
