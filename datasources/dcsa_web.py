"""DCSA events over HTTP: page by page, one page a poll, and only what was made since the newest event read.

The order of events in the pages is not told, so the mark of the newest moves when the last page has come. A page's
mark may be good for one use only: when a later page cannot be had, the pages are fetched from the first again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Protocol
from urllib.parse import urlsplit

import httpx2 as httpx

from datasources.contract import Batch, Context, Problem
from datasources.document_drop import Document, DocumentReader
from datasources.fetching import Answer, Fetcher, Web
from domain.errors import FeedError

_MOST_PAGES = 1_000  # of one round
_MARKS = ("etag", "modified", "digest")  # of a round of one page


class EventsWeb(Web, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Options of an address of events, with those of ``datasources.fetching.Web``.

    Attributes:
        url: ``http://`` or ``https://`` address of the events; or ``path``.
        params: parameters of the query, sent with every request, e.g. ``limit`` and what the subscription covers.
        since: parameter of the query that asks only for events made since the newest one read: version 3.0
            ``eventUpdatedDateTimeMin``, version 2.2 ``eventCreatedDateTime:gte``. Empty: all of them each time.
    """

    url: str = ""
    params: dict[str, str] = {}
    since: str = ""


class MarkedReader(DocumentReader, Protocol):
    """A reader that knows when the newest event was made."""

    newest: datetime | None


class EventPages:
    """Fetches pages of events; one thread polls at a time."""

    def __init__(self, options: EventsWeb, context: Context, reader: MarkedReader) -> None:
        """Take up where ``context.cursor`` left off; ``reader`` is at the state of the same cursor."""
        self._options, self._context, self._reader = options, context, reader
        cursor = context.cursor or {}
        self._next, self._pages = str(cursor.get("next", "")), int(cursor.get("pages", 0))
        self._since = str(cursor.get("since", ""))
        etag, modified, digest = (str(cursor.get(mark, "")) for mark in _MARKS)
        self._marks = (etag, modified, digest)
        if newest := cursor.get("newest"):
            reader.newest = datetime.fromisoformat(str(newest))
        self._fetcher = Fetcher(options, context)

    def poll(self) -> Batch:
        """The events of the next page.

        Raises:
            FeedError: as ``Fetcher.get``; ``not_events``.
        """
        try:
            return self._poll()
        except FeedError as error:
            self._next, self._pages = "", 0
            raise error.said(error.detail, f"{self._context.feed}: {error.where}") from None

    def close(self) -> None:
        """Close the connections."""
        self._fetcher.close()

    def _poll(self) -> Batch:
        url, params = self._asked()
        first = not self._next
        etag, modified, known = self._marks if first else ("", "", "")
        answer = self._fetcher.get(url, params, etag, modified)
        digest = hashlib.sha256(answer.body).hexdigest()
        if answer.unchanged or (digest == known and not self._following(answer)):
            return Batch(counts={"unchanged": 1})
        batch = Batch()
        for part in self._reader.read(Document(answer.where, answer.body, self._context.now())):
            batch.records += part.records
            batch.rejects += part.rejects
            for name, count in part.counts.items():
                batch.counts[name] = batch.counts.get(name, 0) + count
        batch.count("pages")
        self._go_on(answer, digest if first else "", batch)
        newest = self._reader.newest
        batch.cursor = {
            "next": self._next, "pages": self._pages, "since": self._since,
            **dict(zip(_MARKS, self._marks, strict=True)),
            "newest": newest.isoformat() if newest else "", **self._reader.to_cursor(),
        }  # fmt: skip
        return batch

    def _asked(self) -> tuple[str, Mapping[str, str]]:
        """Address and parameters of the page that is due."""
        if "://" in self._next:
            return self._next, {}
        params = dict(self._options.params)
        if self._options.since and self._since:
            params[self._options.since] = self._since
        if self._next:
            params["cursor"] = self._next
        return self._options.url, params

    def _go_on(self, answer: Answer, digest: str, batch: Batch) -> None:
        """Find the page that follows; after the last the next round asks for what is newer.

        Args:
            answer: the page.
            digest: of the first page of a round; empty of the others.
            batch: takes what is wrong.
        """
        following = self._following(answer)
        if following and (following == self._next or self._pages + 1 >= _MOST_PAGES):
            detail = f"{answer.where}: the pages have no end; begun again after {self._pages + 1}"
            batch.problems.append(Problem(code="cut_off", detail=detail))
            self._next, self._pages = "", 0
            return
        self._next, self._pages = following, self._pages + 1 if following else 0
        batch.more = bool(following)
        # An answer of several pages may go on otherwise where it begins the same.
        self._marks = (answer.etag, answer.modified, digest) if digest and not following else ("", "", "")
        if following:
            return
        if self._options.since and self._reader.newest is not None:
            since = self._reader.newest.isoformat(timespec="milliseconds").replace("+00:00", "Z")
            if since != self._since:
                self._since, self._marks = since, ("", "", "")

    def _following(self, answer: Answer) -> str:
        """What the answer says of the page behind it: version 3.0 a mark, 2.2 an address; empty for none."""
        if mark := answer.headers.get("next-page-cursor", "").strip():
            return mark
        page = answer.headers.get("next-page", "").strip()
        if not page:
            return ""
        try:
            target = str(httpx.URL(self._options.url).join(page))
        except httpx.InvalidURL:
            raise FeedError("redirected", "the next page is no address", answer.where) from None
        here, there = urlsplit(self._options.url), urlsplit(target)
        if (here.scheme, here.netloc) != (there.scheme, there.netloc):  # headers with secrets would go along
            raise FeedError("redirected", f"the next page is on {there.scheme}://{there.hostname}", answer.where)
        return target


def check_source(options: Any) -> None:
    """Refuse an address and a path at once, or neither; ValueError says so."""
    if bool(options.url) == bool(options.path):
        raise ValueError("needs either url (an address) or path (files)")
    if options.url:
        options.check()
    elif options.since or options.params:
        raise ValueError("since and params go with url")
