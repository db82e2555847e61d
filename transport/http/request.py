"""A GraphQL request as it is sent by POST or GET, read and checked, before anything of it is understood.

Its parts have the types of the specification; entries that it does not know are ignored, as it asks.
"""

from __future__ import annotations

from typing import Any, Final

from starlette.datastructures import QueryParams
from starlette.types import Scope

from transport.authentication.arrival import ReceivedRequest
from transport.graphql_request import GraphQLRequest, parse_content, parse_key
from transport.headers import header
from transport.http.json_body import parse_json
from transport.http.negotiation import require_json
from transport.refusal import BadRequest
from transport.view_as import view_as_header

PARAMETERS: Final = ("query", "operationName", "variables", "extensions")
ENCODED: Final = ("variables", "extensions")  # JSON inside a GET's query string


def check_headers(scope: Scope) -> None:
    """Refuse a body that is not announced as JSON, before it is read. Raises Refusal."""
    if scope["method"] != "GET":
        require_json(header(scope, b"content-type"))


def read(request: ReceivedRequest) -> GraphQLRequest:
    """The GraphQL request that has arrived. Raises BadRequest."""
    scope = request.scope
    asked = from_query(QueryParams(scope["query_string"])) if scope["method"] == "GET" else _sent(request)
    asked.view_as = view_as_header(scope)
    return asked


def _sent(request: ReceivedRequest) -> GraphQLRequest:
    """The request that is sent by POST. Raises BadRequest."""
    asked = from_body(request.body)
    if (key := header(request.scope, b"idempotency-key")) is not None:
        asked.idempotency_key = parse_key(key)
    return asked


def from_body(body: bytes) -> GraphQLRequest:
    """The request in a POST's body. Raises BadRequest."""
    return parse_content(content_of(body))


def content_of(body: bytes) -> dict[str, Any]:
    """What a POST's body says. Raises BadRequest."""
    if not body:
        raise BadRequest('The body is empty; send JSON such as {"query": "{ __typename }"}.')
    content = parse_json(body, "The body")
    if isinstance(content, list):
        raise BadRequest("Batches are not supported; send one request at a time.")
    if not isinstance(content, dict):
        raise BadRequest('The body must be a JSON object such as {"query": "{ __typename }"}.')
    return content


def from_query(parameters: QueryParams) -> GraphQLRequest:
    """The request in a GET's query string. Raises BadRequest."""
    for name in PARAMETERS:
        if len(parameters.getlist(name)) > 1:
            raise BadRequest(f"Parameter {name} is given more than once.")
    if "query" not in parameters:
        raise BadRequest("Parameter query is missing. This address speaks GraphQL; for a page in a browser open /.")
    content: dict[str, Any] = {name: parameters[name] for name in PARAMETERS if parameters.get(name)}
    encoded = {name: parse_json(content[name].encode(), f"Parameter {name}") for name in ENCODED if name in content}
    return parse_content({"query": ""} | content | encoded)
