"""One alert's page: every part can be put on a page, with a way as without one, live and of the past."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from msgspec.structs import replace

from components.alert_packet import packet_seen
from domain.alert_packet import Packet
from domain.alert_pictures import AlertFile
from pages._alert_sample import packet, row
from tests.screens.trees import text

NOW = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
BARE = Packet(as_of=NOW, file=AlertFile(alert=row(NOW, level=3, lon=None), evidence=[], history=[]))


def nested(tree: Any) -> Iterator[Any]:
    """Lists that stand in lists: Dash sends them, and the browser cannot draw them."""
    children = getattr(tree, "children", None)
    for child in children if isinstance(children, list | tuple) else [children]:
        if isinstance(child, list | tuple):
            yield child
        elif child is not None:
            yield from nested(child)


@pytest.mark.usefixtures("client")
@pytest.mark.parametrize("one", [packet(NOW), BARE], ids=["whole", "bare"])
def test_every_part_can_be_drawn_by_the_browser(one: Packet) -> None:
    page = sys.modules["pages.alert"]
    from components.still import still

    drawn = [still(part) for part in page._drawn(one, None, True, "en")]
    assert [found for part in [*drawn, page._way(one, "en")] for found in nested(part)] == []


@pytest.mark.usefixtures("client")
def test_who_confirmed_and_who_may_close_stands_in_words() -> None:
    page = sys.modules["pages.alert"]
    head = text(page._drawn(packet(NOW), None, True, "en")[0])
    assert "officer confirmed it as dealt with" in head
    assert "another person has to close it" in head


def test_what_a_rule_saw_last_stands_below_what_it_saw_first() -> None:
    """The text of an alert goes on with its figures; without the newest ones the two contradict each other."""
    whole = packet(NOW)
    first = whole.file.evidence[-1]
    same = replace(whole.file.alert, seen=first.seen)
    assert "latest" not in text(packet_seen(replace(whole, file=replace(whole.file, alert=same)), "en"))
    worse = replace(same, seen={"metres": {"value": 1787.0, "limit": 200.0, "unit": "metres"}})
    said = text(packet_seen(replace(whole, file=replace(whole.file, alert=worse)), "en"))
    assert "latest" in said
    assert "1,787" in said
