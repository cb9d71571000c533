"""The OpenAPI document as a page shows it: operations by group, with parameters, fields and an example call."""

import functools
import json
from typing import Any

from django.http import HttpRequest, HttpResponse

from api.answers import shown
from api.reference import api

METHODS = ("get", "post", "put", "patch", "delete")
STRINGS = {"date-time": "2026-12-03T20:00:00+01:00", "email": "dana@example.com"}


@functools.cache
def whole() -> dict[str, Any]:
    """Made once in each process: it changes with the code only."""
    return dict(api.get_openapi_schema())


def served(request: HttpRequest) -> HttpResponse:
    """GET /api/v1/openapi.json"""
    return shown(request, whole(), cache="public, max-age=300")


def groups() -> list[dict[str, Any]]:
    """[{name, operations}] in the order in which they were declared."""
    document = whole()
    parts = document["components"]["schemas"]
    found: dict[str, list[dict[str, Any]]] = {}
    for path, methods in document["paths"].items():
        for method in METHODS:
            if operation := methods.get(method):
                found.setdefault(operation["tags"][0], []).append(_operation(path, method, operation, parts))
    return [{"name": name, "operations": operations} for name, operations in found.items()]


def _operation(path: str, method: str, operation: dict[str, Any], parts: dict[str, Any]) -> dict[str, Any]:
    sent = _schema(operation.get("requestBody", {}), parts)
    success = next(status for status in operation["responses"] if int(status) < 400)
    answer = _schema(operation["responses"][success], parts)
    return {
        "id": operation["operationId"],
        "method": method.upper(),
        "path": path,
        "summary": operation["summary"],
        "description": operation.get("description", ""),
        "scope": operation.get("x-scope", ""),
        "public": "security" not in operation,
        "parameters": [each for each in operation.get("parameters", []) if each["in"] == "query"],
        "repeatable": any(each["in"] == "header" for each in operation.get("parameters", [])),
        "fields": _fields(sent, parts) if sent else [],
        "status": success,
        "answer": json.dumps(_example(answer, parts), indent=2, ensure_ascii=False) if answer else "",
        "refusals": [status for status in operation["responses"] if int(status) >= 400],
    }


def _schema(told: dict[str, Any], parts: dict[str, Any]) -> dict[str, Any] | None:
    content = told.get("content", {}).get("application/json")
    return _resolved(content["schema"], parts) if content else None


def _resolved(schema: dict[str, Any], parts: dict[str, Any]) -> dict[str, Any]:
    """The schema itself, of a reference or of something that may also be null."""
    if "$ref" in schema:
        return _resolved(parts[schema["$ref"].rsplit("/", 1)[-1]], parts) | {name: schema[name] for name in schema if name != "$ref"}
    chosen = [each for each in schema.get("anyOf", []) if each.get("type") != "null"]
    return _resolved(chosen[0], parts) | {name: schema[name] for name in schema if name != "anyOf"} if chosen else schema


def _fields(schema: dict[str, Any], parts: dict[str, Any], before: str = "") -> list[dict[str, Any]]:
    """Every field that may be sent, nested ones with dots: lines[].quantity."""
    found = []
    for name, inner in schema.get("properties", {}).items():
        each = _resolved(inner, parts)
        items = _resolved(each["items"], parts) if each.get("type") == "array" else {}
        place = f"{before}{name}{'[]' if items else ''}"
        found.append(
            {
                "name": place,
                "type": each.get("format") or items.get("type") or each.get("type", "string"),
                "required": name in schema.get("required", []),
                "description": each.get("description", ""),
            }
        )
        found += _fields(items or each, parts, f"{place}.")
    return found


def _example(schema: dict[str, Any], parts: dict[str, Any]) -> Any:
    each = _resolved(schema, parts)
    if "enum" in each:
        return each["enum"][0]
    kind = each.get("type")
    if kind == "object":
        return {name: _example(inner, parts) for name, inner in each.get("properties", {}).items()}
    if kind == "array":
        return [_example(each["items"], parts)]
    return {"integer": 1, "number": 19.0, "boolean": True}.get(str(kind), STRINGS.get(each.get("format", ""), "…"))
