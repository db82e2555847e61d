"""Reads a GraphQL request from a POST body or a GET query string, and checks the types of its parameters.

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
from transport.refusal import BadRequest
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
    parsed = from_query(QueryParams(scope["query_string"])) if scope["method"] == "GET" else _from_post(request)
    parsed.view_as = view_as_header(scope)
    return parsed


def _from_post(request: ReceivedRequest) -> GraphQLRequest:
    """Return the GraphQL request of a POST. Raises BadRequest."""
    parsed = from_body(request.body)
    if (key := header(request.scope, b"idempotency-key")) is not None:
        parsed.idempotency_key = parse_key(key)
    return parsed


def from_body(body: bytes) -> GraphQLRequest:
    """Parse a GraphQL request from the body of a POST. Raises BadRequest."""
    return parse_content(content_of(body))


def content_of(body: bytes) -> dict[str, Any]:
    """Parse the JSON object in the body of a POST. Raises BadRequest."""
    if not body:
        raise BadRequest('The request body is empty. Send a JSON object such as {"query": "{ __typename }"}.')
    content = parse_json(body, "The request body")
    if isinstance(content, list):
        raise BadRequest("Batched requests are not supported. Send one operation per request.")
    if not isinstance(content, dict):
        raise BadRequest('The request body must be a JSON object such as {"query": "{ __typename }"}.')
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
