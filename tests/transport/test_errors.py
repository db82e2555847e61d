"""What a client sees of an error: its code always, its message only where it was meant."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import strawberry
from graphql import GraphQLError
from strawberry.extensions import SchemaExtension

from resolvers.values.errors import PublicError
from settings import Settings
from tests.transport.conftest import Ask
from tests.transport.gateway import Query, TooMany, ada_only, running, works
from transport.app import create_app
from transport.authentication.tokens import Tokens
from transport.errors import publish


def at(path: str, message: str, **extensions: Any) -> dict[str, Any]:
    column = {"broken": 3, "refused": 10, "careless": 18, "overflowing": 27, "brokenRequired": 3}[path]
    return {"message": message, "locations": [{"line": 1, "column": column}], "path": [path], "extensions": extensions}


async def test_errors_of_fields(ask: Ask) -> None:
    """An error raised on purpose is shown whole; any other is masked, with the request's id to quote."""
    response = await ask("{ broken refused careless overflowing }")

    masked = {"code": "INTERNAL", "requestId": response.headers["X-Request-ID"]}
    expected = {
        "errors": [
            at("broken", "Internal server error", **masked),
            at("refused", "At most 1000.", code="TOO_MANY", argument="first"),
            at("careless", "Internal server error", **masked),
            at("overflowing", "Internal server error", **masked),
        ],
        "data": {"broken": None, "refused": None, "careless": None, "overflowing": None},
    }
    assert (200, expected) == (response.status_code, response.json())


async def test_an_error_that_takes_all_data(ask: Ask) -> None:
    """A required field that breaks leaves data null, which is an answer still (200)."""
    response = await ask("{ brokenRequired }")

    masked = {"code": "INTERNAL", "requestId": response.headers["X-Request-ID"]}
    expected = {"errors": [at("brokenRequired", "Internal server error", **masked)], "data": None}
    assert (200, expected) == (response.status_code, response.json())


async def test_an_argument_that_is_refused_while_running(ask: Ask) -> None:
    """An argument that only running finds wrong is the client's to correct, and shown."""
    response = await ask("query ($n: String) { hello(name: $n) }", variables={"n": None})

    [error] = response.json()["errors"]
    assert (error["extensions"]["code"], error["path"]) == ("BAD_USER_INPUT", ["hello"])
    assert error["message"].startswith("Argument 'name' has invalid value")


class Crashing(SchemaExtension):
    """An extension that breaks before anything runs."""

    def on_validate(self) -> Iterator[None]:
        raise RuntimeError("the password is swordfish")
        yield


def test_an_extension_that_breaks(settings: Settings, tokens: Tokens) -> None:
    """What breaks before an operation runs is masked too, with status 500 in either media type."""
    app = create_app(
        schema=strawberry.Schema(Query, extensions=[Crashing]),
        settings=settings,
        tokens=tokens,
        load_viewer=ada_only,
        make_context=lambda viewer, request_id, _key: (viewer, request_id),
        ready={"database": works},
    )

    with running(app, settings) as address:
        response = httpx.post(f"{address}/graphql", json={"query": "{ hello }"}, trust_env=False)

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
def test_what_is_shown(error: GraphQLError, message: str, code: str) -> None:
    """Whatever list of errors it is, of an answer or of a later frame of one, the same function decides."""
    [shown] = publish([error], "the-request", "REQUEST")

    assert (message, code) == (shown["message"], shown["extensions"]["code"])
    assert "secret" not in str(shown)


def test_a_public_error_carries_data() -> None:
    """The data of an error joins its code in the extensions."""
    error: PublicError = TooMany("At most 1000.", argument="first", most=1000)

    assert error.extensions == {"code": "TOO_MANY", "argument": "first", "most": 1000}
