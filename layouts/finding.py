"""What a search found, in words and with the address that shows it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from components import format as formats
from components.alerts import alert_text, alert_title, state_words
from components.links import declaration_address
from domain.disagreement import FLAG
from domain.rules import all_rules
from domain.search import KINDS, Hit
from layouts.places import names
from locales import LANGUAGES, translate

ADDRESSES = {
    "vehicle": ("/tracks", "vehicle"), "vessel": ("/tracks", "vessel"), "alert": ("/alerts", "alert"),
    "block": ("/yard", "block"),
}  # fmt: skip


def address_of(hit: Hit) -> str:
    """The page that shows it, or has it selected; a container is shown by its declaration, else by its block."""
    if hit.declaration:
        return declaration_address(hit.declaration)
    asked = ("/yard", "block", hit.block) if hit.kind == "container" else (*ADDRESSES[hit.kind], hit.key)
    return f"{asked[0]}?{urlencode({asked[1]: asked[2]})}"


def rules_named(text: str) -> list[str]:
    """Rules whose title, in any language, holds the text."""
    wanted = text.strip().lower()
    if len(wanted) < 2:
        return []
    titles = {
        rule.name: [translate(lang, f"alert.{rule.name}.title").lower() for lang in LANGUAGES] for rule in all_rules()
    }
    return [name for name, said in titles.items() if any(wanted in title for title in said)]


def groups(hits: Sequence[Hit], lang: str) -> list[dict[str, Any]]:
    """Hits by kind, as the search dialog shows them: title, then name, what it is and where it leads."""
    places, said = names(lang), []
    for kind in KINDS:
        mine = [_said(hit, lang, places) for hit in hits if hit.kind == kind]
        if mine:
            said.append({"kind": kind, "title": translate(lang, f"desk.kind.{kind}"), "hits": mine})
    return said


def _said(hit: Hit, lang: str, places: Mapping[str, str]) -> dict[str, Any]:
    found: dict[str, Any] = {"kind": hit.kind, "key": hit.key, "name": hit.name, "about": _about(hit, lang, places)}
    if hit.kind == "block":
        found["name"] = places.get(hit.key, hit.name)
    if hit.alert is not None:
        found |= {"name": alert_title(hit.alert, lang), "level": hit.alert.level}
    return {**found, "href": address_of(hit)}


def _about(hit: Hit, lang: str, places: Mapping[str, str]) -> str:
    when = formats.stamp(hit.seen_at, lang)
    if hit.alert is not None:
        return f"{alert_text(hit.alert, lang)} · {state_words(hit.alert, lang)}"
    parts = []
    if hit.kind in ("bill", "container") and hit.declaration:
        parts.append(translate(lang, "desk.about.declaration", no=hit.declaration))
    if hit.kind == "container" and hit.standing:
        parts.append(translate(lang, "desk.about.block", block=places.get(hit.block, hit.block)))
    if hit.feeds_disagree:
        parts.append(translate(lang, f"flag.{FLAG}"))
    if hit.kind == "vessel" and hit.name != hit.key:
        parts.append(f"MMSI {hit.key}")
    if hit.seen_at is not None:
        parts.append(translate(lang, "desk.about.seen", time=when))
    return " · ".join(parts)
