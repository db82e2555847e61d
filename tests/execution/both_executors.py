"""Both executors over a schema of the tests' own: one answer, or the difference between two."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Final

import orjson
import strawberry
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from strawberry.schema.config import StrawberryConfig
from strawberry.types.execution import PreExecutionError

import server
from models.database import connect
from models.listening import ChangeListener
from models.reading import Reader
from policies.viewer import ANONYMOUS
from resolvers.auditing.audit_log import AuditLog
from resolvers.context import Services
from resolvers.reading.cursors import Cursors
from schema.building.scalars import SCALARS
from schema.extensions.planned_execution import Planning
from schema.schema import Redactions
from settings import Settings
from tests.execution.executors import PLANNED
from tests.execution.journal import Journal, Mutation
from tests.execution.specimen import Book, Disc, Query
from transport.authentication.keys import Key
from transport.authentication.tokens import Tokens
from transport.errors import BAD_USER_INPUT, VALIDATION_FAILED, publish
from transport.logs import configure_logging

ADDRESS: Final = re.compile(rb"0x[0-9a-f]+")  # addresses of objects in error messages
NOWHERE: Final = "postgresql+asyncpg://nobody@127.0.0.1:1/nothing"  # the test schema reads no database


@dataclass(frozen=True)
class Outcome:
    """The outcome of an operation on one executor: the client's answer, the errors before they are masked, and the effects."""

    body: bytes
    raw: bytes
    done: tuple[str, ...]
    execution: str | None = field(compare=False)

    @property
    def content(self) -> Any:
        """The parsed answer."""
        return orjson.loads(self.body)

    @property
    def data(self) -> Any:
        """The data of the answer."""
        return self.content["data"]

    @property
    def errors(self) -> list[tuple[str, str, Any]]:
        """The code, message and path of each error."""
        return [(each["extensions"]["code"], each["message"], each.get("path")) for each in self.content["errors"]]

    @property
    def is_planned(self) -> bool:
        """Whether the planner ran it."""
        return self.execution == PLANNED

    def __str__(self) -> str:
        return f"({self.execution}) {self.done} {self.body.decode()} of {self.raw.decode()}"


class Both:
    """Executes an operation with the planner and without it."""

    def __init__(self, on: strawberry.Schema, off: strawberry.Schema, services: Services) -> None:
        self.on = on
        self.off = off
        self.services = services

    async def __call__(self, query: str, operation: str | None = None, **variables: Any) -> Outcome:
        """Return the outcome, which is the same for both. Raises AssertionError with both outcomes if they differ."""
        on, off = [await self.execute(schema, query, operation, variables) for schema in (self.on, self.off)]
        assert on == off, f"{query}\nvariables {variables}\n\nplanner on:  {on}\nplanner off: {off}"
        return on

    async def planned(self, query: str, operation: str | None = None, **variables: Any) -> Outcome:
        """Return the outcome of an operation that the planner must run itself."""
        outcome = await self(query, operation, **variables)
        assert outcome.is_planned, f"{query}\nran as {outcome.execution}"
        return outcome

    async def execute(self, schema: strawberry.Schema, query: str, operation: str | None, variables: dict[str, Any]) -> Outcome:
        """Return the outcome of one executor."""
        context = Journal(self.services, ANONYMOUS)
        result = await schema.execute(query, variables, context_value=context, operation_name=operation)
        early = isinstance(result, PreExecutionError)
        errors = result.errors or []
        published = publish(errors, "request", VALIDATION_FAILED if early else BAD_USER_INPUT)
        extensions = {name: value for name, value in (result.extensions or {}).items() if name != "policy"}  # no policy here
        answer = {"data": result.data, "errors": published, "extensions": extensions}
        raw = orjson.dumps([early, *({**error.formatted, "cause": repr(error.original_error)} for error in errors)])
        return Outcome(orjson.dumps(answer), ADDRESS.sub(b"0x", raw), tuple(context.done), getattr(context, "execution", None))


@asynccontextmanager
async def both_schemas() -> AsyncIterator[Both]:
    """The test schema with the planner and without it."""
    configure_logging(Settings(log_level="ERROR"))  # tracebacks of expected failures are slow
    services = Services(
        reader=Reader(NOWHERE),
        engine=connect(NOWHERE),
        change_listener=ChangeListener(NOWHERE),
        audit=AuditLog(connect(NOWHERE)),
        policy=server.load_policy(),
        cursors=Cursors(b"secret"),
        tokens=Tokens((Key.of(Ed25519PrivateKey.generate()),)),
        public_url="http://gateway",
        site_url="http://gateway",
        account_url="http://gateway/account",
    )
    yield Both(_schema(*_planning()), _schema(), services)
    await services.close()


def _schema(*extensions: Any) -> strawberry.Schema:
    return strawberry.Schema(
        query=Query,
        mutation=Mutation,
        types=[Book, Disc],
        config=StrawberryConfig(scalar_map=SCALARS),
        extensions=[Redactions, *extensions],
    )


def _planning() -> list[Any]:
    return [Planning(1000).extension]
