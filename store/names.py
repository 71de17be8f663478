"""The names things are looked up by: how they are written down, and of which records they are taken."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from domain.records import ContainerStay, InspectionTask, Record
from store.moments import micros

DECLARATION, BILL, CONTAINER, STAY = "declaration", "bill", "container", "stay"
COLUMNS = ("kind", "name", "subject", "feed", "tail", "seen_at")
KEYS = COLUMNS[:4]

Name = tuple[str, str, str, str, str, int]  # COLUMNS


def plain(text: str) -> str:
    """Letters and digits only, capitals: what is left of a number however it was typed."""
    return "".join(sign for sign in text.upper() if sign.isalnum())


def fit(name: str, wanted: str) -> int:
    """How well a plain name fits: 2 it is the whole, 1 its beginning or end, 0 anything else."""
    return 2 if name == wanted else 1 if name.startswith(wanted) or name.endswith(wanted) else 0


def names_of(records: Sequence[Record]) -> Iterator[Name]:
    """The names in records: declaration, bill of lading and boxes of a task; the box of a stay."""
    for record in records:
        at = micros(record.event_time)
        if isinstance(record, InspectionTask):
            number = record.declaration_no
            yield from _name(DECLARATION, number, number, "", at)
            yield from _name(BILL, record.bill_of_lading, number, "", at)
            for box in record.containers:
                yield from _name(CONTAINER, box, number, "", at)
        elif isinstance(record, ContainerStay):
            yield from _name(STAY, record.container_no, record.stay_id, record.feed, at)


def _name(kind: str, text: str, subject: str, feed: str, at: int) -> Iterator[Name]:
    name = plain(text)
    if name:
        yield (kind, name, subject, feed, name[::-1], at)
