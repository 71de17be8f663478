"""Adapter ``metar``: weather reports of airports (METAR, SPECI) in text files laid into a folder.

One report a line, or bulletins in which ``=`` ends a report. Reports name the day of the month only: year and month
are those in which the day lies nearest to the date in the file's name, to ``at``, or to the file's own time. Where
visibility is hidden behind CAVOK or 9999 it is 10 km or more, and 10,000 m stand for it.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from datetime import UTC, datetime

import msgspec

from datasources.contract import Context
from datasources.dropfolder import Found
from datasources.filedrop import FileDrop, check_files
from datasources.filereader import FileReader
from datasources.metar_report import LONGEST, begins, decoded
from datasources.reading import UnusableError
from datasources.replay import ReplayOptions
from datasources.rows import Placer, Unplaced
from datasources.textfile import chunks
from domain.errors import FeedError
from domain.records import Reject

_DATE = re.compile(r"(?<!\d)((?:19|20)\d{2})[-_]?(\d{2})[-_]?(\d{2})(?!\d{3})")
_DATE_LINE = re.compile(r"^\d{4}/\d{2}/\d{2} \d{2}:\d{2}$")  # stands above each report where they are kept by station


class Options(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The feed's table in the configuration.

    Attributes:
        path: file or folder; relative to the configuration file.
        glob: which files of a folder.
        at: a date near the reports, ISO 8601; default the date in the file's name, else the file's own time.
        places: station -> its longitude and latitude, WGS-84 degrees; reports do not name them.
        timezone: IANA name for ``replay.recorded_now``; reports are in UTC.
        settle_seconds: how long a file must have stood still before it is read.
        chunk_rows: reports read in one poll.
        max_megabytes: larger files (unpacked) are refused.
        replay: play the reports as a recording.
    """

    path: str
    glob: str = "*"
    at: str = ""
    places: dict[str, tuple[float, float]] = {}
    timezone: str = ""
    settle_seconds: float = 2.0
    chunk_rows: int = 20_000
    max_megabytes: int = 20
    replay: ReplayOptions | None = None

    def __post_init__(self) -> None:
        """Refuse what cannot work, so that it is found when the configuration is read."""
        check_files(self)
        if self.at:
            datetime.fromisoformat(self.at)


def create(options: Options, context: Context) -> FileDrop:
    """The adapter for one feed."""
    placer = Placer(context.feed, context.origin, "weather_observation", context.now)
    return FileDrop(options, context, placer, lambda file: ReportFile(file, options, context))


class ReportFile(FileReader):
    """Reads the reports of one file."""

    counted = "reports"

    def __init__(self, file: Found, options: Options, context: Context) -> None:
        """Prepare; nothing is opened yet."""
        self._options, self._context = options, context
        super().__init__(file, _reference(file, options.at))

    def open(self) -> None:
        """Read the file whole: reports are short, and a bulletin's ``=`` tells where they end.

        Raises:
            FeedError: ``not_metar`` when no line begins a report, or what opening says.
        """
        data = b"".join(chunks(self.file.path, self._options.max_megabytes * 1_000_000))
        self.sha256 = hashlib.sha256(data).hexdigest()
        if not data.strip():
            raise FeedError("empty_file", "has no content", self.file.name)
        lines = data.decode("ascii", "replace").splitlines()
        if not any(begins(line.strip()) for line in lines):
            raise FeedError("not_metar", "no line begins a METAR or SPECI report", self.file.name)
        self._items = self._read_reports(lines)
        super().open()

    def _read_reports(self, lines: list[str]) -> Iterator[tuple[int, Unplaced | Reject]]:
        reference = self.fallback
        for number, text in _reports(lines):
            if _DATE_LINE.match(text):
                reference = _moment(text) or self.fallback
                continue
            yield number, self._read_one(number, text, reference)

    def _read_one(self, number: int, text: str, reference: datetime) -> Unplaced | Reject:
        ref, feed = f"{self.file.name}:{number}", self._context.feed
        if self._context.tap is not None:
            self._context.tap(ref, text[:LONGEST])
        try:
            values, at, flags = decoded(text, reference)
        except UnusableError as error:
            return Reject(feed=feed, ref=ref, reason=error.reason, detail=error.detail, raw=text[:LONGEST])
        if place := self._options.places.get(values["station"]):
            values["lon"], values["lat"] = place
        return Unplaced(values, at, ref, flags)


def _reports(lines: list[str]) -> Iterator[tuple[int, str]]:
    """Number and text of each report: a line, or the lines up to ``=`` or to the next one that begins a report."""
    held, first, ended = "", 0, True
    bulletin = any(line.rstrip().endswith("=") for line in lines)
    for number, line in enumerate(lines, 1):
        word = line.strip()
        if not word:
            continue
        if held and not ended and bulletin and not begins(word) and not _DATE_LINE.match(word):
            held += f" {word}"
        else:
            if held:
                yield first, held.rstrip("= ")
            held, first = word, number
        ended = word.endswith("=") or len(held) > LONGEST
    if held:
        yield first, held.rstrip("= ")


def _reference(file: Found, at: str) -> datetime:
    if at:
        moment = datetime.fromisoformat(at)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    for year, month, day in _DATE.findall(file.name):
        try:
            return datetime(int(year), int(month), int(day), 12, tzinfo=UTC)
        except ValueError:
            continue
    return file.changed_at


def _moment(line: str) -> datetime | None:
    try:
        return datetime.strptime(line, "%Y/%m/%d %H:%M").replace(tzinfo=UTC)
    except ValueError:
        return None
