"""Adapter ``http_json``: rows of JSON fetched over HTTP, mapped to records by the configuration.

One poll fetches one answer, page by page where the source has pages. An answer that is the same as the last one (304,
or byte by byte) is not read again. With ``since`` only what changed is asked for.
"""

from __future__ import annotations

import hashlib
from typing import Any, Literal
from urllib.parse import urljoin, urlsplit

import msgspec

from datasources import documents
from datasources.contract import Again, Batch, Context, Problem
from datasources.coordinates import System
from datasources.documents import DocumentReader, check_path, check_rows, decoded, rows_at, selected
from datasources.fetching import Answer, Fetcher, Web
from datasources.mapping import Column
from domain.errors import FeedError

_MOST_PAGES = 1_000


class Paging(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How a source hands out its pages.

    Attributes:
        kind: ``page`` counts pages, ``offset`` counts rows, ``next`` finds the next page's mark or address in the
            answer, ``link`` in its Link header (RFC 8288, rel="next").
        parameter: of the query, that says which page (``page``, ``offset``, ``next``).
        first: number of the first page.
        size: rows of a full page; a shorter one is the last. 0: the last page is the one without rows.
        size_parameter: of the query, that asks for ``size`` rows.
        next: JSONPath of the next page's mark or address, for ``next``.
        most: pages fetched in one poll; what lies beyond is reported, not silently left out.
    """

    kind: Literal["page", "offset", "next", "link"]
    parameter: str = ""
    first: int = 1
    size: int = 0
    size_parameter: str = ""
    next: str = ""
    most: int = 100

    def __post_init__(self) -> None:
        """Refuse what cannot work."""
        if self.kind in ("page", "offset") and not self.parameter:
            raise ValueError(f"parameter is needed for {self.kind}")
        if self.kind == "offset" and self.size < 1:
            raise ValueError("size is needed for offset")
        if (self.kind == "next") != bool(self.next):
            raise ValueError("next is needed for kind next, and for no other")
        if self.next:
            check_path(self.next)
        if not 1 <= self.most <= _MOST_PAGES:
            raise ValueError(f"most must be 1 to {_MOST_PAGES}")


class Since(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Asking only for what is new.

    Attributes:
        parameter: of the query, that takes the mark.
        path: JSONPath in a row or in the answer whose greatest value is the next mark, e.g. ``$.data[*].updated_at``.
        begin: mark of the very first poll; empty: none is sent.
    """

    parameter: str
    path: str
    begin: str = ""

    def __post_init__(self) -> None:
        """Refuse what cannot work."""
        check_path(self.path)


class Options(Web, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The feed's table in the configuration, with those of ``datasources.fetching.Web``.

    Attributes:
        dataset: which record type the rows are, key of ``datasources.mapping.DATASETS``.
        mapping: field of the record -> column; a column is a key, a dotted path or a JSONPath within the row.
        rows: JSONPath of the rows in an answer (RFC 9535).
        params: parameters of the query, sent with every request.
        paging: how the source hands out its pages; left out: one answer is all.
        since: how to ask only for what is new; left out: everything each time.
        timezone: IANA name for times without a zone; default the port's.
        blank: words that mean "no value" beside the empty text and null.
        coordinates: what ``lon`` and ``lat`` are: ``wgs84`` (GPS), or ``gcj02`` (Chinese maps), then brought to WGS-84.
    """

    dataset: str
    mapping: dict[str, str | Column]
    rows: str = "$[*]"
    params: dict[str, str] = {}
    paging: Paging | None = None
    since: Since | None = None
    timezone: str = ""
    blank: tuple[str, ...] = ()
    coordinates: System = "wgs84"

    def __post_init__(self) -> None:
        """Refuse what cannot work, so that it is found when the configuration is read."""
        self.check()
        check_rows(self)


def create(options: Options, context: Context) -> HttpJson:
    """The adapter for one feed."""
    return HttpJson(options, context)


def again(options: Options, context: Context) -> Again:
    """Reads quarantined rows anew, without asking the source."""
    return documents.again(options, context)


class HttpJson:
    """Fetches JSON; one thread polls at a time."""

    def __init__(self, options: Options, context: Context) -> None:
        """Take up where ``context.cursor`` left off."""
        self._options, self._context = options, context
        cursor = context.cursor or {}
        self._etag, self._modified = str(cursor.get("etag", "")), str(cursor.get("modified", ""))
        self._digest = str(cursor.get("digest", ""))
        self._mark = str(cursor.get("since", "")) or (options.since.begin if options.since else "")
        self._fetcher = Fetcher(options, context)
        self._reader = DocumentReader(options, context, [str(column) for column in cursor.get("columns") or ()])

    def poll(self) -> Batch:
        """What the source has now, or has anew.

        Raises:
            FeedError: it cannot be reached, refuses, or answers something else; see ``Fetcher.get`` and ``decoded``.
        """
        try:
            return self._poll()
        except FeedError as error:
            raise error.said(error.detail, f"{self._context.feed}: {error.where}") from None

    def close(self) -> None:
        """Close the connections."""
        self._fetcher.close()

    def _poll(self) -> Batch:
        o, batch, marks, digest = self._options, Batch(), list[Any](), hashlib.sha256()
        url, pages, rows = o.url, 0, 0
        params: dict[str, str] | None = self._asked()
        while True:
            known = (self._etag, self._modified) if o.paging is None else ("", "")
            answer = self._fetcher.get(url, params, *known)
            if answer.unchanged:
                return Batch(counts={"unchanged": 1})
            pages += 1
            digest.update(answer.body)
            if o.paging is None and digest.hexdigest() == self._digest:
                return Batch(counts={"unchanged": 1})
            document = decoded(answer.body, answer.where)
            found = rows_at(document, o.rows, answer.where) if pages == 1 else selected(document, o.rows)
            self._reader.read(found, answer.where, batch, rows + 1)
            rows += len(found)
            if o.since:
                marks += selected(document, o.since.path)
            following = self._following(answer, document, pages, rows, len(found))
            if following is None:
                break
            if o.paging is not None and pages >= o.paging.most:
                detail = f"{answer.where}: more than {pages} pages; the rest was not fetched"
                batch.problems.append(Problem(code="cut_off", detail=detail))
                break
            url, params = following
        batch.counts = {"rows": rows, "answers": pages}
        self._remember(batch, digest.hexdigest(), answer, marks)
        return batch

    def _asked(self) -> dict[str, str]:
        """The query's parameters for the first page."""
        o, asked = self._options, dict(self._options.params)
        if o.since and self._mark:
            asked[o.since.parameter] = self._mark
        if o.paging and o.paging.kind in ("page", "offset"):
            asked[o.paging.parameter] = str(o.paging.first if o.paging.kind == "page" else 0)
        if o.paging and o.paging.size_parameter and o.paging.size:
            asked[o.paging.size_parameter] = str(o.paging.size)
        return asked

    def _following(
        self, answer: Answer, document: Any, pages: int, rows: int, count: int
    ) -> tuple[str, dict[str, str] | None] | None:
        """Address and parameters of the next page; None after the last."""
        paging, url = self._options.paging, self._options.url
        if paging is None:
            return None
        if paging.kind == "link":
            target = answer.links.get("next")
            return (self._same_host(target), None) if target else None
        if paging.kind == "next":
            mark = next(iter(selected(document, paging.next)), None)
            if mark in (None, "", False) or not isinstance(mark, (str, int)):
                return None
            if paging.parameter:
                return url, {**self._asked(), paging.parameter: str(mark)}
            return self._same_host(urljoin(answer.where, str(mark))), None
        if count == 0 or count < paging.size:
            return None
        mark = paging.first + pages if paging.kind == "page" else rows
        return url, {**self._asked(), paging.parameter: str(mark)}

    def _same_host(self, target: str) -> str:
        """An address the source gave; headers with secrets go along, so it must be its own."""
        here, there = urlsplit(self._options.url), urlsplit(target)
        if (here.scheme, here.netloc) != (there.scheme, there.netloc):
            raise FeedError("redirected", f"the next page is on {there.scheme}://{there.hostname}", self._options.url)
        return target

    def _remember(self, batch: Batch, digest: str, answer: Answer, marks: list[Any]) -> None:
        # An answer with something wrong about it is read again each time: what is wrong must go on showing.
        clean = not batch.problems
        self._digest = digest if clean else ""
        self._etag, self._modified = (answer.etag, answer.modified) if clean else ("", "")
        if marks:
            self._mark = _greatest([*marks, self._mark])
        batch.cursor = {
            "etag": self._etag, "modified": self._modified, "digest": self._digest, "since": self._mark,
            "columns": sorted(self._reader.steady or ()),
        }  # fmt: skip


def _greatest(marks: list[Any]) -> str:
    """The newest of marks: whole numbers by their value, everything else (times of one form) by its letters."""
    kept = [str(mark) for mark in marks if isinstance(mark, (str, int)) and not isinstance(mark, bool) and mark != ""]
    if all(mark.isdecimal() for mark in kept):
        return max(kept, key=lambda mark: (len(mark), mark), default="")
    return max(kept)
