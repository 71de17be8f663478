"""An alias says as much of a plate as people need, always the same, and no more."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.alias import alias_of, concealed, is_alias, masked, names_in, renamed
from domain.records import ContainerStay, GateMove, Origin, VehiclePosition

KEY, OTHER = b"k" * 32, b"o" * 32
AT = datetime(2026, 11, 20, 6, tzinfo=UTC)
PLATES = st.from_regex(r"鲁[A-HJ-NP-Z][A-HJ-NP-Z0-9]{5,6}", fullmatch=True)


@given(PLATES)
def test_an_alias_is_always_the_same_and_shows_no_more_than_the_ends(plate: str) -> None:
    alias = alias_of(KEY, plate)
    assert is_alias(alias)
    assert alias == alias_of(KEY, f" {plate[:2]}·{plate[2:].lower()} "), "any spelling"
    assert alias.startswith(f"{plate[:2]}**{plate[-2:]}·")
    assert plate[2:-2] not in alias.partition("·")[0]
    assert alias != alias_of(OTHER, plate)


@given(PLATES, PLATES)
def test_two_plates_have_two_aliases(one: str, other: str) -> None:
    assert (alias_of(KEY, one) == alias_of(KEY, other)) == (one == other)


@pytest.mark.parametrize(
    ("text", "shown"),
    [("鲁B12345", "鲁B**45"), ("鲁BD12345", "鲁B**45"), ("AGV7", "A**"), ("", "**"), ("挂", "挂**")],
)
def test_short_names_show_less(text: str, shown: str) -> None:
    assert masked(text) == shown


def test_of_a_stay_only_what_looks_like_a_plate_is_renamed() -> None:
    told = {"feed": "yard", "origin": Origin.LIVE, "event_time": AT, "stay_id": "s", "arrived_at": AT}
    stay = ContainerStay(**told, arrived_by="COSCO SHIPPING ARIES", departed_by="鲁B·12345")
    assert names_in([stay]) == {"鲁B·12345"}
    now = renamed(stay, {"鲁B·12345": "alias"})
    assert (now.arrived_by, now.departed_by) == ("COSCO SHIPPING ARIES", "alias")


def test_what_is_renamed_stays_renamed() -> None:
    told = {"feed": "gate", "origin": Origin.LIVE, "event_time": AT}
    alias = alias_of(KEY, "鲁B12345")
    move = GateMove(**told, move_id="m", gate_id="g", direction="in", vehicle_id=alias)
    assert not names_in([move])
    assert renamed(move, {}) is move
    assert names_in([VehiclePosition(**told, vehicle_id="", lon=1, lat=1)]) == set()


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plate 鲁B12345 refused", "plate 鲁B**45 refused"),
        ('{"车牌":"鲁B·D1234挂"}', '{"车牌":"鲁B**4挂"}'),
        ("driver 13812345678, call", "driver 138****78, call"),
        ("11010519491231002X", "110****2X"),  # the example of GB 11643-1999
        ("110105194912310021", "110105194912310021"),  # wrong check digit: no identity card
        ("declaration 425820260000123456 of MSKU1234565", "declaration 425820260000123456 of MSKU1234565"),
        ("mmsi 413256000, 2026-11-20T06:00:00Z", "mmsi 413256000, 2026-11-20T06:00:00Z"),
    ],
)
def test_free_texts_lose_what_is_personal_by_its_form(text: str, shown: str) -> None:
    assert concealed(text) == shown
