"""The seven nodes of one declaration held against one another."""

from __future__ import annotations

import csv
from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from domain.records import Node
from domain.timeline import contradictions
from tests.domain.samples import NOW


def test_a_later_node_before_an_earlier_one_is_a_contradiction():
    nodes = {Node.APPOINTED: NOW, Node.CONFIRMED: NOW - timedelta(seconds=1)}
    assert contradictions(nodes) == ("node_order",)
    assert contradictions({"appointed": NOW, "departed": NOW}) == ()
    assert contradictions({}) == ()


@given(st.dictionaries(st.sampled_from(Node), st.integers(0, 5).map(lambda n: NOW + timedelta(minutes=n))))
def test_it_is_exactly_the_order_of_the_nodes(nodes):
    times = [nodes[node] for node in Node if node in nodes]
    assert bool(contradictions(nodes)) == (times != sorted(times))


def test_the_real_timeline_of_the_seed_is_in_order(shared_data):
    with (shared_data / "seeds" / "inspection_nodes_7.csv").open(encoding="utf-8-sig", newline="") as stream:
        times = [datetime.strptime(row["时间"], "%Y/%m/%d %H:%M") for row in csv.DictReader(stream)]
    assert contradictions(dict(zip(Node, times, strict=True))) == ()
