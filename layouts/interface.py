"""The page that explains the open interface: drawn whole from its documents, with no script and no network."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, select_autoescape

from layouts.door import HOUSE, PALETTES, Frame
from locales import translate

_files = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "doors"), autoescape=select_autoescape(), trim_blocks=True
)


def drawn(document: Mapping[str, Any], live: Mapping[str, Any], frame: Frame, origin: str) -> str:
    """The page as HTML; everything in it is escaped.

    Args:
        document: OpenAPI, in the page's language.
        live: AsyncAPI, in the page's language.
        frame: language, palette, port, and where our files are.
        origin: by which the cockpit was asked, for examples that can be copied.
    """
    operations: dict[str, list[dict[str, Any]]] = {tag["name"]: [] for tag in document["tags"]}
    for path, methods in document["paths"].items():
        for method, told in methods.items():
            operations[told["tags"][0]].append({**told, "method": method.upper(), "path": path})
    messages = live["components"]["messages"]
    other = "en" if frame.lang == "zh_CN" else "zh_CN"
    return _files.get_template("interface.html").render(
        t=lambda key, **params: translate(frame.lang, key, **params), lang=frame.lang, port=frame.port,
        palette=frame.palette if frame.palette in PALETTES else HOUSE, style=frame.style, icon=frame.icon,
        about=document["info"]["description"], live_about=live["info"]["description"], origin=origin,
        tags=[(tag["name"], tag["description"], operations[tag["name"]]) for tag in document["tags"]],
        messages=[(name, one, [_code(example["payload"]) for example in one["examples"]])
                  for name, one in messages.items()],
        kind=_kind, other=other,
    )  # fmt: skip


def _code(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=1)


def _kind(schema: Mapping[str, Any]) -> str:
    """The type of a parameter in a word or two."""
    if schema.get("type") == "array":
        return f"{_kind(schema['items'])} …"
    if "anyOf" in schema:
        return _kind(schema["anyOf"][0])
    words = " | ".join(map(str, schema.get("enum", ())))
    return words or str(schema.get("format") or schema.get("type") or "")
