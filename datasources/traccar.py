"""Adapter ``traccar``: where vehicles are, by a Traccar server, which speaks with trackers of over 200 kinds.

Positions come live over its websocket (``/api/socket``). After every connection what was missed is fetched from its
history (``/api/positions``), device by device from the last position taken over, so that a gap closes; a device that
has nothing new costs no request. The very first connection brings the last known position of each device.

Traccar gives knots and WGS-84. A fix its device calls invalid is set aside. An ``outdated`` one (the device reported
without a new fix, Traccar repeats the last) is true for the time of its fix: it is kept with that time and a flag.
Positions at 0/0 are refused by the quality gate, as those of every feed.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

import msgspec

from datasources.contract import RAW_LIMIT, Batch, Context, Problem
from datasources.coordinates import System
from datasources.documents import DocumentReader, check_rows, decoded
from datasources.fetching import Fetcher, Web, check_expanded, check_url
from datasources.listening import Listener, Message
from datasources.mapping import Column
from datasources.websocket_link import listened, opened
from domain.errors import FeedError
from domain.records import Record, Reject

_LIVE_BYTES = 16 << 20  # the first message holds every device's position
_SLICE = timedelta(hours=6)  # of history in one answer
_TRIES = 3
_MESSAGES = 500  # of one poll; one of history may hold thousands of positions
_HISTORY = "history"
_VEHICLE = "@vehicle"
_KMH_OF_KNOT = 1.852
Mark = tuple[float, int]  # fix time of the newest position taken over, seconds since 1970; the greatest id


class Options(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The feed's table in the configuration.

    Attributes:
        url: ``https://`` address of the server, e.g. ``https://tracker.port.example``, without ``/api``.
        token: of a user, made in Traccar's settings, ``${secret:NAME}``; or
        user: e-mail address to log in with, and
        password: its password, ``${secret:NAME}``. A user who may only read is enough.
        vehicle: what a vehicle is called here, of the device: ``name``, ``uniqueId`` or e.g. ``attributes.plate``.
        time: which time counts: ``fixTime`` (of the GPS), or ``deviceTime`` where trackers give no other.
        back_fill_hours: how far back what was missed is fetched; 0: not at all.
        mapping: further fields -> columns of a position, e.g. ``container_no = "attributes.container"``.
        coordinates: what the server gives: ``wgs84`` (GPS), or ``gcj02`` (Chinese maps), then brought to WGS-84.
        ca_file: certificates (PEM) to trust beside the system's, e.g. those of the intranet.
        max_megabytes: a longer answer is refused.
        silent_seconds: a connection that brings nothing for so long (Traccar sends an empty message every minute) is
            reported, and made anew.
    """

    url: str
    token: str = ""
    user: str = ""
    password: str = ""
    vehicle: str = "name"
    time: Literal["fixTime", "deviceTime"] = "fixTime"
    back_fill_hours: float = 24.0
    mapping: dict[str, str | Column] = {}
    coordinates: System = "wgs84"
    ca_file: str = ""
    max_megabytes: float = 50.0
    silent_seconds: float = 180.0

    def __post_init__(self) -> None:
        """Refuse what cannot work, so that it is found when the configuration is read."""
        check_url(self.url)
        if "?" in self.url or self.url.rstrip("/").endswith("/api"):
            raise ValueError("url is the address of the server, without /api and query")
        for key in ("token", "password"):
            check_expanded(key, getattr(self, key))
        if bool(self.token) == bool(self.user) or bool(self.user) != bool(self.password):
            raise ValueError("needs either token, or user and password")
        if not self.vehicle or self.vehicle.startswith("$"):
            raise ValueError("vehicle is a key of the device, or a dotted path like attributes.plate")
        if not 0 <= self.back_fill_hours <= 24 * 31 or self.silent_seconds < 1:
            raise ValueError("back_fill_hours must be 0 to 744, silent_seconds at least 1")
        Web(url=self.url, max_megabytes=self.max_megabytes).check()
        check_rows(_rows(self))


class _Rows(msgspec.Struct, frozen=True):
    """A position as rows are read; see ``documents.RowOptions``."""

    mapping: dict[str, str | Column]
    coordinates: System
    dataset: str = "vehicle_position"
    rows: str = "$[*]"
    timezone: str = "UTC"
    blank: tuple[str, ...] = ()


def _rows(options: Options) -> _Rows:
    mapping: dict[str, str | Column] = {
        "vehicle_id": _VEHICLE,
        "event_time": options.time,
        "lat": "latitude",
        "lon": "longitude",
        "speed_kmh": Column(column="speed", factor=_KMH_OF_KNOT),
        "heading_degrees": "course",
    }
    return _Rows({**mapping, **options.mapping}, options.coordinates)


def create(options: Options, context: Context) -> Traccar:
    """The adapter for one feed."""
    return Traccar(options, context)


class Traccar:
    """Listens to a Traccar server; one thread polls at a time."""

    def __init__(self, options: Options, context: Context) -> None:
        """Take up where ``context.cursor`` left off; the first poll connects."""
        self._options, self._context = options, context
        self._url = options.url.rstrip("/")
        self._listener = Listener(self._session, context, self._url, options.silent_seconds)
        self._reader = DocumentReader(_rows(options), context)
        marks = (context.cursor or {}).get("marks") or {}
        self._marks: dict[int, Mark] = {int(device): (mark[0], mark[1]) for device, mark in marks.items()}
        self._names: dict[int, str] = {}  # device -> what its vehicle is called here
        self._notes: list[Problem] = []  # of the session, for the next poll

    def poll(self) -> Batch:
        """What has come since the last poll.

        Raises:
            FeedError: no connection, and why; ``unauthorised`` halts.
        """
        batch = Batch()
        try:
            messages = self._listener.take(_MESSAGES)
        except FeedError as error:
            raise error.said(error.detail, f"{self._context.feed}: {error.where}") from None
        for message in messages:
            self._read(message, batch)
        self._listener.report(batch)
        notes, self._notes = self._notes, []
        batch.problems += notes
        if batch.records or batch.rejects:
            batch.cursor = {"marks": {str(device): list(mark) for device, mark in self._marks.items()}}
        batch.more = len(messages) >= _MESSAGES
        return batch

    def close(self) -> None:
        """Close connections and thread."""
        self._listener.close()

    # --- in the poll ---

    def _read(self, message: Message, batch: Batch) -> None:
        try:
            document = decoded(message.body, self._url)
        except FeedError as error:
            batch.rejects.append(
                self._refuse(message.body.decode("utf-8", "replace"), message, "not_json", error.detail)
            )
            return
        history = message.topic == _HISTORY
        if history:
            document = {"positions": document}
        if not isinstance(document, dict):
            detail = "is no message of Traccar"
            batch.rejects.append(self._refuse(json.dumps(document), message, "malformed", detail))
            return
        for key in ("positions", "devices", "events"):
            found = document.get(key) or ()
            if not isinstance(found, list | tuple):
                detail = f"{key}: is no list"
                batch.rejects.append(self._refuse(json.dumps(document), message, "malformed", detail))
            elif found:
                counted = _HISTORY if history else key
                batch.counts[counted] = batch.counts.get(counted, 0) + len(found)
                if key == "devices":
                    self._names.update(self._named(found))
                elif key == "positions":
                    self._positions(found, message, history, batch)

    def _positions(self, positions: Any, message: Message, history: bool, batch: Batch) -> None:
        for position in positions:
            if not isinstance(position, dict):
                batch.rejects.append(self._refuse(json.dumps(position), message, "malformed", "is no position"))
                continue
            device, number = _whole(position.get("deviceId")), _whole(position.get("id")) or 0
            mark = self._marks.get(device, (0.0, 0)) if device is not None else (0.0, 0)
            if number and (number <= mark[1] if history else number == mark[1]):
                batch.counts["known"] = batch.counts.get("known", 0) + 1
                continue
            found = self._record(position, device, message)
            if isinstance(found, Reject):
                batch.rejects.append(found)
            else:
                batch.records.append(found)
            if device is not None and (mark[1] or isinstance(found, Record)):
                fixed = found.event_time.timestamp() if isinstance(found, Record) else 0.0
                # A clock that is ahead must not keep what comes later from being asked for.
                fixed = min(fixed, self._context.now().timestamp())
                self._marks[device] = (max(mark[0], fixed), max(mark[1], number))

    def _record(self, position: dict[str, Any], device: int | None, message: Message) -> Record | Reject:
        raw = json.dumps(position, ensure_ascii=False)
        name = self._names.get(device) if device is not None else None
        if name is None:
            detail = f"device {device}: not listed by the server, or without {self._options.vehicle}"
            return self._refuse(raw, message, "missing_key", detail)
        if position.get("valid") is False:
            return self._refuse(raw, message, "position_not_available", f"{name}: the device had no valid fix")
        outdated = position.get("outdated") is True
        if outdated and self._options.time != "fixTime":
            return self._refuse(raw, message, "position_not_available", f"{name}: the fix is older than the report")
        if not str(position.get(self._options.time) or "").strip():  # no time is not now
            return self._refuse(raw, message, "not_a_time", f"{name}: no {self._options.time}")
        trial = Batch()
        self._reader.steady = frozenset()
        self._reader.read([{**position, _VEHICLE: name}], self._url, trial, message.number)
        if trial.rejects:
            return trial.rejects[0]
        (record,) = trial.records
        return msgspec.structs.replace(record, flags=(*record.flags, "fix_outdated")) if outdated else record

    def _refuse(self, raw: str, message: Message, reason: str, detail: str) -> Reject:
        ref = f"{self._url}:{message.number}"
        if self._context.tap is not None:
            self._context.tap(ref, raw[:RAW_LIMIT])
        return Reject(feed=self._context.feed, ref=ref, reason=reason, detail=detail, raw=raw[:RAW_LIMIT] or "{}")

    def _named(self, devices: Any) -> Iterator[tuple[int, str]]:
        """Devices by number with what their vehicles are called; those without are left out."""
        for device in devices:
            number = _whole(device.get("id")) if isinstance(device, dict) else None
            value: Any = device
            for step in self._options.vehicle.split("."):
                value = value.get(step) if isinstance(value, dict) else None
            if number is not None and isinstance(value, str | int) and str(value).strip():
                yield number, str(value).strip()

    # --- in the listener's thread ---

    async def _session(self, listener: Listener) -> None:
        o = self._options
        web = Web(url=o.url, ca_file=o.ca_file, max_megabytes=o.max_megabytes, headers={"Accept": "application/json"})
        with closing(Fetcher(web, self._context)) as fetcher:
            await asyncio.to_thread(self._log_in, fetcher)
            devices = await asyncio.to_thread(self._devices, fetcher)
            self._names = dict(self._named(devices))
            url = "ws" + self._url.removeprefix("http") + "/api/socket"
            # First the socket, then the history: what happens between comes twice rather than never.
            connection = await opened(listener, self._context, url, {"Cookie": fetcher.cookies}, o.ca_file, _LIVE_BYTES)
            listener.up()
            try:
                await self._back_fill(fetcher, devices, listener)
            except BaseException:
                await connection.close()
                raise
        await listened(listener, connection, url, [])

    def _log_in(self, fetcher: Fetcher) -> None:
        """Get a session; its cookie is the only key to the socket."""
        o, where = self._options, f"{self._url}/api/session"
        try:
            if o.token:
                fetcher.get(where, {"token": o.token})
            else:
                fetcher.post(where, {"email": o.user, "password": o.password})
        except FeedError as error:
            # A wrong token is answered with 400 or 404, by version.
            if error.code == "http_status" and error.detail.startswith(("HTTP 400", "HTTP 404")):
                raise FeedError("unauthorised", error.detail, error.where, halts=True) from None
            raise

    def _devices(self, fetcher: Fetcher) -> list[Any]:
        answer = fetcher.get(f"{self._url}/api/devices")
        devices = decoded(answer.body, answer.where)
        if not isinstance(devices, list):
            raise FeedError("no_rows", "is no list of devices", answer.where)
        return devices

    async def _back_fill(self, fetcher: Fetcher, devices: list[Any], listener: Listener) -> None:
        """Fetch what each device reported since its mark; what cannot be fetched is said, and live goes on."""
        now = self._context.now()
        oldest, cut = now - timedelta(hours=self._options.back_fill_hours), 0
        if not self._options.back_fill_hours:
            return
        for device in devices:
            number = _whole(device.get("id")) if isinstance(device, dict) else None
            mark = self._marks.get(number) if number is not None else None
            if number is None or mark is None or _whole(device.get("positionId")) == mark[1]:
                continue
            since = datetime.fromtimestamp(mark[0], UTC)
            cut += since < oldest
            since = max(since, oldest)
            while since < now:
                until = min(now, since + _SLICE)
                await listener.room()
                try:
                    body = await self._asked(fetcher, number, since, until)
                except FeedError as error:
                    if error.halts:
                        raise
                    self._note(f"history since {since:%Y-%m-%d %H:%M} UTC: {error.detail}")
                    return
                listener.put(body, _HISTORY)
                since = until
        if cut:
            self._note(f"{cut} devices: only the last {self._options.back_fill_hours:g} h were fetched")

    async def _asked(self, fetcher: Fetcher, device: int, since: datetime, until: datetime) -> bytes:
        asked = {"deviceId": str(device), "from": _written(since), "to": _written(until)}
        for attempt in range(_TRIES):
            try:
                answer = await asyncio.to_thread(fetcher.get, f"{self._url}/api/positions", asked)
            except FeedError as error:
                if error.halts or error.code == "http_status" or attempt == _TRIES - 1:
                    raise
                await asyncio.sleep(0.2)
            else:
                return answer.body
        raise AssertionError  # pragma: no cover

    def _note(self, detail: str) -> None:
        self._notes = [*self._notes[-9:], Problem(code="cut_off", detail=f"{self._url}: {detail}")]


def _whole(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _written(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03}Z"
