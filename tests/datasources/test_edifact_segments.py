"""Segments cut at their separators are those the library finds, whatever the text and the separators."""

from __future__ import annotations

from collections.abc import Iterator

from hypothesis import example, given, settings
from hypothesis import strategies as st
from pydifact.control.characters import Characters
from pydifact.exceptions import EDISyntaxError
from pydifact.parser import Parser
from pydifact.tokenizer import Tokenizer

from datasources.edifact_segments import Segment, segments

MARKS = st.sampled_from(("UNA:+.? '", "UNA:+.\0 '", "UNA|*.^ ~", "UNA:+.?*\n", "UNA]-.\\ ["))


def told(found: Iterator[Segment]) -> tuple[list[Segment], bool]:
    """The segments, and whether the text then was cut."""
    read: list[Segment] = []
    try:
        read.extend(found)
    except EDISyntaxError:
        return read, True
    return read, False


@settings(max_examples=1000)
@given(MARKS, st.lists(st.sampled_from(["'", "'", "+", "+", ":", ":", "?", " ", "\r", "DTM", "2", "港"]), max_size=40))
@example("UNA:+.? '", list("''DTM+a::'+:b:+?'''? X'"))
def test_they_are_those_of_the_library(advice: str, pieces: list[str]) -> None:
    marks = Characters.from_str(advice)
    signs = {":": advice[3], "+": advice[4], "?": advice[6], "'": advice[8]}
    text = "".join(signs.get(piece, piece) for piece in pieces)
    if f"{advice[6]}\n" in text:  # the library refuses this one character ahead, and so loses the segment before
        return
    library = Parser().convert_tokens_to_raw_segments(Tokenizer().get_tokens(text, marks))
    assert told(segments(text, marks)) == told(library)
