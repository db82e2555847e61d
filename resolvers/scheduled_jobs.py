"""Scheduled jobs: recurring work that one of the workers runs when it's due.

A job may run twice, or start again after an interruption, so it must be one transaction or safe to repeat.
To add a job, write its function in its concept's module and add a line to SCHEDULED_JOBS.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from sqlalchemy.ext.asyncio import AsyncEngine

from resolvers.document import purge_unused_documents
from resolvers.export import expire_exports, purge_exports
from resolvers.identity.attempts import purge_attempts
from resolvers.identity.email_tokens import purge_tokens
from resolvers.identity.sessions import purge_sessions
from resolvers.image import purge_unused_images
from resolvers.mutations.invitation import purge_invitations
from resolvers.notifying.outbox import purge_sent_mails
from resolvers.offering.jobs import end_agreements, expire_offers
from resolvers.order_approval import expire_due
from resolvers.reviewing.jobs import decide_requests, reject_unpublished, remove_products
from resolvers.webhook_endpoint import purge_deliveries
from resolvers.writing.idempotency import purge_requests


@dataclass(frozen=True, slots=True)
class ScheduledJob:
    """A job and its schedule. `run` gets the database engine and the URL of the site that emails link to."""

    name: str  # of the job in the queue; must never change
    cron: str  # five fields, optionally a sixth for seconds; UTC
    run: Callable[[AsyncEngine, str], Awaitable[None]]


SCHEDULED_JOBS: Final = (
    ScheduledJob("decide_change_requests", "* * * * * */10", decide_requests),
    ScheduledJob("reject_unpublished_revisions", "* * * * *", reject_unpublished),
    ScheduledJob("remove_products", "* * * * *", remove_products),
    ScheduledJob("expire_offers", "* * * * *", expire_offers),
    ScheduledJob("end_agreements", "* * * * *", end_agreements),
    ScheduledJob("expire_exports", "* * * * *", expire_exports),
    ScheduledJob("expire_order_approvals", "* * * * *", expire_due),
    ScheduledJob("forget_attempts", "*/15 * * * *", purge_attempts),
    ScheduledJob("forget_email_tokens", "23 * * * *", purge_tokens),
    ScheduledJob("forget_exports", "47 3 * * *", purge_exports),
    ScheduledJob("forget_invitations", "41 3 * * *", purge_invitations),
    ScheduledJob("forget_requests", "11 * * * *", purge_requests),
    ScheduledJob("forget_unused_documents", "23 * * * *", purge_unused_documents),
    ScheduledJob("forget_unused_images", "29 * * * *", purge_unused_images),
    ScheduledJob("forget_sent_mails", "17 3 * * *", purge_sent_mails),
    ScheduledJob("forget_sessions", "29 * * * *", purge_sessions),
    ScheduledJob("forget_webhook_deliveries", "37 3 * * *", purge_deliveries),
)
