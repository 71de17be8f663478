"""The styleguide shows every component there is."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import sys
from collections.abc import Callable
from types import CodeType, FrameType
from typing import Any

import pytest
from fastapi.testclient import TestClient

import components
from locales import LANGUAGES
from tests.screens.test_pages import lay_out

NOT_SEEN = {"before_history", "empty_then", "nothing", "uncharted"}  # what tiles say instead of data, in words alone


def drawing() -> dict[CodeType, str]:
    """Every public function of the components that draws, by its code."""
    found: dict[CodeType, str] = {}
    for module in pkgutil.iter_modules(components.__path__):
        room = importlib.import_module(f"components.{module.name}")
        for name, made in inspect.getmembers(room, inspect.isfunction):
            drawn = "Component" in str(inspect.signature(made).return_annotation)
            if drawn and not name.startswith("_") and name not in NOT_SEEN and made.__module__ == room.__name__:
                found[made.__code__] = f"{module.name}.{name}"
    return found


def called(during: Callable[[], Any]) -> set[CodeType]:
    """The functions that run meanwhile."""
    seen: set[CodeType] = set()

    def note(frame: FrameType, event: str, _: Any) -> None:
        if event == "call":
            seen.add(frame.f_code)

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        during()
    finally:
        sys.setprofile(before)
    return seen


@pytest.mark.usefixtures("client")
@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_component_that_draws_is_on_the_styleguide(lang: str) -> None:
    guide = sys.modules["pages.styleguide"]
    seen = called(lambda: guide.layout(lang))
    assert not sorted(name for code, name in drawing().items() if code not in seen)


def test_tiles_of_every_age_name_the_feed_and_none_sets_a_screen(client: TestClient) -> None:
    told = str(lay_out(client, "/styleguide", "?lang=en")["_pages_content"])
    for part in ("'data-causes'", "Sample gates: down", "Sample gates: late", "'data-connection': 'lost'"):
        assert part in told
    assert "'screens-set'" not in told
