"""The names things are looked up by: how they are written down, and of which records they are taken."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache

from domain.records import InspectionTask, Record
from store.moments import micros

DECLARATION, BILL, CONTAINER = "declaration", "bill", "container"
COLUMNS = ("kind", "name", "subject", "tail", "seen_at")
KEYS = COLUMNS[:3]

Name = tuple[str, str, str, str, int]  # COLUMNS


@lru_cache(maxsize=50_000)  # the same plates and names at every question
def plain(text: str) -> str:
    """Letters and digits only, capitals: what is left of a number however it was typed."""
    return "".join(sign for sign in text.upper() if sign.isalnum())


def fit(name: str, wanted: str) -> int:
    """How well a plain name fits: 2 it is the whole, 1 its beginning or end, 0 anything else."""
    return 2 if name == wanted else 1 if name.startswith(wanted) or name.endswith(wanted) else 0


def names_of(records: Sequence[Record]) -> Iterator[Name]:
    """The names in records: declaration, bill of lading and boxes of a task."""
    for record in records:
        if isinstance(record, InspectionTask):
            number, at = record.declaration_no, micros(record.event_time)
            named = [(DECLARATION, number), (BILL, record.bill_of_lading)]
            for kind, text in (*named, *((CONTAINER, box) for box in record.containers)):
                if name := plain(text):
                    yield (kind, name, number, name[::-1], at)
