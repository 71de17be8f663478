"""From the address of a question about a dataset to the question the store is asked."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

import msgspec

from api.asked import BadMoment, time_of
from store.moments import micros
from store.reads.dataset_tables import Field, fields_of
from store.reads.datasets import MOST, BadQuestionError, Filter, Question, Value

RESERVED = ("from", "to", "at", "known", "limit", "next", "columns", "format")
FORMATS = {"json": "application/json", "csv": "text/csv", "ndjson": "application/x-ndjson"}
PAGE = 500  # rows, when nothing is said
VALUES = 200  # of one field
LETTERS = 200  # of a value
_GREATEST = 2**53  # whole numbers JSON readers keep


class Asked(msgspec.Struct, frozen=True):
    """What is wanted, and how.

    Attributes:
        question: for the store.
        format: one of ``FORMATS``.
        at: the moment as it was written; empty for now.
        known: by whose knowledge.
        whole: a file without a limit: all pages one after the other.
    """

    question: Question
    format: str
    at: str
    known: str
    whole: bool


def read(dataset: str, pairs: Iterable[tuple[str, str]], accept: str) -> Asked:
    """Read the query of an address.

    Args:
        dataset: a name of the store's datasets.
        pairs: names and values in the order given; a name may come again.
        accept: the request's header.

    Raises:
        BadQuestionError: naming the parameter and what is wrong with it.
    """
    given: dict[str, list[str]] = {}
    for name, value in pairs:
        given.setdefault(name, []).append(value)
    for name in RESERVED:
        if len(given.get(name, ())) > 1:
            raise BadQuestionError(name, "is given more than once")
    once = {name: given[name][0] for name in RESERVED if name in given}
    kind = _format(once.get("format", ""), accept)
    question = Question(
        filters=tuple(_filters(fields_of(dataset), {n: v for n, v in given.items() if n not in RESERVED}, dataset)),
        since=_moment(once, "from"), until=_moment(once, "to"), columns=_columns(once.get("columns", "")),
        limit=_limit(once.get("limit", ""), MOST if kind != "json" else PAGE), after=once.get("next", ""),
    )  # fmt: skip
    whole = kind != "json" and "limit" not in once
    return Asked(question, kind, once.get("at", ""), once.get("known", "corrected"), whole)


def _filters(fields: Mapping[str, Field], given: Mapping[str, list[str]], dataset: str) -> Iterable[Filter]:
    spans: dict[str, dict[str, Value]] = {}
    for name, texts in given.items():
        field, _, end = name.partition(".")
        if field not in fields or end not in ("", "from", "to"):
            others = ", ".join((*fields, *RESERVED))
            raise BadQuestionError(name, f"no field of {dataset}, and nothing else known; known are {others}")
        if not end:
            if len(texts) > VALUES:
                raise BadQuestionError(name, f"has more than {VALUES} values")
            yield Filter(field=field, values=tuple(_value(fields[field], name, text) for text in texts))
        elif len(texts) > 1:
            raise BadQuestionError(name, "is given more than once")
        elif fields[field].type not in ("integer", "number", "time", "text"):
            raise BadQuestionError(name, f"{field} has no order: ask for its values")
        else:
            value = _value(fields[field], name, texts[0])
            if value is None:
                raise BadQuestionError(name, "needs a value")
            spans.setdefault(field, {})["since" if end == "from" else "until"] = value
    for field, span in spans.items():
        yield Filter(field=field, since=span.get("since"), until=span.get("until"))


def _value(field: Field, name: str, text: str) -> Value:
    """A value as the store keeps it; None asks for what is unknown."""
    if len(text) > LETTERS or "\0" in text:
        raise BadQuestionError(name, f"is no value: at most {LETTERS} letters")
    if not text:
        return None
    if field.type == "time":
        return _micros(text, name)
    if field.type == "boolean":
        if text not in ("true", "false"):
            raise BadQuestionError(name, "is true or false")
        return text == "true"
    if field.type == "word":
        if text not in field.words:
            raise BadQuestionError(name, f"is one of {', '.join(field.words)}")
        return text
    return _number(field, name, text) if field.type in ("integer", "number") else text


def _number(field: Field, name: str, text: str) -> int | float:
    try:
        value = int(text) if field.type == "integer" else float(text)
    except ValueError:
        raise BadQuestionError(name, f"is no {field.type}") from None
    if not (math.isfinite(value) and abs(value) <= _GREATEST):
        raise BadQuestionError(name, "is out of range")
    return value


def _moment(once: Mapping[str, str], name: str) -> int | None:
    return _micros(once[name], name) if name in once else None


def _micros(text: str, name: str) -> int:
    try:
        return micros(time_of(text, name))
    except BadMoment as error:
        raise BadQuestionError(name, str(error)) from None


def _columns(text: str) -> tuple[str, ...]:
    names = tuple(name for name in text.split(",") if name)
    if len(set(names)) < len(names):
        raise BadQuestionError("columns", "names a field more than once")
    return names


def _limit(text: str, otherwise: int) -> int:
    if not text:
        return otherwise
    if not (text.isascii() and text.isdigit() and len(text) < 6 and 1 <= int(text) <= MOST):
        raise BadQuestionError("limit", f"is a whole number, 1 to {MOST}")
    return int(text)


def _format(text: str, accept: str) -> str:
    """By ``format=``; else the first kind the header names; else JSON."""
    if text:
        if text not in FORMATS:
            raise BadQuestionError("format", f"is one of {', '.join(FORMATS)}")
        return text
    named = [part.partition(";")[0].strip().lower() for part in accept.split(",")]
    return next((kind for word in named for kind, media in FORMATS.items() if word == media), "json")


def since_epoch(value: datetime) -> str:
    """A time as it is written in every format: ISO 8601, UTC, with Z."""
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
