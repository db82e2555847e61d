"""A GraphQL request: its parameters have the types of the specification, and unknown ones are ignored, as it requires."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final

from transport.refusal import BadRequest

KEY: Final = "idempotencyKey"  # in the extensions, because operations over a WebSocket have no headers
PRINTABLE: Final = re.compile(r"[ -~]{1,255}")


@dataclass(slots=True, kw_only=True)
class GraphQLRequest:
    """A client's request to run one operation. `extensions` are for protocols such as persisted documents."""

    query: str
    operation_name: str | None
    variables: dict[str, Any]
    extensions: dict[str, Any]
    idempotency_key: str | None = None  # a repeated key doesn't run mutations again
    view_as: str | None = None  # the global id of the company or user to view as


def parse_content(content: dict[str, Any]) -> GraphQLRequest:
    """Parse a request from its JSON parameters. Raises BadRequest."""
    if not isinstance(query := content.get("query"), str):
        raise BadRequest("Parameter query is missing or not a string.")
    operation_name = content.get("operationName")
    if operation_name is not None and not isinstance(operation_name, str):
        raise BadRequest("Parameter operationName must be a string.")
    return GraphQLRequest(
        query=query,
        operation_name=operation_name or None,
        variables=_map(content, "variables"),
        extensions=(extensions := _map(content, "extensions")),
        idempotency_key=parse_key(extensions[KEY]) if KEY in extensions else None,
    )


def parse_key(key: object) -> str:
    """Validate an idempotency key and return it. Raises BadRequest."""
    if not isinstance(key, str) or not PRINTABLE.fullmatch(key):
        raise BadRequest("Idempotency-Key must be 1 to 255 printable ASCII characters.")
    return key


def _map(content: dict[str, Any], name: str) -> dict[str, Any]:
    value = content.get(name)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise BadRequest(f"Parameter {name} must be an object.")
    return value
