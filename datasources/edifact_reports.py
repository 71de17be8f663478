"""Gate and vessel reports (CODECO, COARRI) to movements of containers; every other message with its reason.

The sense of a report is its document code (BGM 1001): the same in all ports for gate-in and gate-out,
not for discharge and load, so the codes are the feed's options.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, tzinfo

import msgspec

from datasources.edifact_segments import Segment
from datasources.edifact_syntax import Message, part, segment_count_fits, shown
from datasources.edifact_values import (
    gross_tonnes,
    inland_of,
    moment,
    prepared_at,
    set_celsius,
    verified_tonnes,
    vessel_of,
)
from datasources.reading import UnusableError
from datasources.size_types import kind_of, size_type
from datasources.stay_book import Cargo, Movement
from domain.identifiers import normalise_container, normalise_plate

_ABOARD = frozenset({"4"})  # code list 8249: remains on board, so it was not moved
_PLANS = {
    "BAPLIE": "bay plan: what is aboard a ship, not what stands in the yard",
    "MOVINS": "loading instructions: what shall be aboard a ship, nothing has moved",
    "COPRAR": "discharge or loading order: nothing has moved",
    "COPARN": "container announcement: nothing has moved",
    "COREOR": "release order: nothing has moved",
}


class Senses(msgspec.Struct, frozen=True):
    """Which document codes (BGM 1001) mean what."""

    gate_in: tuple[str, ...]
    gate_out: tuple[str, ...]
    discharge: tuple[str, ...]
    load: tuple[str, ...]

    def of(self, kind: str, code: str) -> bool | None:
        """True when the boxes of such a message came in, False when they left, None when it is not known."""
        inward, outward = (self.gate_in, self.gate_out) if kind == "CODECO" else (self.discharge, self.load)
        return True if code in inward else False if code in outward else None


class Row(msgspec.Struct, kw_only=True):
    """One container of a report that cannot be used."""

    reason: str
    detail: str
    raw: str


class Passage(msgspec.Struct, kw_only=True):
    """A movement, and the truck it came or went by through a gate.

    Attributes:
        movement: for the stay.
        gate: the gate's terminal as the message names it; None when it was no truck.
        plate: of the truck; may be empty.
        cancelled: whether the message takes the movement back.
        segments: what was said of it, for quarantine.
    """

    movement: Movement
    gate: str | None
    plate: str
    cancelled: bool
    segments: list[Segment]


class Report:
    """One CODECO or COARRI message."""

    def __init__(self, message: Message, senses: Senses, zone: tzinfo, fallback: datetime, ref: str) -> None:
        """Read what stands before the first container.

        Args:
            message: of type CODECO or COARRI.
            senses: what document codes mean.
            zone: for times without one.
            fallback: when the report was made, when it does not say; aware UTC.
            ref: file and message, for records.

        Raises:
            UnusableError: the document code says neither in nor out.
        """
        self.groups: list[list[Segment]] = []
        self._zone, self._ref, self._kind = zone, ref, message.type
        self._stated = ""  # number of containers by CNT
        header = self._split(message.segments)
        begin = _first(header, "BGM")
        inward = senses.of(message.type, part(begin, 1))
        if inward is None:
            raise UnusableError("unknown_value", f"BGM 1001={part(begin, 1)!r} is no {message.type} report known here")
        self._inward = inward
        self.cancelled = part(begin, 3) in ("1", "3")  # code list 1225: cancellation, deletion
        self._vessel = vessel_of(_first(header, "TDT", "20"))
        self._said = self._made_at(message, header) or fallback
        self._flags = self._irregular(message)
        self._places = [s for s in header if s[0] == "LOC"]
        self._parties = [part(s, 2) for s in header if s[0] == "NAD" and part(s, 1) == "MS"]

    def passages(self) -> Iterator[Passage | Row | str]:
        """Each container in turn: moved, unusable, or the name of what is merely counted."""
        for number, group in enumerate(self.groups, start=1):
            if part(group[0], 1) != "CN":
                yield "other_equipment"
            elif part(group[0], 5) in _ABOARD:
                yield "remains_on_board"
            else:
                try:
                    yield self._passage(group, f"{self._ref}#{number}")
                except UnusableError as error:
                    yield Row(reason=error.reason, detail=error.detail, raw=shown(group))

    def terminals(self, sender: str) -> set[str]:
        """Codes by which the report names the terminal it is of."""
        places = [s for s in (*self._places, *(s for g in self.groups for s in g)) if s[0] == "LOC"]
        at = [code for s in places if part(s, 1) == "165" for code in (part(s, 2), part(s, 3))]
        return {code for code in (sender, *self._parties, *at) if code}

    def _split(self, segments: list[Segment]) -> list[Segment]:
        header: list[Segment] = []
        target = header
        for segment in segments:
            if segment[0] == "EQD":
                target = [segment]
                self.groups.append(target)
            elif segment[0] == "CNT":
                self._stated = part(segment, 1, 1) if part(segment, 1) == "16" else self._stated
                target = header
            else:
                target.append(segment)
        return header

    def _irregular(self, message: Message) -> tuple[str, ...]:
        containers = sum(part(g[0], 1) == "CN" for g in self.groups)
        stated = self._stated
        found = (
            ("segment_count_wrong", not segment_count_fits(message)),
            ("container_count_wrong", stated.isdigit() and int(stated[:9]) not in (containers, len(self.groups))),
            ("interchange_missing", not message.interchange.whole),
        )
        return tuple(flag for flag, wrong in found if wrong)

    def _made_at(self, message: Message, header: list[Segment]) -> datetime | None:
        for segment in header:
            if segment[0] == "DTM" and part(segment, 1) == "137":
                try:
                    return moment(part(segment, 1, 1), part(segment, 1, 2), self._zone, [])
                except UnusableError:
                    break  # the envelope tells it as well
        return prepared_at(*message.interchange.prepared, self._zone)

    def _passage(self, group: list[Segment], ref: str) -> Passage:
        equipment = group[0]
        container_no = normalise_container(part(equipment, 2))
        if not container_no:
            raise UnusableError("missing_value", "EQD 8260: no container number")
        flags = list(self._flags)
        at = self._happened(group, container_no, flags)
        size = size_type(part(equipment, 3))
        if size is None:
            flags.append("size_type_unknown")
        gate = self._kind == "CODECO"
        inland = _first([s for s in group if part(s, 1) != "20"], "TDT")
        means, plate = inland_of(inland)
        by = (means or ("truck" if plate or len(inland) == 1 else "")) if gate else self._vessel
        place = _first([*group, *self._places], "LOC", "165")
        measures = [s for s in group if s[0] == "MEA"]
        cargo = Cargo(
            verified_tonnes(measures), part(_first(group, "DGS"), 2),
            set_celsius([s for s in group if s[0] == "TMP"], flags),
        )  # fmt: skip
        movement = Movement(
            container_no=container_no, inward=self._inward, at=at, said=self._said, by=by,
            length_ft=size.length_ft if size else None,
            kind=kind_of(size, part(equipment, 6) == "4", any(s[0] == "DGS" for s in group)),
            weight_tonnes=gross_tonnes(measures, flags), cargo=cargo,
            ref=ref, flags=tuple(dict.fromkeys(flags)),
        )  # fmt: skip
        at_gate = (part(place, 3) or part(place, 2)) if gate and by == "truck" else None
        return Passage(
            movement=movement, gate=at_gate, plate=normalise_plate(plate), cancelled=self.cancelled, segments=group
        )

    def _happened(self, group: list[Segment], container_no: str, flags: list[str]) -> datetime:
        told = {part(s, 1): s for s in reversed(group) if s[0] == "DTM"}
        segment = told.get("203") or told.get("7")  # execution, effective
        if segment is None or not part(segment, 1, 1):
            raise UnusableError("missing_value", f"{container_no}: no time of the movement (DTM+203 or DTM+7)")
        try:
            return moment(part(segment, 1, 1), part(segment, 1, 2), self._zone, flags)
        except UnusableError as error:
            raise UnusableError(error.reason, f"{container_no}: {error.detail}") from None


def _first(segments: list[Segment], tag: str, qualifier: str = "") -> Segment:
    """The first of a kind; a segment that says nothing when there is none."""
    for segment in segments:
        if segment[0] == tag and qualifier in ("", part(segment, 1)):
            return segment
    return [tag]


def why_not_used(message: Message) -> tuple[str, int]:
    """Why a message that reports no movement is not used, and how many containers it names."""
    containers = sum(segment[0] == "EQD" and part(segment, 1) == "CN" for segment in message.segments)
    why = _PLANS.get(message.type, "no report of a gate or vessel (CODECO, COARRI)")
    return f"message {message.reference} is {message.type or 'of no type'}: {why}; {containers} containers", containers
