"""The keyboard: one list, no key twice, every page has one, every word exists."""

from __future__ import annotations

import json

from layouts.desk import desk_tools
from layouts.keys import keys_for
from layouts.shell import PAGES
from locales import LANGUAGES, catalogue


def test_no_key_has_two_meanings_and_no_first_key_is_a_key_itself() -> None:
    keys = [key.keys for key in keys_for(PAGES)]
    assert len(keys) == len(set(keys))
    firsts = {key.split(" ")[0] for key in keys if key.startswith("g ")}
    assert not firsts & set(keys)


def test_every_page_of_the_navigation_has_a_key() -> None:
    assert {key.value for key in keys_for(PAGES) if key.act == "page"} == set(PAGES)


def test_every_word_of_the_keyboard_exists() -> None:
    for key in keys_for(PAGES):
        for lang in LANGUAGES:
            assert key.text in catalogue(lang)
            assert f"desk.keys.{key.group}" in catalogue(lang)


def test_the_browser_is_given_the_same_list() -> None:
    script = desk_tools("en", PAGES).children[-1]
    told = json.loads(script.children)
    assert [key["keys"] for key in told["keys"]] == [key.keys for key in keys_for(PAGES)]
    assert told["texts"]["zh_CN"]["desk.search"] != told["texts"]["en"]["desk.search"]
