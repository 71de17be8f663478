"""The OpenAPI 3.1 document of /api/v1, made from the routes, the types they answer with and what they ask."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any

import msgspec
from fastapi.openapi.utils import get_openapi

from access.paths import permission_of
from api.dataset_asked import FORMATS, PAGE
from api.operations import OPERATIONS, TAGS, Operation
from api.schemas import REF, TEXT, Schema, components, many, of_field, or_null, record, ref, row_name
from domain.permissions import DATASET_PERMISSIONS, Permission
from locales import known, translate
from store.reads.asof import KNOWN
from store.reads.dataset_tables import DATASETS, Dataset, fields_of
from store.reads.datasets import MOST

PREFIX = "/api/v1"
VERSION = "1"
ROWS = "/datasets/{dataset}"
_SPANS = ("integer", "number", "time", "text")


def document(routes: Sequence[Any], lang: str) -> dict[str, Any]:
    """The whole document.

    Args:
        routes: of the server.
        lang: language of summaries and descriptions.
    """
    found = get_openapi(title="-", version=VERSION, routes=routes)["paths"]
    paths: dict[str, Any] = {}
    for path, methods in found.items():
        if not path.startswith(f"{PREFIX}/"):
            continue
        short = path.removeprefix(PREFIX)
        if short == ROWS:
            paths |= {f"{PREFIX}/datasets/{name}": {"get": _rows(one, lang)} for name, one in DATASETS.items()}
            continue
        for method, made in methods.items():
            described = OPERATIONS.get((method, short))
            if described is not None:
                paths.setdefault(path, {})[method] = _operation(path, method, described, made, lang)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": translate(lang, "api.title"), "version": VERSION, "description": translate(lang, "api.about"),
        },
        "tags": [{"name": tag, "description": translate(lang, f"api.tag.{tag}")} for tag in TAGS],
        "paths": dict(sorted(paths.items())),
        "components": {
            "schemas": {**_bodies()[1], **components()},
            "securitySchemes": {
                "key": {"type": "http", "scheme": "bearer", "description": translate(lang, "api.key")},
                "session": {"type": "apiKey", "in": "cookie", "name": "cockpit_session",
                            "description": translate(lang, "api.session")},
            },
        },
        "security": [{"key": []}, {"session": []}],
        "externalDocs": {"url": "/api/asyncapi.json", "description": translate(lang, "api.live")},
    }  # fmt: skip


def _operation(path: str, method: str, one: Operation, made: Mapping[str, Any], lang: str) -> dict[str, Any]:
    asked = permission_of(method.upper(), path.replace("{", "").replace("}", ""))
    parameters = [_parameter(one.name, given, lang) for given in made.get("parameters", ())]
    good: dict[str, Any] = {"description": translate(lang, "api.ok")}
    if one.answer is not None:
        good["content"] = {one.media: {"schema": one.answer}}
    told: dict[str, Any] = {
        "operationId": one.name, "tags": [one.tag], "summary": translate(lang, f"api.op.{one.name}"),
        "description": _permitted(asked, lang), "x-permission": asked,
        "x-past": any(given["name"] == "at" for given in parameters),
        "parameters": parameters, "responses": {str(one.status): good, **_refusals(one.errors, lang)},
    }  # fmt: skip
    if one.body is not None:
        told["requestBody"] = {"required": True, "content": {"application/json": {"schema": _bodies()[0][one.name]}}}
    return told


@cache
def _bodies() -> tuple[dict[str, Schema], dict[str, Schema]]:
    """Schemas of what is sent along, by operation, and those they name: made at once, since types are called alike."""
    sent = {one.name: one.body for one in OPERATIONS.values() if one.body is not None}
    found, named = msgspec.json.schema_components(sent.values(), ref_template=REF)
    for schema in named.values():
        schema.pop("description", None)  # written for those who work on the code
    return dict(zip(sent, found, strict=True)), named


def _permitted(asked: Permission | None, lang: str) -> str:
    return translate(lang, "api.takes", permission=asked or "-")


def _parameter(operation: str, given: Mapping[str, Any], lang: str) -> dict[str, Any]:
    name, own = given["name"], f"api.param.{operation}.{given['name']}"
    told = {**given, "description": translate(lang, own if known(own) else f"api.param.{name}")}
    schema = {key: value for key, value in given.get("schema", TEXT).items() if key != "title"}
    if name == "known":
        schema["enum"] = list(KNOWN)
    return {**told, "schema": schema}


def _refusals(statuses: Iterable[int], lang: str) -> dict[str, Any]:
    """Every route's, and those of its own; the guard answers in plain text."""
    guard = {"text/plain": {"schema": TEXT}}
    found: dict[str, Any] = {
        str(status): {"description": translate(lang, f"api.status.{status}"), "content": guard}
        for status in (401, 403, 429)
    }
    for status in statuses:
        content = {"application/json": {"schema": ref("Error")}}
        found[str(status)] = {"description": translate(lang, f"api.status.{status}"), "content": content}
    return dict(sorted(found.items()))


def _rows(dataset: Dataset, lang: str) -> dict[str, Any]:
    """One dataset: the same route for all, but each has fields of its own."""
    name, track = dataset.name, dataset.kind == "track"
    page = record(dataset=TEXT, at=or_null(TEXT), known=TEXT, rows=many(ref(row_name(name))), next=or_null(TEXT))
    files = {media: {"schema": TEXT} for kind, media in FORMATS.items() if kind != "json"}
    answer = {"description": translate(lang, "api.rows"), "content": {"application/json": {"schema": page}, **files},
              "headers": {"x-next": {"description": translate(lang, "api.param.next"), "schema": TEXT}}}  # fmt: skip
    asked = DATASET_PERMISSIONS[name]
    about = [_permitted(asked, lang), translate(lang, "api.files", permission=Permission.EXPORT)]
    about += [translate(lang, "api.needs", field=dataset.keys[0])] if track else []
    return {
        "operationId": f"rows_{name}", "tags": ["datasets"], "summary": translate(lang, f"api.dataset.{name}"),
        "description": "\n\n".join(about), "x-permission": asked, "x-past": True,
        "parameters": [*_common(dataset, lang), *_filters(name, lang)],
        "responses": {"200": answer, **_refusals((400, 404, 422, 503), lang)},
    }  # fmt: skip


def _query(name: str, schema: Schema, lang: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "in": "query", "required": False, "schema": schema,
            "description": translate(lang, f"api.param.{name}"), **more}  # fmt: skip


def _common(dataset: Dataset, lang: str) -> list[dict[str, Any]]:
    time = {"type": "string", "format": "date-time"}
    at = [_query("at", time, lang), _query("known", {"type": "string", "enum": list(KNOWN), "default": KNOWN[0]}, lang)]
    names = ",".join(list(fields_of(dataset.name))[:3])
    return [
        _query("from", time, lang), _query("to", time, lang), *at,
        _query("limit", {"type": "integer", "minimum": 1, "maximum": MOST, "default": PAGE}, lang),
        _query("next", TEXT, lang), _query("columns", TEXT, lang, example=names),
        _query("format", {"type": "string", "enum": list(FORMATS), "default": "json"}, lang),
    ]  # fmt: skip


def _filters(name: str, lang: str) -> list[dict[str, Any]]:
    found = []
    for field in fields_of(name).values():
        how = translate(lang, "api.filter.indexed" if field.indexed else "api.filter.plain")
        unit = f" [{field.unit}]" if field.unit else ""
        schema = of_field(msgspec.structs.replace(field, optional=False, type=_one(field.type)))
        found.append({
            "name": field.name, "in": "query", "required": False, "explode": True, "style": "form",
            "schema": many(schema), "description": how + unit,
        })  # fmt: skip
        if field.type in _SPANS:
            found += [
                {"name": f"{field.name}.{end}", "in": "query", "required": False, "schema": schema,
                 "description": translate(lang, f"api.filter.{end}") + unit}
                for end in ("from", "to")
            ]  # fmt: skip
    return found


def _one(kind: str) -> str:
    """What one value of a filter is: an entry of a list is a text."""
    return "text" if kind == "list" else kind
