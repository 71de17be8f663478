"""The AsyncAPI 3 document of the live line: every topic as a subscription, with frames the live code itself made."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import msgspec

from api.samples import NOON, picture
from api.schemas import NUMBER, PICTURES, REF, TEXT, WHOLE, Schema, components, many, picture_name, record, ref
from domain.permissions import TOPIC_PERMISSIONS
from domain.pictures import TOPICS
from live.requests import Limits, Subscribe, Unsubscribe
from live.topics import Topic
from locales import translate

EPOCH = "9f3c5a7e"
_COLUMNS = ("lon", "lat", "speed", "heading", "status", "seen", "recorded")
_MESSAGES = "#/components/messages/"
_REFERRED = re.compile(r'"#/components/schemas/(\w+)"')


def examples(topic: str) -> list[dict[str, Any]]:
    """Frames of a topic: its whole state, and the step to the next; as the live code writes them."""
    made = Topic(topic)
    states: list[Any] = [picture(topic, number) for number in (3, 4)] if topic != "clock" else [
        {"now": NOON.timestamp() + second, "epoch": EPOCH} for second in range(2)
    ]  # fmt: skip
    made.publish(states[0])
    first = made.frame(None)
    since = made.seq
    made.publish(states[1])
    second = made.frame(since)
    frames = [msgspec.json.decode(frame.body) for frame in (first, second) if frame is not None]
    return [{**frame, "at": NOON.timestamp() + place} for place, frame in enumerate(frames)]


def document(lang: str, host: str, secure: bool) -> dict[str, Any]:
    """The whole document.

    Args:
        lang: language of summaries.
        host: by which it was asked for.
        secure: whether over TLS.
    """
    names = ["hello", "beat", "subscribe", "unsubscribe", *(f"frame_{topic}" for topic in TOPICS)]
    operations = {
        "subscribe": _said("receive", "api.op.subscribe", ("subscribe", "unsubscribe"), lang),
        "greet": _said("send", "api.op.greet", ("hello", "beat"), lang),
        **{f"send_{topic}": _of_topic(topic, lang) for topic in TOPICS},
    }
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": translate(lang, "api.live"), "version": "1", "description": translate(lang, "api.live.about"),
        },
        "defaultContentType": "application/json",
        "servers": {"cockpit": {"host": host, "protocol": "wss" if secure else "ws",
                                "security": [{"$ref": "#/components/securitySchemes/key"}]}},
        "channels": {"live": {
            "address": "/live", "title": translate(lang, "api.live"),
            "messages": {name: {"$ref": _MESSAGES + name} for name in names},
            "bindings": {"ws": {"method": "GET", "query": record((), deflate={"type": "string", "enum": ["1"]}),
                                "headers": record(("Origin",), Origin=TEXT, Authorization=TEXT)}},
        }},
        "operations": operations,
        "components": {
            "messages": {**_ours(lang), **{f"frame_{topic}": _frame(topic, lang) for topic in TOPICS}},
            "schemas": {**_rows_only(), **_asked()},
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer", "description": translate(lang, "api.key")}},
        },
    }  # fmt: skip


def _said(action: str, summary: str, messages: Sequence[str], lang: str) -> dict[str, Any]:
    return {
        "action": action, "channel": {"$ref": "#/channels/live"}, "summary": translate(lang, summary),
        "messages": [{"$ref": f"#/channels/live/messages/{one}"} for one in messages],
    }  # fmt: skip


def _of_topic(topic: str, lang: str) -> dict[str, Any]:
    said = _said("send", f"api.topic.{topic}", [f"frame_{topic}"], lang)
    return {**said, "x-permission": TOPIC_PERMISSIONS[topic]}


def _ours(lang: str) -> dict[str, Any]:
    """What is said besides frames."""
    limits, now = Limits(), NOON.timestamp()
    hello = {"op": "hello", "protocol": 1, "epoch": EPOCH, "version": "0f1e2d", "now": now, "beat": limits.beat_seconds,
             "heartbeat": limits.heartbeat_seconds, "patience": limits.patience_seconds}  # fmt: skip
    said: dict[str, tuple[Schema, Any]] = {
        "hello": (record(op={"const": "hello"}, protocol=WHOLE, epoch=TEXT, version=TEXT, now=NUMBER, beat=NUMBER,
                         heartbeat=NUMBER, patience=NUMBER), hello),
        "beat": (record(op={"const": "beat"}, now=NUMBER), {"op": "beat", "now": now}),
        "subscribe": (ref("Subscribe"), Subscribe(topics={"yard": None, "vehicles": (EPOCH, 4711)})),
        "unsubscribe": (ref("Unsubscribe"), Unsubscribe(topics=["yard"])),
    }  # fmt: skip
    return {
        name: {
            "name": name, "summary": translate(lang, f"api.message.{name}"), "payload": schema,
            "examples": [{"name": name, "payload": msgspec.to_builtins(example)}],
        }
        for name, (schema, example) in said.items()
    }  # fmt: skip


def _frame(topic: str, lang: str) -> dict[str, Any]:
    shape = "rows" if topic in PICTURES else "value" if topic == "clock" else "columns"
    told = [{"name": name, "payload": one} for name, one in zip(("full", "delta"), examples(topic), strict=False)]
    return {
        "name": f"frame_{topic}", "summary": translate(lang, f"api.topic.{topic}"),
        "description": translate(lang, f"api.shape.{shape}"), "payload": frame_schema(topic), "examples": told,
        "x-permission": TOPIC_PERMISSIONS[topic],
    }  # fmt: skip


def frame_schema(topic: str) -> Schema:
    """Of a frame of a topic: the whole state, or the steps from sequence number ``b`` to ``s``."""
    whole: dict[str, Schema] = {"t": {"const": topic}, "s": WHOLE, "at": NUMBER}
    if topic in PICTURES:
        row = ref(PICTURES[topic][1].__name__)
        full = record(head={"type": "object"}, rows=many(row))
        step = record((), head={"type": "object"}, **{"del": many(TEXT)}, set=many(row), order=many(TEXT),
                      patch={"type": "object", "additionalProperties": {"type": "object"}})  # fmt: skip
        kind = "rows"
    elif topic == "clock":
        full, step, kind = {}, {}, "value"
    else:
        packed: Schema = {"type": ["integer", "object"]}
        full = record(head={"type": "object"}, ids=many(TEXT), labels=many(TEXT), **dict.fromkeys(_COLUMNS, packed))
        step, kind = {"type": "object"}, "columns"
    return {"oneOf": [record(**whole, k={"const": kind}, full=full), record(**whole, b=WHOLE, d=many(step))]}


def _rows_only() -> dict[str, Schema]:
    """Of all schemas those of rows: over the line heads and rows go apart."""
    pictures = {picture_name(topic) for topic in (*PICTURES, "vehicles", "vessels")}
    found = {name: schema for name, schema in components().items() if name not in pictures}
    found["FeedRow"]["properties"].pop("age_seconds")  # the reader's to tell
    named = {row.__name__ for _, row in PICTURES.values()}
    while more := set(_REFERRED.findall(str(msgspec.json.encode([found[one] for one in named]), "utf-8"))) - named:
        named |= more
    return {name: schema for name, schema in found.items() if name in named}


def _asked() -> dict[str, Schema]:
    _, found = msgspec.json.schema_components([Subscribe, Unsubscribe], ref_template=REF)
    for schema in found.values():
        schema.pop("description", None)
    return dict(found)
