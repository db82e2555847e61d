"""Webhooks over the network: reads what an event says, signs it by Standard Webhooks, and sends it to a receiver.

Receivers are addresses that companies have named: only public ones are connected to, no redirect is followed, and the body of an
answer is never read.
"""

from __future__ import annotations

import asyncio
import hmac
import ssl
import time
from base64 import b64decode, b64encode
from collections.abc import Iterator, Mapping
from hashlib import sha256
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final

import httpcore
import strawberry
from graphql import REMOVE, GraphQLSchema, TypeInfo, TypeInfoVisitor, Visitor, parse, print_ast, visit

from models.webhook_endpoint import WebhookEvent
from resolvers.context import Context
from resolvers.execution.worker_thread import run_in_worker
from resolvers.values.identifiers import Identifier
from resolvers.values.webhook_secrets import MARK
from resolvers.webhooks import NotDelivered, OutgoingEvent
from schema.extensions.viewer_introspection import SchemaOf
from schema.webhook_documents import DOCUMENTS
from transport.documents import Documents
from transport.operations import answer_of
from transport.public_network import NOT_PUBLIC, UNKNOWN, USER_AGENT, PublicNetwork, timeouts, trusted_authorities

TIMEOUT: Final = 10.0  # seconds to connect, send and get an answer
TOO_SLOW: Final = f"The receiver didn't answer within {TIMEOUT:.0f} seconds."
UNREACHABLE: Final = "The gateway couldn't connect to the receiver."
INTERRUPTED: Final = "The receiver ended the connection without a valid answer."


class EventReader:
    """Answers the documents of events on a schema. With `schema_of`, an event has no field that isn't in the viewer's schema."""

    def __init__(self, schema: strawberry.Schema, documents: Documents, schema_of: SchemaOf | None = None) -> None:
        self._schema = schema
        self._documents = documents
        self._schema_of = schema_of

    async def __call__(self, context: Context, event: WebhookEvent, subject: Identifier) -> Mapping[str, Any]:
        """Return the answer to the document of an event, as the viewer of the context gets it."""
        text = DOCUMENTS[event]
        if self._schema_of is not None:
            text = without_unknown(text, await run_in_worker(self._schema_of, self._schema._schema, context))
        await self._documents.validated(text, self._schema._schema, context)
        result = await self._schema.execute(text, variable_values={"id": str(subject)}, context_value=context)
        return answer_of(result, "")


def without_unknown(text: str, schema: GraphQLSchema) -> str:
    """Return a document without the fields that a schema doesn't have."""
    types = TypeInfo(schema)

    class Known(Visitor):
        def enter_field(self, *_node: Any) -> Any:
            return REMOVE if types.get_field_def() is None else None

    return print_ast(visit(parse(text), TypeInfoVisitor(types, Known())))


class WebhookClient:
    """Sends events. With `local`, a receiver can be on this machine. `trusted` is a file of further CA certificates."""

    def __init__(self, *, local: bool = False, trusted: Path | None = None) -> None:
        self._network = PublicNetwork(local=local)
        self._trusted = trusted

    async def __call__(self, event: OutgoingEvent) -> int:
        """Send an event, and return the status of the answer. Raises NotDelivered."""
        context = await trusted_authorities(self._trusted)
        try:
            async with asyncio.timeout(TIMEOUT):
                status = await self._post(event, context)
        except (TimeoutError, httpcore.TimeoutException):
            raise NotDelivered(TOO_SLOW) from None
        except httpcore.ConnectError as error:
            raise NotDelivered(_reason(error)) from None
        except (httpcore.NetworkError, httpcore.ProtocolError, OSError):
            raise NotDelivered(INTERRUPTED) from None
        if not HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
            raise NotDelivered(_refusal(status), status)
        return status

    async def _post(self, event: OutgoingEvent, context: ssl.SSLContext) -> int:
        """Send an event over a connection of its own. Leaving the block closes it, whatever else the receiver sends."""
        async with (
            httpcore.AsyncConnectionPool(context, network_backend=self._network) as pool,
            pool.stream(
                "POST",
                event.url,
                headers=headers(event, int(time.time())),
                content=event.body,
                extensions={"timeout": timeouts(TIMEOUT)},
            ) as response,
        ):
            return response.status


def headers(event: OutgoingEvent, seconds: int) -> dict[bytes | str, bytes | str]:
    """Return the headers of an event that is sent at a Unix time."""
    return {
        "Content-Type": "application/json",
        "User-Agent": USER_AGENT,
        "webhook-id": event.id,
        "webhook-timestamp": str(seconds),
        "webhook-signature": " ".join(signatures(event, seconds)),
    }


def signatures(event: OutgoingEvent, seconds: int) -> Iterator[str]:
    """Yield a signature of an event by each of its secrets."""
    signed = b"%s.%d.%s" % (event.id.encode("ascii"), seconds, event.body)
    for secret in event.secrets:
        digest = hmac.digest(b64decode(secret.removeprefix(MARK)), signed, sha256)
        yield "v1," + b64encode(digest).decode("ascii")


def _refusal(status: int) -> str:
    redirects = " Redirects aren't followed." if HTTPStatus(300) <= status < HTTPStatus.BAD_REQUEST else ""
    return f"The receiver answered with status {status}.{redirects}"


def _reason(error: BaseException) -> str:
    """Return why a connection failed, in plain words."""
    if str(error) in (NOT_PUBLIC, UNKNOWN):
        return str(error)
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return f"The receiver's certificate isn't valid: {cause.verify_message}."
        if isinstance(cause, ssl.SSLError):
            return "The receiver doesn't offer a TLS connection that we can use."
        cause = cause.__cause__ or cause.__context__
    return UNREACHABLE
