"""What cameras read off a vehicle is not what was expected (车辆识别预警, HS/T 82-2024 8.1.5 d).

Plate, box, appointment and place in the yard are held against each other. A plate or box that differs means that goods
under control may be on the wrong truck; one that came without appointment, or a box set down elsewhere, is to be put
right. What was not read, or not expected, is no mismatch.
"""

from __future__ import annotations

from domain.identifiers import normalise_container
from domain.rules._said import told_by
from domain.rules.base import Facts, Finding, Found, Rule, RuleInstance
from domain.watch_records import NO_APPOINTMENT, Recognition

NAME = "recognition_mismatch"


def evaluate(facts: Facts, instance: RuleInstance) -> Found:
    """Find every new recognition that does not agree."""
    return [
        _finding(seen, wrong, instance)
        for seen in facts.new.get(Recognition, ())
        if (wrong := mismatches(seen))
    ]  # fmt: skip


def mismatches(seen: Recognition) -> list[str]:
    """What does not agree, gravest first: ``plate``, ``container``, ``appointment``, ``yard``."""
    found = [name for name, (read, expected) in pairs(seen).items() if read and expected and read != expected]
    if seen.appointment_no == NO_APPOINTMENT:
        found.append("appointment")
    return sorted(found, key=("plate", "container", "appointment", "yard").index)


def pairs(seen: Recognition) -> dict[str, tuple[str, str]]:
    """What was read beside what was expected."""
    return {
        "plate": (seen.plate_read, seen.plate_expected),
        "container": (normalise_container(seen.container_read), normalise_container(seen.container_expected)),
        "yard": (seen.position_read, seen.position_expected),
    }


def _finding(seen: Recognition, wrong: list[str], instance: RuleInstance) -> Finding:
    kind = wrong[0]
    fields = {"plate": "plate", "container": "container", "yard": "position", "appointment": "plate"}[kind]
    return Finding(
        rule=instance.name,
        subject_kind="container" if kind == "yard" and seen.container_read else "vehicle",
        subject=_subject(seen, kind),
        level=instance.levels[kind],
        event_time=seen.event_time,
        params={
            "what_key": f"alert.recognition_mismatch.{kind}",
            "place": seen.place,
            "read": getattr(seen, f"{fields}_read") or "—",
            "expected": getattr(seen, f"{fields}_expected") or "—",
            "vehicle_id": seen.plate_read or "—",
            "container_no": seen.container_read or "—",
            "photo": seen.photo,
        },
        lon=seen.lon,
        lat=seen.lat,
        **told_by(seen),
        seen={name: {"value": read, "limit": expected, "unit": ""} for name, (read, expected) in pairs(seen).items()},
    )


def _subject(seen: Recognition, kind: str) -> str:
    """Whom it is about: what was read, for that is what is there."""
    named = (seen.container_read, seen.plate_read) if kind == "yard" else (seen.plate_read, seen.container_read)
    return next((name for name in named if name), seen.event_id)


RULE = Rule(
    name=NAME,
    kind="event",
    evaluate=evaluate,
    levels={"plate": 2, "container": 2, "appointment": 3, "yard": 3},
    agency="customs",
    plan=("look_at_picture", "stop_vehicle", "compare_order", "correct_record"),
    reads=frozenset({Recognition}),
)
