"""Numbers of customs papers: their parts, and what they say otherwise than their row."""

from __future__ import annotations

import csv
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.customs_numbers import (
    DeclarationNo,
    InspectionNo,
    declaration_flags,
    declaration_parts,
    inspection_flags,
    inspection_parts,
)
from domain.records import Direction

NOW = datetime(2026, 3, 2, tzinfo=UTC)
digits = st.text("0123456789", min_size=7, max_size=7)


def test_the_parts_of_a_declaration_number():
    assert declaration_parts(" 425820210000443873 ") == DeclarationNo("4258", 2021, Direction.EXPORT, "000443873")
    assert declaration_parts("42582021I000443873") == DeclarationNo("4258", 2021, Direction.IMPORT, "000443873")
    assert declaration_parts("42582021000044387") is None


@given(st.sampled_from("12"), st.integers(0, 26), st.sampled_from("0123456789"), st.integers(0, 9999), digits)
def test_an_inspection_number_gives_its_parts_back(kind, year, fourth, customs, serial):
    direction = Direction.IMPORT if kind == "1" else Direction.EXPORT
    text = f"{kind}{year:02}{fourth}{customs:04}{serial}"
    assert inspection_parts(text) == InspectionNo(direction, year, fourth, f"{customs:04}", serial)
    assert inspection_flags(text, direction, NOW) == (["inspection_no_year"] if year == 0 else [])
    other = Direction.EXPORT if direction is Direction.IMPORT else Direction.IMPORT
    assert "inspection_no_direction" in inspection_flags(text, other, NOW)
    assert "inspection_no_direction" not in inspection_flags(text, None, NOW)


@pytest.mark.parametrize(
    "text", ["32604258000123", "326042580001234", "12604258000123", "1260425800012345", "①26042580001234"]
)
def test_what_is_no_inspection_number_is_said_to_be_none(text):
    assert inspection_parts(text) is None
    assert inspection_flags(text, None, NOW) == ["inspection_no_irregular"]


@given(st.text(max_size=20), st.sampled_from([None, *Direction]))
def test_no_text_breaks_them(text, direction):
    assert isinstance(inspection_flags(text, direction, NOW), list)
    assert isinstance(declaration_flags(text, direction, NOW), list)


def test_the_first_of_january_elsewhere():
    assert declaration_flags("425820270000443873", Direction.EXPORT, NOW) == []
    assert declaration_flags("425820280000443873", Direction.EXPORT, NOW) == ["declaration_no_year"]
    assert inspection_flags("227042580001234", Direction.EXPORT, NOW) == []


def test_every_complete_number_of_the_seed_agrees_with_its_row(shared_data: Path):
    words = {"出口": Direction.EXPORT, "进口": Direction.IMPORT}
    with (shared_data / "seeds" / "queue_confirmation_20.csv").open(encoding="utf-8-sig") as file:
        rows = [(row["报关单号"], words[row["进出口"]]) for row in csv.DictReader(file)]
    complete = [(number, direction) for number, direction in rows if declaration_parts(number)]
    assert len(complete) == 8
    assert [declaration_flags(number, direction, NOW) for number, direction in complete] == [[]] * 8
