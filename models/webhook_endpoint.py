"""Webhooks: how a company's programs hear of changes. A change becomes a delivery for each endpoint that can read the changed object.

A database trigger records a change in its own transaction, and queues a job in the same transaction, so no change is lost
(docs/decisions/webhooks-send-what-can-be-read.md). What is sent is read when it's sent, by a viewer with the endpoint's roles.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from described_enum import DescribedEnum
from models.api_key import KEY_ROLES
from models.base import Base, Identified, Owned, Versioned, enum_column, now, private
from models.concept import Concept, Relation, always
from models.kinds import EncryptedSecret

MAX_ENDPOINTS: Final = 10  # of a company
MAX_DESCRIPTION_LENGTH: Final = 200  # characters
MAX_ERROR_LENGTH: Final = 200  # characters
MAX_TESTS: Final = 20  # of an endpoint in an hour
PREVIOUS_SECRET: Final = timedelta(hours=24)  # for which the previous secret also signs
GIVE_UP: Final = timedelta(days=3)  # after which a delivery isn't tried again
FAILING: Final = timedelta(days=5)  # without a success, after which an endpoint is disabled
RETENTION: Final = timedelta(days=30)  # of deliveries
ENDPOINT_ROLES: Final = KEY_ROLES


class WebhookEvent(DescribedEnum):
    """A kind of event that webhooks send."""

    PORT_CREATED = "PORT_CREATED", "A port was ordered."
    PORT_UPDATED = "PORT_UPDATED", "A port was ordered or has changed."
    ORDER_APPROVAL_UPDATED = (
        "ORDER_APPROVAL_UPDATED",
        "An order that needs a partner's approval was made, decided or withdrawn, or has expired.",
    )
    CONNECTION_REQUEST_UPDATED = "CONNECTION_REQUEST_UPDATED", "A connection request was made or has changed."
    CHANGE_REQUEST_UPDATED = "CHANGE_REQUEST_UPDATED", "A change request was submitted or has changed."
    OFFER_UPDATED = "OFFER_UPDATED", "A private offer was made or has changed."
    LEAD_CREATED = "LEAD_CREATED", "A lead was created."
    WEBHOOK_TEST = "WEBHOOK_TEST", "Somebody tests the endpoint. It's sent without a subscription."


SUBSCRIBABLE: Final = tuple(event for event in WebhookEvent if event is not WebhookEvent.WEBHOOK_TEST)


class WebhookDeliveryStatus(DescribedEnum):
    """The status of a delivery."""

    PENDING = "PENDING", "It waits to be sent, for the first time or again."
    DELIVERED = "DELIVERED", "The receiver has answered with a status from 200 to 299."
    FAILED = "FAILED", "It wasn't delivered, and isn't tried again."


class WebhookEndpoint(Owned, Versioned, Base):
    """A URL of a company that events are sent to. The secrets are encrypted, and each is bound to the endpoint.

    `failing_since` is when the first attempt failed since the last success. While an endpoint fails, it's tried less and less often:
    not before `paused_until`, which grows with the number of `failures`.
    """

    __tablename__ = "webhook_endpoint"

    url: Mapped[str]
    description: Mapped[str | None]
    events: Mapped[list[str]]
    roles: Mapped[list[str]]
    enabled: Mapped[bool] = mapped_column(default=True)
    secret: Mapped[EncryptedSecret] = mapped_column(info=private(read=False, log=False))
    previous_secret: Mapped[EncryptedSecret | None] = mapped_column(info=private(read=False, log=False))
    previous_secret_until: Mapped[datetime | None]
    failing_since: Mapped[datetime | None]
    failures: Mapped[int] = mapped_column(default=0, info=private(log=False))
    paused_until: Mapped[datetime | None] = mapped_column(info=private(log=False))
    created_at: Mapped[datetime] = mapped_column(default=now)

    __table_args__ = (
        sa.CheckConstraint("cardinality(events) > 0", name="some_event"),
        sa.CheckConstraint(f"events <@ ARRAY{list(map(str, SUBSCRIBABLE))}::text[]", name="known_events"),
        sa.CheckConstraint("cardinality(roles) > 0", name="some_role"),
        sa.CheckConstraint(f"roles <@ ARRAY{list(map(str, ENDPOINT_ROLES))}::text[]", name="known_roles"),
        sa.Index("webhook_endpoint_company_id_page", "company_id", "id"),
        sa.Index("webhook_endpoint_partner_id_company_id_page", "partner_id", "company_id", "id"),
    )

    def resume(self) -> None:
        """Try it again at once: somebody says that it works."""
        self.failures, self.paused_until = 0, None


class WebhookChange(Identified, Base):
    """A change that a trigger has recorded, until it has become deliveries. `changed` are the columns, or None for a new row.

    Several changes of a row in one transaction are one.
    """

    __tablename__ = "webhook_change"
    IS_LOGGED = False

    subject_type: Mapped[str] = mapped_column(sa.String(32))
    subject_key: Mapped[UUID]
    changed: Mapped[list[str] | None]
    transaction_id: Mapped[int] = mapped_column(sa.BigInteger())
    created_at: Mapped[datetime] = mapped_column(default=now)

    __table_args__ = (sa.UniqueConstraint("subject_key", "transaction_id"),)


class WebhookDelivery(Owned, Base):
    """An event to send to an endpoint. Inserting it queues the job, and so does setting it back to PENDING.

    It has no payload: that is read for each attempt. `changed` is as in WebhookChange. `last_error` never has what a receiver sent.
    """

    __tablename__ = "webhook_delivery"
    IS_LOGGED = False

    endpoint_id: Mapped[UUID] = mapped_column(sa.ForeignKey("webhook_endpoint.id", ondelete="CASCADE"))
    event: Mapped[WebhookEvent] = mapped_column(enum_column(WebhookEvent))
    subject_type: Mapped[str] = mapped_column(sa.String(32))
    subject_key: Mapped[UUID]
    changed: Mapped[list[str] | None]
    status: Mapped[WebhookDeliveryStatus] = mapped_column(
        enum_column(WebhookDeliveryStatus), default=WebhookDeliveryStatus.PENDING
    )
    attempts: Mapped[int] = mapped_column(default=0)
    response_status: Mapped[int | None]
    last_error: Mapped[str | None] = mapped_column(sa.String(MAX_ERROR_LENGTH))
    next_attempt_at: Mapped[datetime | None] = mapped_column(default=now)
    give_up_at: Mapped[datetime] = mapped_column(default=lambda: now() + GIVE_UP)
    created_at: Mapped[datetime] = mapped_column(default=now)

    __table_args__ = (
        sa.CheckConstraint("(status = 'PENDING') = (next_attempt_at IS NOT NULL)", name="pending_has_next_attempt"),
        sa.Index("webhook_delivery_endpoint_id_page", "endpoint_id", "id"),
        sa.Index("webhook_delivery_created_at_ix", "created_at"),
    )

    def replay(self) -> None:
        """Send it again from now on, for as long as a new one."""
        self.status, self.attempts = WebhookDeliveryStatus.PENDING, 0
        self.next_attempt_at, self.give_up_at = now(), now() + GIVE_UP


def is_subscribed(event: Any) -> sa.ColumnElement[bool]:
    """Return the condition that an endpoint is enabled and subscribed to an event."""
    return sa.and_(WebhookEndpoint.enabled, event == sa.any_(WebhookEndpoint.events))


CONCEPTS: Final = (
    Concept(
        "WebhookEndpoint",
        WebhookEndpoint,
        tag=b"we",
        below={"company.webhook_endpoints": Relation(("company_id",))},
        actions=always("update", "delete", "rotate_secret", "test"),
    ),
    Concept(
        "WebhookDelivery",
        WebhookDelivery,
        tag=b"wd",
        below={"webhook_endpoint.deliveries": Relation(("endpoint_id",))},
        newest_first=True,
        actions=always("replay"),
    ),
)
