"""Webhooks, for the worker: changes become deliveries, and deliveries are sent.

Both decide by what the endpoint's roles can read at that moment, as a subscription does: an endpoint gets nothing about an object
that it can't read, and nothing if only fields hidden from it have changed. The outcome of each attempt is recorded. An event is sent
at least once, always with the same ID.
"""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple, TypeAlias
from uuid import UUID

import orjson
import sqlalchemy as sa
import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from models import WebhookChange, WebhookDelivery, WebhookEndpoint
from models.base import now
from models.concept import snake
from models.database import transaction
from models.notification import NotificationKind
from models.webhook_endpoint import FAILING, WebhookDeliveryStatus, WebhookEvent, is_subscribed
from policies.viewer import Viewer
from resolvers.context import Context, Origin, Services
from resolvers.notifying import message_templates
from resolvers.notifying.notifications import notify_company
from resolvers.reading.viewers import find_endpoint_viewer
from resolvers.subscription import Shown, shows
from resolvers.values.encryption import decrypt
from resolvers.values.identifiers import Identifier
from resolvers.values.webhook_secrets import PURPOSE
from resolvers.writing.change_log import record_changes

FIRST_DELAY: Final = 5.0  # seconds before the second attempt; doubled for each later one
MAX_DELAY: Final = 6 * 60 * 60.0  # seconds
MAX_PAUSE: Final = 60 * 60.0  # seconds for which an endpoint that fails gets nothing
JITTER: Final = 0.2  # the part by which a delay is shorter or longer, so that retries don't come all at once
DISABLE: Final = "disableFailingWebhookEndpoint"  # the action's name in the audit log, where it has no actor
UNREADABLE: Final = "The endpoint can no longer read the object, so nothing was sent."
DISABLED: Final = "The endpoint is disabled, so nothing was sent."
INTERNAL: Final = "The event could not be prepared, because of an error on our side."

log = structlog.stdlib.get_logger("crossgate.webhooks")


@dataclass(frozen=True, slots=True)
class OutgoingEvent:
    """An event as it's sent: the ID that stays the same in each attempt, and the secrets that sign it."""

    id: str
    url: str
    body: bytes = field(repr=False)
    secrets: tuple[str, ...] = field(repr=False)


class NotSent(Exception):
    """The event is never sent. The message says why, in plain words."""


class NotDelivered(Exception):
    """The event can't be delivered now. The message says why, in plain words, and never has what the receiver sent."""

    def __init__(self, message: str, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status


class Delayed(Exception):
    """The event is sent again in some seconds."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"again in {seconds:.0f} seconds")
        self.seconds = seconds


Read: TypeAlias = Callable[[Context, WebhookEvent, Identifier], Awaitable[Mapping[str, Any]]]
"""Answers the document of an event as the viewer of the context."""
Post: TypeAlias = Callable[[OutgoingEvent], Awaitable[int]]
"""Sends an event, and returns the status of the answer. Raises NotDelivered."""


class Subject(NamedTuple):
    """The row that an event is about, and its changed columns, or None if it's new."""

    type: str
    key: UUID
    changed: Sequence[str] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """An attempt to send a delivery, with what it needs of its endpoint."""

    id: UUID
    endpoint_id: UUID
    event: WebhookEvent
    subject: Subject
    number: int
    give_up_at: datetime
    created_at: datetime
    url: str
    failures: int  # of the endpoint, one after the other
    secrets: tuple[bytes, ...] = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhooks:
    """Makes deliveries and sends them. `shown` has the columns of each type, with the fields that show them."""

    services: Services
    shown: Mapping[str, Shown]
    read: Read
    post: Post

    async def spread(self, change_id: UUID) -> int:
        """Make a delivery of a change for each endpoint that can see it. Return how many. A repetition makes none."""
        async with self.services.engine.connect() as connection:
            change = (await connection.execute(sa.select(*CHANGE).where(WebhookChange.id == change_id))).one_or_none()
            if change is None:
                return 0
            subject = Subject(*change[:3])
            rows = (await connection.execute(_subscribed(subject))).all()
        seen = [row for row in rows if await self._sees(row.id, subject)]
        async with transaction(self.services.engine) as session:
            if not await _remove(session, change_id):
                return 0
            deliveries = [
                WebhookDelivery(
                    endpoint_id=row.id,
                    company_id=row.company_id,
                    event=event,
                    subject_type=subject.type,
                    subject_key=subject.key,
                    changed=subject.changed,
                )
                for row in seen
                for event in _events(subject)
                if event in row.events
            ]
            session.add_all(deliveries)
        return len(deliveries)

    async def deliver(self, delivery_id: UUID) -> WebhookDeliveryStatus | None:
        """Try once to send a delivery. Return its new status, or None if it isn't PENDING. Raises Delayed."""
        await self._wait(delivery_id)
        attempt = await self._start(delivery_id)
        if attempt is None:
            return None
        try:
            status = await self.post(await self._compose(attempt))
        except NotSent as reason:
            return await self._record(attempt, WebhookDeliveryStatus.FAILED, error=str(reason))
        except NotDelivered as failure:
            await self._note_failure(attempt)
            return await self._retry(attempt, failure)
        except Exception:
            log.exception("webhook.broken", delivery_id=str(delivery_id))
            return await self._retry(attempt, NotDelivered(INTERNAL))
        await self._note_success(attempt)
        return await self._record(attempt, WebhookDeliveryStatus.DELIVERED, response_status=status)

    async def _sees(self, endpoint: UUID, subject: Subject) -> bool:
        """Return whether an endpoint can see a change."""
        viewer = await find_endpoint_viewer(self.services.reader, endpoint)
        return viewer is not None and await self._context_of(viewer, subject) is not None

    async def _context_of(self, viewer: Viewer, subject: Subject) -> Context | None:
        """Return the context in which an endpoint's viewer reads a change, or None if it can't see the change."""
        context = Context(self.services, viewer, Origin())
        (record,) = await context.loaders.rows(subject.type, [subject.key])
        if record is None or not shows(record, subject.changed, self.shown[subject.type]):
            return None
        context.reset_caches()  # the event is read in one piece
        return context

    async def _wait(self, delivery_id: UUID) -> None:
        """Raise Delayed while the endpoint is paused, unless somebody tests it. This isn't an attempt."""
        paused = (
            WebhookDelivery.id == delivery_id,
            WebhookDelivery.status == WebhookDeliveryStatus.PENDING,
            WebhookDelivery.event != WebhookEvent.WEBHOOK_TEST,
            WebhookEndpoint.id == WebhookDelivery.endpoint_id,
            WebhookEndpoint.enabled,
            WebhookEndpoint.paused_until > now(),
        )
        again = WebhookEndpoint.paused_until
        statement = sa.update(WebhookDelivery).where(*paused).values(next_attempt_at=again).returning(again)
        async with self.services.engine.connect() as connection:
            until = await connection.scalar(statement)
        if until is not None:
            raise Delayed((until - now()).total_seconds() + random.uniform(0, FIRST_DELAY))  # noqa: S311 (no secret)

    async def _start(self, delivery_id: UUID) -> Attempt | None:
        """Count an attempt to send a delivery, and return it. None if it's no longer PENDING."""
        pending = (WebhookDelivery.id == delivery_id, WebhookDelivery.status == WebhookDeliveryStatus.PENDING)
        counted = sa.update(WebhookDelivery).where(*pending, WebhookEndpoint.id == WebhookDelivery.endpoint_id)
        statement = counted.values(attempts=WebhookDelivery.attempts + 1).returning(*ATTEMPT)
        async with self.services.engine.connect() as connection:
            row = (await connection.execute(statement)).one_or_none()
        if row is None:
            return None
        is_signed_twice = row.previous_secret is not None and row.previous_secret_until > now()
        return Attempt(
            id=row.id,
            endpoint_id=row.endpoint_id,
            event=row.event,
            subject=Subject(row.subject_type, row.subject_key, row.changed),
            number=row.attempts,
            give_up_at=row.give_up_at,
            created_at=row.created_at,
            url=row.url,
            failures=row.failures,
            secrets=(row.secret, row.previous_secret) if is_signed_twice else (row.secret,),
        )

    async def _compose(self, attempt: Attempt) -> OutgoingEvent:
        """Return the event with what its endpoint can read now. Raises NotSent or NotDelivered."""
        kind, _, step = attempt.event.value.rpartition("_")
        moment = attempt.created_at.isoformat().replace("+00:00", "Z")
        body = {"type": f"{kind.lower()}.{step.lower()}", "timestamp": moment, **await self._read(attempt)}
        keys = self.services.tokens.kept_secrets(PURPOSE)
        secrets = tuple(decrypt(secret, attempt.endpoint_id, keys) for secret in attempt.secrets)
        return OutgoingEvent(str(Identifier("WebhookDelivery", attempt.id)), attempt.url, orjson.dumps(body), secrets)

    async def _read(self, attempt: Attempt) -> Mapping[str, Any]:
        """Return what the endpoint can read now. A test has no data. Raises NotSent or NotDelivered."""
        viewer = await find_endpoint_viewer(self.services.reader, attempt.endpoint_id)
        if viewer is None:
            raise NotSent(DISABLED)
        if attempt.event is WebhookEvent.WEBHOOK_TEST:
            return {"data": {}}
        context = await self._context_of(viewer, attempt.subject)
        if context is None:
            raise NotSent(UNREADABLE)
        answer = await self.read(context, attempt.event, Identifier(attempt.subject.type, attempt.subject.key))
        if "errors" in answer:
            log.error("webhook.unread", delivery_id=str(attempt.id), errors=answer["errors"])
            raise NotDelivered(INTERNAL)
        if not all(answer["data"].values()):
            raise NotSent(UNREADABLE)
        return answer

    async def _retry(self, attempt: Attempt, failure: NotDelivered) -> WebhookDeliveryStatus:
        """Record a failed attempt, and raise Delayed unless the time to try is over."""
        seconds = delay(attempt.number)
        again = now() + timedelta(seconds=seconds)
        if again > attempt.give_up_at:
            return await self._record(attempt, WebhookDeliveryStatus.FAILED, error=str(failure), response_status=failure.status)
        await self._record(
            attempt, WebhookDeliveryStatus.PENDING, error=str(failure), response_status=failure.status, again=again
        )
        raise Delayed(seconds)

    async def _record(
        self,
        attempt: Attempt,
        status: WebhookDeliveryStatus,
        *,
        error: str | None = None,
        response_status: int | None = None,
        again: datetime | None = None,
    ) -> WebhookDeliveryStatus:
        """Record the outcome of an attempt."""
        pending = (WebhookDelivery.id == attempt.id, WebhookDelivery.status == WebhookDeliveryStatus.PENDING)
        outcome = {"status": status, "last_error": error, "response_status": response_status, "next_attempt_at": again}
        async with self.services.engine.connect() as connection:
            await connection.execute(sa.update(WebhookDelivery).where(*pending).values(**outcome))
        return status

    async def _note_success(self, attempt: Attempt) -> None:
        failing = (WebhookEndpoint.id == attempt.endpoint_id, WebhookEndpoint.failing_since.is_not(None))
        working = {"failing_since": None, "failures": 0, "paused_until": None}
        async with self.services.engine.connect() as connection:
            await connection.execute(sa.update(WebhookEndpoint).where(*failing).values(**working))

    async def _note_failure(self, attempt: Attempt) -> None:
        """Pause an endpoint that fails. If it has failed for days, disable it and tell its administrators.

        Of attempts that fail at the same time, only the first counts.
        """
        endpoint = WebhookEndpoint.id == attempt.endpoint_id
        pause = {
            "failing_since": sa.func.coalesce(WebhookEndpoint.failing_since, now()),
            "failures": attempt.failures + 1,
            "paused_until": now() + timedelta(seconds=min(delay(attempt.failures + 1), MAX_PAUSE)),
        }
        failing = (WebhookEndpoint.enabled, WebhookEndpoint.failing_since < now() - FAILING)
        async with transaction(self.services.engine) as session:
            counted = sa.update(WebhookEndpoint).where(endpoint, WebhookEndpoint.failures == attempt.failures).values(**pause)
            await session.execute(counted)
            failed = await session.scalar(sa.select(WebhookEndpoint).where(endpoint, *failing).with_for_update())
            if failed is not None:
                await _disable(session, failed, self.services.site_url)


CHANGE: Final = (WebhookChange.subject_type, WebhookChange.subject_key, WebhookChange.changed)
ATTEMPT: Final = (
    WebhookDelivery.id,
    WebhookDelivery.endpoint_id,
    WebhookDelivery.event,
    WebhookDelivery.subject_type,
    WebhookDelivery.subject_key,
    WebhookDelivery.changed,
    WebhookDelivery.attempts,
    WebhookDelivery.give_up_at,
    WebhookDelivery.created_at,
    WebhookEndpoint.url,
    WebhookEndpoint.failures,
    WebhookEndpoint.secret,
    WebhookEndpoint.previous_secret,
    WebhookEndpoint.previous_secret_until,
)


def delay(attempts: int) -> float:
    """Return the seconds to wait after a number of attempts: twice as long each time, with some chance in it."""
    doubled = min(FIRST_DELAY * 2.0 ** min(attempts - 1, 20), MAX_DELAY)
    return doubled * random.uniform(1 - JITTER, 1 + JITTER)  # noqa: S311 (no secret)


def _events(subject: Subject) -> Iterator[WebhookEvent]:
    """Yield the events that a change can be."""
    names = (
        f"{snake(subject.type)}_{step}".upper()
        for step in (("created", "updated") if subject.changed is None else ("updated",))
    )
    yield from (WebhookEvent(name) for name in names if name in WebhookEvent.__members__)


def _subscribed(subject: Subject) -> sa.Select[Any]:
    """Select the endpoints that are subscribed to a change."""
    columns: tuple[Any, ...] = (WebhookEndpoint.id, WebhookEndpoint.company_id, WebhookEndpoint.events)
    is_subscribed_to_any = sa.or_(sa.false(), *(is_subscribed(sa.literal(event.value)) for event in _events(subject)))
    return sa.select(*columns).where(is_subscribed_to_any).order_by(WebhookEndpoint.id)


async def _remove(session: AsyncSession, change: UUID) -> bool:
    """Remove a change. Return False if somebody else has."""
    removed = await session.scalar(sa.delete(WebhookChange).where(WebhookChange.id == change).returning(WebhookChange.id))
    return removed is not None


async def _disable(session: AsyncSession, endpoint: WebhookEndpoint, site_url: str) -> None:
    record_changes(session, DISABLE)
    endpoint.enabled = False
    endpoint.version += 1
    message = message_templates.webhook_disabled(endpoint.url, FAILING.days, site_url)
    await notify_company(session, NotificationKind.WEBHOOK_DISABLED, endpoint.company_id, message)
