"""Adapter ``websocket``: rows of JSON messages a server sends over a websocket, mapped by the configuration.

What a source like AISStream wants to be told first stands in ``subscribe``. What was sent while nobody was connected is
lost: a websocket has no memory; a source that has one is better read with ``mqtt``, ``traccar`` or ``http_json``.
"""

from __future__ import annotations

import json
from typing import Any

from datasources.contract import Batch, Context
from datasources.fetching import check_expanded, check_headers, check_url
from datasources.listening import Listener
from datasources.messages import MessageReader, Stream
from datasources.websocket_link import listened, opened, without_query
from domain.errors import FeedError


class Options(Stream, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The feed's table in the configuration, with those of ``datasources.messages.Stream``.

    Attributes:
        url: ``ws://`` or ``wss://`` address; secrets go into headers or ``subscribe``, not into it.
        headers: sent when connecting, e.g. ``Authorization = "Bearer ${secret:port_key}"``.
        subscribe: sent after connecting, one message each: a text as it is, a table or list as JSON, e.g.
            ``[{APIKey = "${secret:ais}", BoundingBoxes = [[[35.9, 120.0], [36.2, 120.5]]]}]``.
        ping_seconds: the server is asked this often whether it is still there; 0: never.
    """

    url: str
    headers: dict[str, str] = {}
    subscribe: tuple[str | dict[str, Any] | list[Any], ...] = ()
    ping_seconds: float = 20.0

    def __post_init__(self) -> None:
        """Refuse what cannot work, so that it is found when the configuration is read."""
        check_url(self.url, ("ws", "wss"))
        check_headers(self.headers)
        for number, message in enumerate(self.subscribe):
            check_expanded(f"subscribe.{number}", message if isinstance(message, str) else json.dumps(message))
        if self.ping_seconds < 0:
            raise ValueError("ping_seconds must not be negative")
        self.check()


def create(options: Options, context: Context) -> Websocket:
    """The adapter for one feed."""
    return Websocket(options, context)


class Websocket:
    """Listens at a websocket; one thread polls at a time."""

    def __init__(self, options: Options, context: Context) -> None:
        """Prepare; the first poll connects."""
        self._options, self._context = options, context
        self._where = without_query(options.url)
        self._listener = Listener(self._session, context, self._where, options.silent_seconds)
        self._reader = MessageReader(options, context, self._where, options.max_bytes)

    def poll(self) -> Batch:
        """What has come since the last poll.

        Raises:
            FeedError: no connection, and why; ``unauthorised`` halts.
        """
        batch = Batch()
        try:
            messages = self._listener.take(self._options.chunk_messages)
        except FeedError as error:
            raise error.said(error.detail, f"{self._context.feed}: {error.where}") from None
        self._reader.read(messages, batch)
        self._listener.report(batch)
        batch.more = len(messages) >= self._options.chunk_messages
        return batch

    def close(self) -> None:
        """Close connection and thread."""
        self._listener.close()

    async def _session(self, listener: Listener) -> None:
        o = self._options
        subscribe = [m if isinstance(m, str) else json.dumps(m, ensure_ascii=False) for m in o.subscribe]
        connection = await opened(
            listener, self._context, o.url, o.headers, o.ca_file, o.max_bytes, o.ping_seconds or None
        )
        await listened(listener, connection, self._where, subscribe)
