"""What cameras and sensors along the port's lines tell: who crossed one, and what was read off a vehicle."""

from __future__ import annotations

from typing import ClassVar

from domain.records import Record

NO_APPOINTMENT = "none"
"""What ``Recognition.appointment_no`` says where the source tells that there is none."""


class AreaEvent(Record, frozen=True, kw_only=True):
    """Somebody or something crossed a line or entered an area (HS/T 82-2024, 8.1.5 a, b, e). Key: (feed, event_id).

    Attributes:
        event_id: the source's own number.
        area: id of the fence (domain/fences.py), or the source's name of the place.
        kind: ``crossing`` (a line people or vehicles pass every day, counted), ``intrusion`` (inside an area closed to
            them), ``tripwire`` (over the perimeter), or the source's own word.
        what: ``person``, ``vehicle``, or the source's own word.
        direction: ``in``, ``out``, or empty.
        count: how many.
        lon, lat: where, degrees WGS84.
        photo: where the picture of it lies: a path, an address, a number of its archive.
    """

    event_id: str
    area: str
    kind: str
    what: str = ""
    direction: str = ""
    count: int = 1
    lon: float | None = None
    lat: float | None = None
    photo: str = ""


class Recognition(Record, frozen=True, kw_only=True):
    """What a camera read off a vehicle and its box, beside what was expected (8.1.5 d). Key: (feed, event_id).

    An empty text was not read, or nothing was expected: that is no mismatch.

    Attributes:
        event_id: the source's own number.
        place: where the camera stands: id of a gate or block, or the source's name.
        camera: the source's name of it.
        plate_read, plate_expected: of the vehicle.
        container_read, container_expected: of the box it carries.
        appointment_no: appointment the vehicle came with; the expected values are that one's. ``NO_APPOINTMENT``
            where the source says that it came without; empty where it says nothing.
        position_read, position_expected: where in the yard the box was set down, and where it was to be.
        lon, lat: of the camera, degrees WGS84.
        photo: where the picture lies.
    """

    OWNER: ClassVar[str] = "terminal"

    event_id: str
    place: str
    camera: str = ""
    plate_read: str = ""
    plate_expected: str = ""
    container_read: str = ""
    container_expected: str = ""
    appointment_no: str = ""
    position_read: str = ""
    position_expected: str = ""
    lon: float | None = None
    lat: float | None = None
    photo: str = ""
