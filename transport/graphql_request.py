"""A GraphQL request: its parameters have the types of the specification, and unknown ones are ignored, as it requires."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final

from transport.refusal import BadRequest

KEY: Final = "idempotencyKey"  # in the extensions, because operations over a WebSocket have no headers
PERSISTED: Final = "persistedQuery"  # in the extensions
DOCUMENT_IDS: Final = ("documentId", "doc_id")
PRINTABLE: Final = re.compile(r"[ -~]{1,255}")


@dataclass(slots=True, kw_only=True)
class GraphQLRequest:
    """A client's request to run one operation. `query` is empty if the request names a persisted document.

    `document_id` names a trusted document, and `extensions` can have the hash of an automatic persisted query.
    """

    query: str
    operation_name: str | None
    variables: dict[str, Any]
    extensions: dict[str, Any]
    idempotency_key: str | None = None  # a repeated key doesn't run mutations again
    document_id: str | None = None
    view_as: str | None = None  # the global id of the company or user to view as


def parse_content(content: dict[str, Any]) -> GraphQLRequest:
    """Parse a request from its JSON parameters. Raises BadRequest."""
    extensions, document_id = _map(content, "extensions"), _document_id(content)
    query = content.get("query")
    if query is None and (document_id is not None or PERSISTED in extensions):
        query = ""
    if not isinstance(query, str):
        raise BadRequest("Parameter query is missing or not a string.")
    if query and document_id is not None:
        raise BadRequest("Send either query or the ID of a document, not both.")
    operation_name = content.get("operationName")
    if operation_name is not None and not isinstance(operation_name, str):
        raise BadRequest("Parameter operationName must be a string.")
    return GraphQLRequest(
        query=query,
        operation_name=operation_name or None,
        variables=_map(content, "variables"),
        extensions=extensions,
        document_id=document_id,
        idempotency_key=parse_key(extensions[KEY]) if KEY in extensions else None,
    )


def _document_id(content: dict[str, Any]) -> str | None:
    """Return the ID of a trusted document, as GraphQL over HTTP and Relay name it."""
    given = [content[name] for name in DOCUMENT_IDS if content.get(name) is not None]
    if len(given) > 1 or any(not isinstance(value, str) for value in given):
        raise BadRequest(f"Send one of {' and '.join(DOCUMENT_IDS)}, as a string.")
    return given[0] if given else None


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
