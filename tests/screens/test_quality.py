"""The mark of data quality: quiet while well, in words when not, all four dimensions always at hand."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec
import pytest

from components.gates import gates_tile
from components.quality import mark, score_mark
from domain.parts import part_of
from domain.pictures import FeedRow, FeedState, Picture
from domain.scores import Counts, Score, score
from pages import _samples as samples
from tests.screens.trees import having, prop, text

NOW = datetime(2026, 11, 22, 6, 0, tzinfo=UTC)
LANGS = {"zh_CN": ("合规性", "时效性"), "en": ("Compliance", "Timeliness")}


def made(**counts: int) -> Score:
    found = score(Counts(**counts))
    assert found is not None
    return found


@pytest.mark.parametrize("lang", LANGS)
def test_a_good_score_is_quiet_and_a_low_one_says_what_is_wrong(lang: str) -> None:
    well = mark(made(judged=1000, timed=1000, late=3, cells=10), lang)
    assert having(well, "ring")
    assert not having(well, "low")
    assert having(well, "unseen")
    low = mark(made(judged=100, timed=100, late=40, cells=10), lang)
    assert having(low, "l3")
    (word,) = having(low, "score-word")
    assert LANGS[lang][1] in text(word)
    assert "90" in text(word)
    for one in (well, low):
        assert all(name in text(having(one, "dimensions")) for name in LANGS[lang])
        assert all(name in prop(one, "title") for name in LANGS[lang])
        assert prop(one, "href") == "/feeds"


def test_what_nothing_was_counted_for_is_a_dash_and_never_a_figure() -> None:
    shown = mark(made(judged=4), "en")
    assert "– " in text(shown) or "–" in text(shown)
    assert "Timeliness –" in prop(shown, "title")


def test_a_feed_without_a_score_has_no_mark() -> None:
    assert score_mark(samples.feed(NOW, FeedState.OK), "en") is None
    assert score_mark(samples.feed(NOW, FeedState.OK, score=made(judged=1)), "en") is not None


def test_a_tile_carries_the_score_of_its_picture() -> None:
    picture = samples.gates(NOW)
    assert not having(gates_tile(picture, "en", {}), "score")
    low = msgspec.structs.replace(picture, score=made(judged=10, malformed=4))
    assert having(gates_tile(low, "en", {}), "low")


def test_an_enterprise_sees_no_score() -> None:
    row = samples.feed(NOW, FeedState.OK, score=made(judged=10))
    part = part_of("feeds", Picture(rows=[row]), frozenset({"E1"}))
    assert [FeedRow.__name__, part.rows[0].score] == ["FeedRow", None]
    queue = msgspec.structs.replace(samples.queue(NOW), score=made(judged=10))
    assert part_of("queue", queue, frozenset({"E1"})).score is None
