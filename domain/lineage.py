"""What becomes of a dataset: who reads it, as topics, pages, rules, KPIs and forecasts declare themselves."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from domain import forecasts, kpis
from domain.records import Record
from domain.rules import all_rules

Kinds = Mapping[str, frozenset[type[Record]]]


class Lineage(msgspec.Struct, frozen=True, kw_only=True):
    """Names of all that reads a dataset, each in its own order."""

    topics: list[str]
    pages: list[str]
    rules: list[str]
    kpis: list[str]
    forecasts: list[str]


def lineage(kind: type[Record], topics: Kinds, pages: Mapping[str, frozenset[str]]) -> Lineage:
    """What reads a record type.

    Args:
        kind: the type.
        topics: record types each topic is made of; alerts and forecasts are of what rules and forecasts read.
        pages: topics each page draws, by the page's name.
    """
    made_of = {name for name, kinds in topics.items() if kind in kinds}
    rules = [rule.name for rule in all_rules() if kind in rule.reads or set(rule.needs) & made_of]
    read_ahead = [one.code for one in forecasts.all_forecasts() if kind in one.reads]
    made_of |= {name for name, makers in (("alerts", rules), ("forecasts", read_ahead)) if makers}
    return Lineage(
        topics=sorted(made_of),
        pages=[page for page, drawn in pages.items() if drawn & made_of],
        rules=rules,
        kpis=[name for name, kinds in kpis.kinds().items() if kind in kinds],
        forecasts=read_ahead,
    )
