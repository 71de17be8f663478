"""Adapter ``mqtt``: rows of JSON messages published at an MQTT broker, mapped to records by the configuration.

Telemetry in the JSON of TIC 4.0 needs nothing of its own: subjects are lists (``rows = "$[*].che[*]"``), observed
properties lists of values with their time and point of measurement, which columns choose among by JSONPath:

    vehicle_id = "id"
    lat = "$.location.latitude[?@.pointofmeasurement == 'actual'].value"
    event_time = "$.location.latitude[?@.pointofmeasurement == 'actual'].timestamp"

What is kept through a restart. With ``persistent`` the broker keeps the session of ``client_id`` and what is published
meanwhile (as much as its own limits allow), and a message is acknowledged only when it is stored: neither a restart nor
a crash loses any. What comes twice is recognised by the store. QoS 2 has no use then. Without ``persistent`` what is
published while nobody listens is lost.

A trial (``try-feed``) has a session of its own, which ends with it: the feed's own is not thrown out, and what waits
there goes on waiting.

A message the broker retained tells how things stood when it was published: it is read with its own time, and set aside
when it names none.
"""

from __future__ import annotations

import re
from typing import Any, Literal
from urllib.parse import urlsplit

import aiomqtt
from aiomqtt.exceptions import MqttConnectError
from paho.mqtt.client import MQTT_CLEAN_START_FIRST_ONLY
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from datasources.contract import Batch, Context
from datasources.fetching import check_expanded, check_url, trusted
from datasources.listening import Listener
from datasources.messages import MessageReader, Stream
from datasources.mqtt_wire import Wire
from datasources.outbound import dial
from domain.errors import FeedError

_PORTS = {"mqtt": 1883, "mqtts": 8883}
_HEAD_BYTES = 1 << 17  # a topic has at most 64 kB; the properties of version 5 seldom a hundred bytes
_KEPT_BYTES = 1 << 14  # of a message that is too long
_INFLIGHT = 2_000  # unacknowledged messages we ask a broker of version 5 to send ahead
_MORE_SECONDS = 0.1  # how long a broker may take to send on after an acknowledgement
_CLOSE_SECONDS = 1.0
_REFUSED = {0x86, 0x87, 0x8A, 0x8C}  # bad name or password, not authorised, banned, bad method (MQTT 5, 2.4)
_NOT_AUTHORISED = 0x87
_TOPIC = re.compile(r"^(?:(?:[^#+\0/]*|\+)/)*(?:[^#+\0/]*|\+|#)$")


class Options(Stream, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The feed's table in the configuration, with those of ``datasources.messages.Stream``.

    Attributes:
        url: ``mqtt://host:1883``, or ``mqtts://host:8883`` with TLS; the port may be left out.
        topics: what to subscribe to; ``+`` stands for one level, a last ``#`` for all below.
        client_id: our name at the broker; two with one name throw each other out. Empty: the library makes one up.
        user: name to log in with, and
        password: its password, ``${secret:NAME}``.
        qos: 0 at most once, 1 at least once.
        persistent: the broker keeps what is published while the cockpit is away; needs ``client_id`` and ``qos = 1``.
        session_hours: for how long it is asked to (version 5; brokers of 3.1.1 have a setting of their own).
        version: of MQTT: ``3.1.1``, which all brokers speak, or ``5``.
        keepalive_seconds: the broker is asked this often whether it is still there.
    """

    url: str
    topics: tuple[str, ...]
    client_id: str = ""
    user: str = ""
    password: str = ""
    qos: Literal[0, 1] = 0
    persistent: bool = False
    session_hours: float = 24.0
    version: Literal["3.1.1", "5"] = "3.1.1"
    keepalive_seconds: int = 30

    def __post_init__(self) -> None:
        """Refuse what cannot work, so that it is found when the configuration is read."""
        check_url(self.url, ("mqtt", "mqtts"))
        parts = urlsplit(self.url)
        if parts.path.strip("/") or parts.query or parts.fragment:
            raise ValueError("url names a host and a port only; topics go into topics")
        if not self.topics:
            raise ValueError("topics: at least one is needed")
        for topic in self.topics:
            if not topic or len(topic.encode()) > 65_535 or not _TOPIC.match(topic):
                raise ValueError(f"topics: {topic[:80]!r} is none; + and # stand alone in a level, # in the last")
        check_expanded("password", self.password)
        if self.password and not self.user:
            raise ValueError("password needs user")
        if self.persistent and not (self.client_id and self.qos):
            raise ValueError("persistent needs client_id and qos = 1")
        if not 5 <= self.keepalive_seconds <= 3_600 or not 0 < self.session_hours <= 24 * 365:
            raise ValueError("keepalive_seconds must be 5 to 3600, session_hours above 0 and at most a year")
        self.check()


def create(options: Options, context: Context) -> Mqtt:
    """The adapter for one feed."""
    return Mqtt(options, context)


class Mqtt:
    """Listens at a broker; one thread polls at a time."""

    def __init__(self, options: Options, context: Context) -> None:
        """Prepare; the first poll connects."""
        self._options, self._context = options, context
        parts = urlsplit(options.url)
        self._host, self._port = parts.hostname or "", parts.port or _PORTS[parts.scheme]
        self._secure, self._where = parts.scheme == "mqtts", f"{parts.scheme}://{parts.hostname}:{self._port}"
        self._listener = Listener(self._session, context, self._where, options.silent_seconds)
        self._reader = MessageReader(options, context, self._where, options.max_bytes)
        self._awaited = False  # what the broker sends once the last messages are acknowledged
        trial = context.tap is not None
        self._client_id = "" if trial else options.client_id
        self._persistent = options.persistent and not trial

    def poll(self) -> Batch:
        """What has come since the last poll.

        Raises:
            FeedError: no connection, and why; ``unauthorised`` halts.
        """
        o, batch = self._options, Batch()
        try:
            # A broker that was waiting for acknowledgements may have more at once.
            messages = self._listener.take(o.chunk_messages, _MORE_SECONDS if self._awaited else 0.0)
        except FeedError as error:
            raise error.said(error.detail, f"{self._context.feed}: {error.where}") from None
        held = [m for m in messages if m.taken is not None]
        self._awaited = bool(held)
        self._reader.read(messages, batch)
        self._listener.report(batch)
        batch.stored = (lambda: self._listener.confirm(held)) if held else None
        batch.more = len(messages) >= o.chunk_messages or bool(held)
        return batch

    def close(self) -> None:
        """Close connection and thread; a session the broker keeps stays."""
        self._listener.close()

    async def _session(self, listener: Listener) -> None:
        o, five = self._options, self._options.version == "5"
        client = aiomqtt.Client(
            self._host, self._port, username=o.user or None, password=o.password or None,
            identifier=self._client_id or None, keepalive=o.keepalive_seconds, timeout=listener.connect_seconds,
            protocol=aiomqtt.ProtocolVersion.V5 if five else aiomqtt.ProtocolVersion.V311,
            clean_session=None if five else not self._persistent,
            clean_start=not self._persistent if five else MQTT_CLEAN_START_FIRST_ONLY,
            properties=self._properties() if five else None,
        )  # fmt: skip
        wires: list[Wire] = []
        # Of paho-mqtt inside we need what aiomqtt does not pass on: the socket, held by a test that must see loopback
        # refused; messages straight into our bounded buffer; and acknowledging later.
        inner: Any = client._client
        inner._create_socket = lambda: self._wire(listener, wires)
        inner.manual_ack_set(self._persistent)
        inner.on_message = lambda _, __, message: self._arrived(listener, inner, wires[-1], message)
        try:
            async with client:
                for topic in o.topics:
                    self._check_granted(topic, await client.subscribe(topic, qos=o.qos))
                client.timeout = _CLOSE_SECONDS
                listener.up()
                async for _ in client.messages:  # none come this way: it waits for the end
                    pass
        except MqttConnectError as error:
            raise self._refused(error) from None
        except aiomqtt.MqttError as error:
            said = str(error.__cause__ or error)[:200] or "the connection was lost"
            raise FeedError("not_connected", said, self._where) from None
        finally:
            for wire in wires:
                wire.close()

    def _properties(self) -> Any:
        """What is said when connecting with version 5 (MQTT 5, 3.1.2.11)."""
        said: Any = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        said.ReceiveMaximum = _INFLIGHT
        said.MaximumPacketSize = self._options.max_bytes + _HEAD_BYTES
        said.SessionExpiryInterval = int(self._options.session_hours * 3_600) if self._persistent else 0
        return said

    def _wire(self, listener: Listener, wires: list[Wire]) -> Wire:
        """A connection to a permitted address; TLS is for the name in the configuration."""
        sock = dial(self._context.outbound, self._host, self._port, listener.connect_seconds)
        sock.settimeout(listener.connect_seconds)
        if self._secure:
            try:
                sock = trusted(self._options.ca_file, self._context.base).wrap_socket(sock, server_hostname=self._host)
            except BaseException:
                sock.close()
                raise
        wires.append(Wire(sock, self._options.max_bytes + _HEAD_BYTES))
        return wires[-1]

    def _arrived(self, listener: Listener, client: Any, wire: Wire, message: Any) -> None:
        """Keep a message; runs in the loop, for each as soon as it is whole."""
        try:
            topic = message.topic
        except UnicodeDecodeError:
            topic = "�"
        size, body = len(message.payload) + wire.cut, message.payload
        if size > self._options.max_bytes:
            body = body[:_KEPT_BYTES]
        held = self._persistent and message.qos > 0
        mid, qos = message.mid, message.qos
        listener.put(bytes(body), topic, message.retain, size, (lambda: client.ack(mid, qos)) if held else None)

    def _check_granted(self, topic: str, granted: Any) -> None:
        for code in granted:
            value = getattr(code, "value", code)
            if value >= 0x80:
                said = f"{topic}: subscription refused ({code})"
                halts = value == _NOT_AUTHORISED
                raise FeedError("unauthorised" if halts else "not_connected", said, self._where, halts=halts)

    def _refused(self, error: MqttConnectError) -> FeedError:
        value, said = getattr(error.rc, "value", error.rc), f"connection refused: {error.rc}"[:200]
        if value in _REFUSED:
            return FeedError("unauthorised", said, self._where, halts=True)
        return FeedError("not_connected", said, self._where)
