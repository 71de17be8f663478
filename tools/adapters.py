"""Write ``docs/adapters.md`` anew from the code: ``python -m tools.adapters``.

A test holds the file against ``document()``, so that it cannot go stale.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
import types
import typing
from collections.abc import Iterator
from datetime import datetime
from enum import Enum
from types import ModuleType
from typing import Any

import msgspec

import datasources
from datasources.mapping import DATASETS, TIMED, Column, field_types
from settings import COMMON_FEED_KEYS, PROJECT, Feed

FILE = PROJECT / "docs" / "adapters.md"
HEAD = """# Adapters: how a source becomes a feed

Made from the code by `python -m tools.adapters`; a test fails when it is out of date. A feed is a table `[feeds.NAME]`
of the configuration: the keys every feed has, and the options of its adapter. `python app.py try-feed NAME` fetches
once and shows each row, what it becomes and the verdict, and stores nothing; `python app.py check-config` names every
mistake.

Texts may hold `${NAME}`, a value of the environment, or `${secret:NAME}`, one that `python app.py secret set NAME`
keeps encrypted. Adapters reach no address `[outbound]` does not permit: not this machine, its link or a metadata
service unless `allow` names it.

A mapping says how the fields of a record are filled: `field = "column"`, or `field = { column = "...", ... }` with the
keys of [Column](#column) below. Fields of every dataset stand at the end.
"""
_COMMON = {
    "adapter": "which of the adapters below",
    "title_zh": "what its lamp is called, in Chinese",
    "title_en": "what its lamp is called, in English",
    "enabled": "false: keep the table, do not run it",
    "origin": "`live`, `recorded` or `simulated`: written on every record and shown in words",
    "every_seconds": "how often it is asked",
    "timeout_seconds": "when a poll is given up",
    "expected_seconds": "age up to which its data count as fresh; 0: three times every_seconds, at least 10",
    "priority": "whose word is shown where two feeds speak of one thing: 1 before 2; 0: after those, in order",
    "personal": "its vehicles have drivers, so their plates are masked where plates are; false: machines of the port",
}


def adapters() -> Iterator[tuple[str, ModuleType]]:
    """Name and module of every adapter: one with Options and create."""
    for info in pkgutil.iter_modules(datasources.__path__):
        module = importlib.import_module(f"datasources.{info.name}")
        if hasattr(module, "Options") and hasattr(module, "create"):
            yield info.name, module


def document() -> str:
    """The whole file."""
    inner: dict[str, type[msgspec.Struct]] = {"Column": Column}
    parts = [HEAD, "## Keys of every feed\n", _common()]
    found = list(adapters())
    parts.append("## Adapters\n")
    parts.append("".join(f"- [{name}](#{name}): {_first(module)}\n" for name, module in found))
    for name, module in found:
        parts += [f"### {name}\n", _text(module), _options(module.Options, inner)]
    parts.append("## Tables within options\n")
    done: set[str] = set()
    while rest := [name for name in inner if name not in done]:
        for name in rest:
            done.add(name)
            parts += [f"### {name}\n", _summary(inner[name]), _options(inner[name], inner)]
    parts += ["## Fields of the datasets\n", *_datasets()]
    return "\n".join(parts)


def _common() -> str:
    fields = {field.name: field for field in msgspec.structs.fields(Feed) if field.name in COMMON_FEED_KEYS}
    return _table(
        ["key", "default", "what it says"],
        [[f"`{n}`", _default(fields[n]), _COMMON[n]] for n in _COMMON if n in fields],
    )


def _options(kind: type[msgspec.Struct], inner: dict[str, type[msgspec.Struct]]) -> str:
    told, rows = _told(kind), []
    hints = typing.get_type_hints(kind)
    for field in sorted(msgspec.structs.fields(kind), key=lambda field: not field.required):
        written = _kind(hints[field.name], inner)
        rows.append([f"`{field.name}`", written, _default(field), told[field.name]])
    return _table(["option", "is", "default", "what it says"], rows)


def _told(kind: type) -> dict[str, str]:
    """What the docstrings say of each attribute, those of its bases too."""
    found: dict[str, str] = {}
    for base in reversed(kind.__mro__):
        text = inspect.cleandoc(base.__doc__ or "")
        _, _, attributes = text.partition("Attributes:\n")
        for match in re.finditer(r"^    (\w+): (.*(?:\n {6,}.*)*)", attributes, re.MULTILINE):
            found[match.group(1)] = " ".join(match.group(2).split()).replace("``", "`")
    return found


def _kind(hint: Any, inner: dict[str, type[msgspec.Struct]]) -> str:
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in (types.UnionType, typing.Union):
        return " or ".join(_kind(one, inner) for one in arguments if one is not type(None))
    if origin is typing.Literal:
        return ", ".join(f"`{one}`" for one in arguments)
    if origin is dict:
        return f"table of {_kind(arguments[1], inner)}"
    if origin in (tuple, list):
        several = len(arguments) > 1 and arguments[1] is not Ellipsis
        return (
            f"{len(arguments)} times {_kind(arguments[0], inner)}"
            if several
            else f"list of {_kind(arguments[0], inner)}"
        )
    if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        inner.setdefault(hint.__name__, hint)
        return f"[{hint.__name__}](#{hint.__name__.lower()})"
    if isinstance(hint, type) and issubclass(hint, Enum):
        return ", ".join(f"`{one.value}`" for one in hint)
    return {str: "text", int: "whole number", float: "number", bool: "true or false"}.get(hint, "value")


def _default(field: Any) -> str:
    if field.required:
        return "**needed**"
    value = field.default if field.default is not msgspec.NODEFAULT else field.default_factory()
    if value is None or value in ("", (), [], {}):
        return ""
    if isinstance(value, Enum):
        value = value.value
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def _datasets() -> Iterator[str]:
    for name, kind in DATASETS.items():
        yield f"### {name}\n"
        yield _summary(kind)
        rows = []
        for field, told in field_types(name).items():
            needed = name in TIMED if field == "event_time" else told.required
            kind_told = "time" if told.kind is datetime else _kind(told.kind, {})
            rows.append([f"`{field}`", kind_told, "several" if told.many else "", "yes" if needed else ""])
        yield _table(["field", "is", "", "needed"], rows)


def _first(module: ModuleType) -> str:
    return _text(module).split("\n", 1)[0].partition(": ")[2]


def _text(module: ModuleType) -> str:
    return inspect.cleandoc(module.__doc__ or "").replace("``", "`") + "\n"


def _summary(kind: type) -> str:
    return inspect.cleandoc(kind.__doc__ or "").partition("\n\nAttributes:")[0].replace("``", "`") + "\n"


def _table(heads: list[str], rows: list[list[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *([cell.replace("|", "\\|") for cell in row] for row in rows)]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


if __name__ == "__main__":
    FILE.write_text(document(), "utf-8")
