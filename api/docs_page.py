"""The OpenAPI document as one HTML page without script: each operation with its scope, parameters and answer."""

from __future__ import annotations

import json
from collections.abc import Mapping
from html import escape
from typing import Any

PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Alvorada: API</title>
<style>body{{font:15px/1.45 system-ui,sans-serif;max-width:60rem;margin:1.5rem auto;padding:0 1rem}}
summary{{cursor:pointer;padding:.3rem 0}}code,pre{{font:13px/1.4 ui-monospace,monospace}}
pre{{overflow:auto;background:#f4f4f4;padding:.6rem}}
td,th{{text-align:left;vertical-align:top;padding:.15rem .9rem .15rem 0}}
b{{display:inline-block;min-width:4.2rem}}</style></head>
<body><h1>The desk's API</h1><p>{about}</p>
<p><a href="/api/v1/openapi.json">openapi.json</a>, <a href="/api/v1/reports/daily/latest">the newest report</a></p>
<form method="post" action="/api/v1/logout"><button>Log out</button></form>{body}</body></html>
"""


def docs_page(document: Mapping[str, Any]) -> str:
    """The page of a whole OpenAPI document, its operations in groups by tag."""
    groups: dict[str, list[str]] = {}
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            tag = operation.get("tags", ["other"])[0]
            groups.setdefault(tag, []).append(_operation(document, method, path, operation))
    body = "".join(f"<h2>{escape(tag)}</h2>{''.join(found)}" for tag, found in groups.items())
    return PAGE.format(about=escape(document["info"].get("description", "")), body=body)


def _operation(document: Mapping[str, Any], method: str, path: str, operation: Mapping[str, Any]) -> str:
    head = f"<b>{method.upper()}</b> <code>{escape(path)}</code> {escape(operation.get('summary', ''))}"
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
    answers = [(code, answer) for code, answer in operation["responses"].items() if code.startswith("2")]
    parts = [f"<p>{escape(operation.get('description', ''))}</p>", _parameters(operation.get("parameters", []))]
    parts += [_schema("Body", document, body)] if body else []
    for code, answer in answers:
        schema = answer.get("content", {}).get("application/json", {}).get("schema")
        parts.append(_schema(f"Answer {code}", document, schema) if schema else "")
    return f"<details><summary>{head}</summary>{''.join(parts)}</details>"


def _parameters(parameters: list[Mapping[str, Any]]) -> str:
    rows = "".join(
        f"<tr><td><code>{escape(one['name'])}</code></td>"
        f"<td>{escape(one['in'])}{', required' if one.get('required') else ''}</td>"
        f"<td>{escape(_type(one['schema']))}</td><td>{escape(one.get('description', ''))}</td></tr>"
        for one in parameters
    )
    return f"<table><tr><th>Parameter</th><th>In</th><th>Type</th><th></th></tr>{rows}</table>" if rows else ""


def _schema(title: str, document: Mapping[str, Any], schema: Mapping[str, Any]) -> str:
    name = _type(schema)
    model = document["components"]["schemas"].get(name.removesuffix(" list"))
    shown = "" if model is None else f"<pre>{escape(json.dumps(_fields(model), indent=1, ensure_ascii=False))}</pre>"
    return f"<p>{escape(title)}: <code>{escape(name)}</code></p>{shown}"


def _fields(model: Mapping[str, Any]) -> dict[str, str]:
    """Field -> its type, and what it is about."""
    return {
        name: ", ".join(part for part in (_type(field), field.get("description", "")) if part)
        for name, field in model.get("properties", {}).items()
    }


def _type(schema: Mapping[str, Any]) -> str:
    """`integer`, `date or null`, `Report list`: a schema in a few words."""
    if "$ref" in schema:
        return str(schema["$ref"]).rsplit("/", 1)[-1]
    if "anyOf" in schema:
        return " or ".join(_type(one) for one in schema["anyOf"])
    if "enum" in schema:
        return " or ".join(map(str, schema["enum"]))
    if schema.get("type") == "array":
        return f"{_type(schema.get('items', {}))} list"
    return str(schema.get("format") or schema.get("const") or schema.get("type", "any"))
