"""The characters of EDIFACT to segments.

pydifact says what a segment is. It looks at every character by itself, which is most of the time a file
takes; a segment without a release character is cut at its separators here, to the same result (a test
holds both against each other), and every other one is left to pydifact.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from pydifact.control.characters import Characters
from pydifact.parser import Parser
from pydifact.tokenizer import Tokenizer

Segment = list[str | list[str]]  # tag, then elements; an element of several components is a list


def segments(body: str, marks: Characters) -> Iterator[Segment]:
    """The segments of a text, in order.

    Args:
        body: without UNA.
        marks: the separators.

    Raises:
        EDISyntaxError: the text ends in mid-segment.
    """
    data, component = marks.data_separator, marks.component_separator
    whole, start = _one_segment(marks), 0
    while found := whole.match(body, start):
        start = found.end()
        plain = found[1]
        if plain is None:
            yield from _by_library(found[0], marks)
        else:
            yield [
                element if component not in element else _composite(element, component) for element in plain.split(data)
            ]
    yield from _by_library(body[start:], marks)


def _one_segment(marks: Characters) -> re.Pattern[str]:
    """A segment with the blanks and line ends after it; its text as group 1 where nothing is released."""
    end, release = re.escape(marks.segment_terminator), re.escape(marks.escape_character)
    plain = rf"([^{end}{release}]++){end}[ \r\n]*+(?!{release})"
    blanks = rf"(?:{release}?[ \r\n])*+"
    # A terminator where a segment should begin is a character of it, to pydifact.
    other = rf"(?:{end}{blanks})?[^{end}{release}]*+(?:{release}.[^{end}{release}]*+)*+{end}{blanks}"
    return re.compile(f"{plain}|{other}", re.DOTALL)


def _composite(element: str, component: str) -> str | list[str]:
    """Components of an element; empty ones at its end are none, and one alone is no list."""
    components = element.rstrip(component).split(component)
    return components if len(components) > 1 else components[0]


def _by_library(text: str, marks: Characters) -> Iterator[Segment]:
    yield from Parser().convert_tokens_to_raw_segments(Tokenizer().get_tokens(text, marks))
