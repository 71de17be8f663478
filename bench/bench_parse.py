"""Parsing of EDIFACT and NMEA, against the libraries that take the same bytes apart.

The messages are made up here, in the form terminals and ships send them; the limit is the library's
own parser over the same bytes, holding the same checksums, its output thrown away.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from pyais import encode_dict
from pyais.messages import AISSentence, NMEASentenceFactory
from pydifact.parser import Parser

from bench.rows import Row, bench, row
from datasources.contract import Context
from datasources.document_drop import Document
from datasources.edifact import EdifactReader, Options
from datasources.nmea_decode import Decoder
from domain.records import Origin

BOXES, SENTENCES, ROUNDS = 2_000, 20_000, 5
NOW = datetime(2031, 5, 4, 12, tzinfo=UTC)


@bench("parse")
def parse() -> list[Row]:
    """EDIFACT segments to stays and AIS sentences to messages, per second, over the library alone."""
    return [edifact(BOXES), nmea(SENTENCES)]


def edifact(boxes: int) -> Row:
    """A discharge report of so many boxes: decoding, messages, stays."""
    text = _discharge(boxes)
    data, segments = text.encode(), text.count("'")
    context = Context(feed="bench", origin=Origin.SIMULATED, now=lambda: NOW, home=Path(), base=Path())

    def ours() -> int:
        reader = EdifactReader(Options(path="x"), context)
        return sum(len(batch.records) for batch in reader.read(Document("bench.edi", data, NOW)))

    def library() -> int:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the library has no directory to hold service segments against
            return sum(1 for _ in Parser().parse(text))

    mine, theirs = _fastest((ours, library), (boxes, segments))
    name = "parse: EDIFACT segments per second, of pydifact alone"
    return row(name, segments / mine, "seg/s", segments / theirs, 0.8, at_least=True)


def nmea(sentences: int) -> Row:
    """Positions of ships, one sentence each: checksums held, parts watched for, fields read."""
    lines = [_position(number) for number in range(sentences)]

    def ours() -> int:
        decoder = Decoder()
        return sum(len(decoder.feed(number, raw)) for number, raw in enumerate(lines))

    def library() -> int:
        found = 0
        for raw in lines:
            sentence = NMEASentenceFactory.produce(raw)
            found += isinstance(sentence, AISSentence) and sentence.is_valid and sentence.decode() is not None
        return found

    mine, theirs = _fastest((ours, library), (sentences, sentences))
    name = "parse: AIS sentences per second, of pyais alone"
    return row(name, sentences / mine, "msg/s", sentences / theirs, 0.8, at_least=True)


def _fastest(works: tuple[Callable[[], int], Callable[[], int]], expected: tuple[int, int]) -> list[float]:
    """Seconds of the quickest run of each, taken in turn; each must find what is there."""
    took: list[list[float]] = [[], []]
    for _ in range(ROUNDS):
        for work, right, times in zip(works, expected, took, strict=True):
            began = time.perf_counter()
            found = work()
            times.append(time.perf_counter() - began)
            assert found == right, (found, right)
    return [min(times) for times in took]


def _discharge(boxes: int) -> str:
    body = "".join(
        f"EQD+CN+QQCU{number:07}+45R1:102:5++3+5'RFF+BM:QD{number:08}'"
        f"DTM+203:20310504{number // 60 % 12:02}{number % 60:02}:203'"
        f"LOC+147+{number % 99:03}0204::5'LOC+9+NLRTM:139:6'LOC+11+CNTAO:139:6'MEA+AAE+VGM+KGM:{20_000 + number}'"
        f"TMP+2+-18:CEL'SEL+A{number:06}+CA+1'NAD+CF+COS:160:166'"
        for number in range(boxes)
    )
    head = "UNH+1+COARRI:D:95B:UN:ITG12'BGM+98++9'TDT+20+055N+1++COS:172:166+++9118018:146:11:BENCH'"
    count = (head + body).count("'") + 1
    return f"UNB+UNOA:2+QQCT+COS+310504:1200+1'{head}{body}UNT+{count}+1'UNZ+1+1'"


def _position(number: int) -> bytes:
    fields = {
        "type": 1, "mmsi": 413_000_000 + number % 5_000, "lat": 36 + number % 500 / 10_000, "lon": 120.2,
        "speed": number % 200 / 10, "course": number % 360, "heading": number % 360, "second": number % 60,
    }  # fmt: skip
    return encode_dict(fields, radio_channel="A", talker_id="AI")[0].encode()
