"""Names of the port's places in both languages, from the port's own drawing."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from domain.rules.truck_turn import PORT
from layouts.stage import stage

_log = logging.getLogger(__name__)

NAMED = ("terminal", "gate", "platform", "area", "block")


def names(lang: str) -> Mapping[str, str]:
    """Name in a language by place id, and by the Chinese name sources use; empty without a drawing."""
    return _names(Path(stage.settings.geo_folder) / "port.geojson", lang, "name")


def names_with_port(lang: str) -> Mapping[str, str]:
    """The same, and the port itself under its own id: alerts are about it, too."""
    port = stage.settings.port
    file = Path(stage.settings.geo_folder) / "port.geojson"
    return _names_with_port(file, lang, port.name_en if lang == "en" else port.name_zh)


def short_names(lang: str) -> Mapping[str, str]:
    """The same for where room is small; the whole name of a place the drawing has no short one for."""
    return _names(Path(stage.settings.geo_folder) / "port.geojson", lang, "short")


@cache
def _names_with_port(file: Path, lang: str, port: str) -> Mapping[str, str]:
    return {**_names(file, lang, "name"), PORT: port}


@cache
def _names(file: Path, lang: str, kind: str) -> Mapping[str, str]:
    try:
        features = json.loads(file.read_text("utf-8"))["features"]
    except (OSError, ValueError, KeyError) as error:
        _log.warning("no place names: %s cannot be used (%s)", file.name, type(error).__name__)
        return {}
    found: dict[str, str] = {}
    tail = "en" if lang == "en" else "zh"
    for feature in features:
        place = feature["properties"]
        if place.get("kind") not in NAMED:
            continue
        wanted = place.get(f"{kind}_{tail}") or place.get(f"name_{tail}") or place.get("name") or place["id"]
        found[place["id"]] = wanted
        if place.get("name_zh"):
            found[place["name_zh"]] = wanted
    return found
