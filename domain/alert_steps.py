"""What people may do with an alert, as data: by its state, its condition and its kind, the step or why it is refused.

``TABLE`` has an answer for every question. Its two halves are written out: ``STEPS`` says where an act leads from each
state, ``CONDITIONS_REFUSED`` which acts want the condition to be over. What depends on the alert itself (its level, who
confirmed it, whether it is shelved) is asked afterwards, by ``domain.alert``.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import msgspec

from domain.alert_pictures import CONDITIONS, HANDLING

KINDS = ("condition", "event")


class Way(msgspec.Struct, frozen=True):
    """Where an act leads, or the code of why it does not (catalogue ``alert.step.<refused>``)."""

    to: str = ""
    refused: str = ""


STAYS = "="
_STAYS, _SHUT = (STAYS,) * 6, (*(STAYS,) * 5, "!closed")
# From new, acknowledged, assigned, handling, confirmed, closed: the state after, ``=`` it stays, ``!`` why not.
STEPS: Mapping[str, tuple[str, str, str, str, str, str]] = MappingProxyType({
    "acknowledge": ("acknowledged", *("!already_acknowledged",) * 4, "!closed"),
    "assign": ("assigned", "assigned", "assigned", "assigned", "!already_confirmed", "!closed"),
    "take": ("handling", "handling", "handling", "handling", "!already_confirmed", "!closed"),
    "measure": _SHUT,
    "step": _SHUT,
    "confirm": ("!not_acknowledged", "confirmed", "confirmed", "confirmed", "!already_confirmed", "!closed"),
    "close": ("!not_acknowledged", "closed", "closed", "closed", "closed", "!closed"),
    "reopen": (*("!not_closed",) * 5, "handling"),
    "comment": _STAYS,
    "feedback": _STAYS,
    "shelve": _SHUT,
    "unshelve": _SHUT,
    "out_of_service": _STAYS,
    "return_to_service": _STAYS,
})  # fmt: skip
ACTS = tuple(STEPS)
# What is dealt with must be over. An event is over as it happens; a condition while it is not found.
CONDITIONS_REFUSED: Mapping[str, Mapping[str, str]] = MappingProxyType({
    act: MappingProxyType({"firing": "still_firing", "no_data": "unjudged", "error": "unjudged"})
    for act in ("confirm", "close")
})  # fmt: skip
# Refusals that depend on more than the table knows.
GUARDS = (
    "nobody_named", "level_one", "not_confirmed", "second_person", "already_taken", "not_shelved", "already_out",
    "not_out", "request_key_used",
)  # fmt: skip


def _way(act: str, place: int, condition: str, kind: str) -> Way:
    cell = STEPS[act][place]
    if cell.startswith("!"):
        return Way(refused=cell[1:])
    code = CONDITIONS_REFUSED.get(act, {}).get(condition, "") if kind == "condition" else ""
    return Way(refused=code) if code else Way(to=HANDLING[place] if cell == STAYS else cell)


TABLE: Mapping[tuple[str, str, str, str], Way] = MappingProxyType({
    (act, state, condition, kind): _way(act, place, condition, kind)
    for act in ACTS
    for place, state in enumerate(HANDLING)
    for condition in CONDITIONS
    for kind in KINDS
})  # fmt: skip
REFUSALS = tuple(sorted({way.refused for way in TABLE.values() if way.refused} | set(GUARDS)))
