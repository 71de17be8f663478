"""What the page of inspections is made of: the matrix, what is held, the table's rows."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

import msgspec
import pytest

from components.board import board_tile, held_tile
from components.inspection_grid import COLUMNS, NEWEST, grid_rows
from components.kpi import kpi_strip
from domain.inspection_board import PlatformCount, loads
from domain.pictures import InspectionsPicture, KpiRow, KpisPicture
from domain.rota import Area, Inspections
from live.views import Viewed, looking_at
from tests.screens import pictures
from tests.screens.pictures import NOW
from tests.screens.trees import having, text

LANGS = ("zh_CN", "en")
ROTA = Inspections(areas={"north": Area(bays=2, weekend=("sunday",)), "south": Area(weekend=("saturday",))})
COUNTS = [
    PlatformCount(key="前湾港北港查验区1号平台", area="north", waiting=1, in_progress=4, on_platform=3, expected=2),
    PlatformCount(key="前湾港南港查验区1号平台", area="south", waiting=2),
]


def picture(**changes: object) -> InspectionsPicture:
    row = msgspec.structs.replace(pictures.inspection(), group="in_progress", last_at=NOW, special=["cold_chain"])
    held = [
        msgspec.structs.replace(row, key=key, group="held", hold="rejected", held_since=NOW - timedelta(hours=hours))
        for key, hours in (("425820260000300002", 2), ("425820260000300003", 30))
    ]
    made = InspectionsPicture(as_of=NOW, rows=[row, *held], held=2, total=3, platforms=COUNTS)
    return msgspec.structs.replace(made, **changes)


def drawn(shown: InspectionsPicture, lang: str = "en") -> object:
    return board_tile(shown, loads(shown.platforms, ROTA, NOW, ZoneInfo("Asia/Shanghai")), NOW, lang)


def test_colour_is_for_a_platform_beyond_its_bays_and_for_a_closed_area_with_work() -> None:
    shown = drawn(picture())  # a Sunday, 14:00 in the port
    assert [text(bar).split()[0] for bar in having(shown, "over")] == ["150"]
    assert len(having(shown, "l4")) == 1
    assert "opens" in text(shown)
    assert "Closed" in text(having(shown, "board-state")[1])


def test_an_enterprise_sees_its_counts_and_no_load_of_the_port() -> None:
    shown = drawn(picture(whole=False))
    assert not having(shown, "over")
    assert "no load of the port follows" in text(shown)


@pytest.mark.parametrize("lang", LANGS)
def test_what_is_held_stands_longest_first_with_its_reason_and_a_way_to_its_page(lang: str) -> None:
    rows = having(held_tile(picture(), NOW, lang), "held-table")[0].children[1].children
    assert [row.key for row in rows] == ["425820260000300003", "425820260000300002"]
    assert rows[0].children[0].children.href == "/inspections/425820260000300003"
    assert ("驳回" if lang == "zh_CN" else "Rejected") in text(rows[0])
    assert having(held_tile(picture(rows=[], held=0), NOW, lang), "empty")


def test_before_history_the_board_says_when_it_begins() -> None:
    with looking_at(Viewed(at=NOW - timedelta(days=9), oldest=NOW - timedelta(days=1))):
        assert having(drawn(picture(rows=[], platforms=[], as_of=None)), "empty")


@pytest.mark.parametrize("lang", LANGS)
def test_the_table_has_a_value_for_every_column(lang: str) -> None:
    rows = grid_rows(picture(), lang)
    assert all(row.keys() == {*COLUMNS, NEWEST} for row in rows)
    assert rows[0]["special"] == ("冷链" if lang == "zh_CN" else "Cold chain")
    assert rows[0]["containers"] == "MIOU2453144"


def test_a_group_of_kpis_has_its_own_strip() -> None:
    rows = [KpiRow(key="waiting", value=1, unit="declarations")]
    rows.append(KpiRow(key="mode_second", value=2, unit="declarations", group="modes"))
    both = KpisPicture(as_of=NOW, rows=rows)
    assert [text(tile)[0] for tile in having(kpi_strip(both, "en"), "figure")] == ["1"]
    assert [text(tile)[0] for tile in having(kpi_strip(both, "en", "modes"), "figure")] == ["2"]
