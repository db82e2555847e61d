"""Reads GraphQL requests from the body of a POST or QUERY, or a GET query string, and checks the types of their parameters.

As the GraphQL over HTTP specification requires, unknown parameters are ignored. Nothing here parses the document.
"""

from __future__ import annotations

from typing import Any, Final

from starlette.datastructures import QueryParams
from starlette.types import Scope

from transport.authentication.arrival import ReceivedRequest
from transport.graphql_request import DOCUMENT_IDS, GraphQLRequest, parse_content, parse_key
from transport.headers import header
from transport.http.json_body import parse_json
from transport.http.negotiation import require_json
from transport.refusal import BadRequest, BatchTooLarge
from transport.view_as import view_as_header

PARAMETERS: Final = ("query", "operationName", "variables", "extensions", *DOCUMENT_IDS)
NAMES_DOCUMENT: Final = ("query", "extensions", *DOCUMENT_IDS)
ENCODED: Final = ("variables", "extensions")  # JSON inside a GET's query string


def check_headers(scope: Scope) -> None:
    """Check that the body is declared as JSON, before it is read. Raises Refusal."""
    if scope["method"] != "GET":
        require_json(header(scope, b"content-type"))


def read(request: ReceivedRequest) -> GraphQLRequest:
    """Return the GraphQL request, with its headers applied. Raises BadRequest."""
    scope = request.scope
    if scope["method"] == "GET":
        return _with_headers(from_query(QueryParams(scope["query_string"])), scope)
    return _with_headers(from_body(request.body), scope)


def read_all(request: ReceivedRequest, max_operations: int) -> GraphQLRequest | list[GraphQLRequest]:
    """Return the GraphQL request, or those of a batch, with their headers applied. Raises BadRequest."""
    if request.scope["method"] == "GET":
        return read(request)
    content = _json(request.body)
    if isinstance(content, list):
        return [_with_headers(parsed, request.scope) for parsed in _batch(content, request.scope, max_operations)]
    return _with_headers(parse_content(_object(content, "The request body")), request.scope)


def _with_headers(parsed: GraphQLRequest, scope: Scope) -> GraphQLRequest:
    """Apply the headers that say more about a request. Raises BadRequest."""
    parsed.view_as = view_as_header(scope)
    if scope["method"] != "GET" and (key := header(scope, b"idempotency-key")) is not None:
        parsed.idempotency_key = parse_key(key)
    return parsed


def _batch(content: list[Any], scope: Scope, max_operations: int) -> list[GraphQLRequest]:
    """Parse the requests of a batch. Raises BadRequest."""
    if not content:
        raise BadRequest("The batch is empty. Send at least one operation.")
    if len(content) > max_operations:
        raise BatchTooLarge(len(content), max_operations)
    if header(scope, b"idempotency-key") is not None:
        raise BadRequest("The operations of a batch can't share an Idempotency-Key. Send extensions.idempotencyKey with each.")
    return [parse_content(_object(each, "Each operation of a batch")) for each in content]


def from_body(body: bytes) -> GraphQLRequest:
    """Parse a GraphQL request from a body. Raises BadRequest."""
    return parse_content(content_of(body))


def content_of(body: bytes) -> dict[str, Any]:
    """Parse the JSON object in a body. Raises BadRequest."""
    content = _json(body)
    if isinstance(content, list):
        raise BadRequest("A batch can't be sent here. Send one operation per request.")
    return _object(content, "The request body")


def _json(body: bytes) -> Any:
    if not body:
        raise BadRequest('The request body is empty. Send a JSON object such as {"query": "{ __typename }"}.')
    return parse_json(body, "The request body")


def _object(content: Any, source: str) -> dict[str, Any]:
    if not isinstance(content, dict):
        raise BadRequest(f'{source} must be a JSON object such as {{"query": "{{ __typename }}"}}.')
    return content


def from_query(parameters: QueryParams) -> GraphQLRequest:
    """Parse a GraphQL request from a query string. Raises BadRequest."""
    for name in PARAMETERS:
        if len(parameters.getlist(name)) > 1:
            raise BadRequest(f"Parameter {name} appears more than once. Send it once.")
    if not any(name in parameters for name in NAMES_DOCUMENT):
        raise BadRequest("Parameter query is missing. This is the GraphQL endpoint; to use GraphiQL in a browser, open /.")
    content: dict[str, Any] = {name: parameters[name] for name in PARAMETERS if parameters.get(name)}
    encoded = {name: parse_json(content[name].encode(), f"Parameter {name}") for name in ENCODED if name in content}
    return parse_content(content | encoded)
