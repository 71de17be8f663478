"""Situations of the adapter simulation: it has no source that could be wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.contract.rig import Case


def steady(folder: Path) -> dict[str, Any]:
    """A small port."""
    return {"dataset": "vehicles", "trucks": 40, "vessels": 4, "seed": 7}


CASES: list[Case] = []
