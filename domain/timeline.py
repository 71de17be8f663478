"""The seven nodes of one declaration held against one another."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from itertools import pairwise

from domain.records import Node


def contradictions(nodes: Mapping[str, datetime]) -> tuple[str, ...]:
    """Tell whether a later node was reached before an earlier one.

    A single step cannot know this, so it is judged where the nodes come together. Equal times are
    legal: the seed's own timeline assigns and inspects within the same minute. Missing nodes are
    legal too.

    Args:
        nodes: node (or its value) -> time reached.

    Returns:
        ``("node_order",)`` (catalogue ``flag.node_order``) or nothing.
    """
    reached = [nodes[node] for node in Node if node in nodes]
    return ("node_order",) if any(later < earlier for earlier, later in pairwise(reached)) else ()
