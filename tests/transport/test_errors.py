"""What clients see of an error: always its code, and its message only if the error is public."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import strawberry
from graphql import GraphQLError
from strawberry.extensions import SchemaExtension

from resolvers.values.errors import PublicError
from settings import Settings
from tests import plain_http
from tests.transport.conftest import PostQuery
from tests.transport.gateway import Query, TooMany, load_ada, running, works
from transport.app import create_app, make_operations
from transport.authentication.bearer import Identity
from transport.authentication.tokens import Tokens
from transport.errors import publish


def field_error(path: str, message: str, **extensions: Any) -> dict[str, Any]:
    column = {"broken": 3, "refused": 10, "careless": 18, "overflowing": 27, "brokenRequired": 3}[path]
    return {"message": message, "locations": [{"line": 1, "column": column}], "path": [path], "extensions": extensions}


async def test_field_errors_are_masked_unless_public(post: PostQuery) -> None:
    """A public error is shown in full. Any other is masked and carries the request id for support."""
    response = await post("{ broken refused careless overflowing }")

    masked = {"code": "INTERNAL", "requestId": response.headers["X-Request-ID"]}
    expected = {
        "errors": [
            field_error("broken", "Internal server error", **masked),
            field_error("refused", "At most 1000.", code="TOO_MANY", argument="first"),
            field_error("careless", "Internal server error", **masked),
            field_error("overflowing", "Internal server error", **masked),
        ],
        "data": {"broken": None, "refused": None, "careless": None, "overflowing": None},
    }
    assert (200, expected) == (response.status_code, response.json())


async def test_error_in_a_required_field_nulls_the_data(post: PostQuery) -> None:
    """An error in a required root field leaves data null, and the status stays 200."""
    response = await post("{ brokenRequired }")

    masked = {"code": "INTERNAL", "requestId": response.headers["X-Request-ID"]}
    expected = {"errors": [field_error("brokenRequired", "Internal server error", **masked)], "data": None}
    assert (200, expected) == (response.status_code, response.json())


async def test_invalid_argument_found_at_run_time_is_shown(post: PostQuery) -> None:
    """An argument that only execution finds invalid is the client's mistake, so its error is shown."""
    response = await post("query ($n: String) { hello(name: $n) }", variables={"n": None})

    [error] = response.json()["errors"]
    assert (error["extensions"]["code"], error["path"]) == ("BAD_USER_INPUT", ["hello"])
    assert error["message"].startswith("Argument 'name' has invalid value")


class Crashing(SchemaExtension):
    """An extension that fails before anything runs."""

    def on_validate(self) -> Iterator[None]:
        raise RuntimeError("the password is swordfish")
        yield


def test_failing_extension_is_masked(settings: Settings, tokens: Tokens) -> None:
    """An error before an operation runs is masked too, with status 500 in either media type."""
    app = create_app(
        operations=make_operations(strawberry.Schema(Query, extensions=[Crashing]), settings),
        settings=settings,
        identity=Identity(tokens, load_ada),
        make_context=lambda viewer, request_id, _key: (viewer, request_id),
        ready={"database": works},
    )

    with running(app, settings) as address:
        response = plain_http.post(f"{address}/graphql", json={"query": "{ hello }"})

    masked = {"code": "INTERNAL", "requestId": response.headers["X-Request-ID"]}
    assert (500, {"errors": [{"message": "Internal server error", "extensions": masked}]}) == (
        response.status_code,
        response.json(),
    )


@pytest.mark.parametrize(
    ("error", "message", "code"),
    [
        (GraphQLError("Of the request."), "Of the request.", "REQUEST"),
        (TooMany("On purpose."), "On purpose.", "TOO_MANY"),
        (GraphQLError("Wrapped.", path=["a"], original_error=TooMany("Wrapped.")), "Wrapped.", "TOO_MANY"),
        (GraphQLError("secret", original_error=ValueError("secret")), "Internal server error", "INTERNAL"),
        (GraphQLError("secret", path=["a"], original_error=ValueError("secret")), "Internal server error", "INTERNAL"),
        (GraphQLError("secret", path=["a"], original_error=GraphQLError("secret")), "Internal server error", "INTERNAL"),
    ],
)
def test_same_function_masks_all_errors(error: GraphQLError, message: str, code: str) -> None:
    """The same function decides for a response's errors and for those of a later frame."""
    [shown] = publish([error], "the-request", "REQUEST")

    assert (message, code) == (shown["message"], shown["extensions"]["code"])
    assert "secret" not in str(shown)


def test_public_error_carries_data() -> None:
    """The error's data is in its extensions, next to the code."""
    error: PublicError = TooMany("At most 1000.", argument="first", most=1000)

    assert error.extensions == {"code": "TOO_MANY", "argument": "first", "most": 1000}
