"""The styleguide's part about the integrity watch: findings and what chance gives, open and ended, full and empty."""

from __future__ import annotations

from datetime import datetime, timedelta

from dash import html
from dash.development.base_component import Component

from components.integrity import (
    declaration,
    declaration_cell,
    integrity_about,
    jumps_tile,
    lying_tile,
    stays_tile,
    table,
)
from components.integrity_chance import index_tile, pairs_tile
from domain.integrity import Cell, Facet, Jump, Lying, Pair, Pairs, Report, Stay, Stays
from pages._samples import PLATFORMS

NUMBERS = tuple(f"42582026000{n:07d}" for n in range(100, 112))


def integrity(lang: str, now: datetime) -> list[Component]:
    """Every tile of the watch, as it is with findings and without."""
    full, bare = report(now), empty_report(now)
    return [
        html.Div(integrity_about(bare, lang)), jumps_tile(full, lang), lying_tile(full, lang),
        index_tile(full, "agent", lang), pairs_tile(full, lang), stays_tile(full, lang),
        jumps_tile(bare, lang), index_tile(bare, "day", lang), pairs_tile(bare, lang), stays_tile(bare, lang),
        html.P(declaration(NUMBERS[0], links=False)),
        html.Div(table(("declaration",), [[declaration_cell(NUMBERS[0], links=True)]], lang)),
    ]  # fmt: skip


def empty_report(now: datetime) -> Report:
    """Nothing to be seen, because feeds tell hardly anything."""
    nothing = Stays(quantile=0.99, ended=0, beyond=0, expected=0, standing=0, beyond_open=0, uncompared=7, rows=[])
    return Report(
        at=now, since=now - timedelta(days=30), days=30, known="corrected", baseline_days=60, confirmed=0, judged=0,
        with_reason=0, without=0, agents=0, officers=0, reasons=0, lacks=["order", "agents", "officers", "reasons"],
        jumps=[], lying=[], left_lying=0, facets={}, pairs=Pairs(declarations=0, tested=0, untold=0, rows=[]),
        stays=nothing,
    )  # fmt: skip


def report(now: datetime) -> Report:
    """One of everything."""
    jump = Jump(
        declaration_no=NUMBERS[0], agent="A-017", platform=PLATFORMS[0], at=now - timedelta(hours=5), place=15,
        together=21, places=14, passed=list(NUMBERS[1:]), minutes=140, doubts=["class_unknown"],
    )  # fmt: skip
    told = Jump(
        declaration_no=NUMBERS[2], agent="A-004", platform=PLATFORMS[-1], at=now - timedelta(hours=9), place=4,
        together=6, places=3, passed=[NUMBERS[3]], minutes=95, waits=True, reason="冷机故障，货物易变质",
    )  # fmt: skip
    lying = Lying(
        declaration_no=NUMBERS[4], agent="A-031", platform=PLATFORMS[0], since=now - timedelta(hours=7), passed_by=18,
        minutes=301,
    )  # fmt: skip
    cells = [
        Cell(name="A-017", confirmations=61, jumps=9, places=88, could=240, index=0.367, expected=21.4, low=4, high=43,
             p=0.0001, q=0.0152, found=True, declarations=list(NUMBERS[:9])),
        Cell(name="A-004", confirmations=93, jumps=1, places=4, could=310, index=0.013, expected=11.8, low=0, high=36,
             p=0.61, q=1.0, found=False, declarations=[NUMBERS[5]]),
    ]  # fmt: skip
    pairs = [
        Pair(agent="A-005", officer="N08", met=24, of_agent=61, of_officer=430, expected=6.1, ratio=3.9, low=2.5,
             high=5.9, p=1e-9, q=2e-6, found=True, declarations=list(NUMBERS)),
        Pair(agent="A-031", officer="S02", met=7, of_agent=40, of_officer=390, expected=4.2, ratio=1.7, low=0.7,
             high=3.4, p=0.13, q=0.9, found=False, declarations=list(NUMBERS[:7])),
    ]  # fmt: skip
    stays = Stays(
        quantile=0.99, ended=41_220, beyond=418, expected=412.2, standing=236, beyond_open=1, uncompared=0,
        rows=[_stay(NUMBERS[6], now, None, hold="suspended"), _stay(NUMBERS[7], now, now, sure=False)],
    )  # fmt: skip
    return Report(
        at=now, since=now - timedelta(days=30), days=30, known="corrected", baseline_days=60, confirmed=6_912,
        judged=6_890, with_reason=1, without=1, agents=6_912, officers=6_700, reasons=12, lacks=[], jumps=[jump, told],
        lying=[lying], left_lying=1, facets={"agent": Facet(tested=152, permutations=9_999, cells=cells)},
        pairs=Pairs(declarations=6_700, tested=1_204, untold=311, rows=pairs), stays=stays,
    )  # fmt: skip


def _stay(number: str, now: datetime, until: datetime | None, sure: bool = True, hold: str = "") -> Stay:
    return Stay(
        declaration_no=number, stage="assigned", platform=PLATFORMS[0], since=now - timedelta(hours=31), until=until,
        minutes=1_860, usual=96, limit=1_010, ratio=1.84, kind="area", compared=2_525, sure=sure, hold=hold,
    )  # fmt: skip
