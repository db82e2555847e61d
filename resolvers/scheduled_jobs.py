"""Chores: work that is due again and again, and that the worker does, whichever of several is free.

A chore may be done twice, or begun anew after it was broken off, so that it must be one transaction, or take a second time well.
To add one, write its function beside the concept that it works on, and a line here.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from sqlalchemy.ext.asyncio import AsyncEngine

from resolvers.notifying.outbox import purge_sent_mails
from resolvers.order_approval import expire_due
from resolvers.writing.idempotency import purge_requests


@dataclass(frozen=True, slots=True)
class ScheduledJob:
    """A piece of work and when it is due. `run` is given the database and the gateway's public URL."""

    name: str  # of the job in the queue: never changed
    cron: str  # five fields, or a sixth one for seconds; in UTC
    run: Callable[[AsyncEngine, str], Awaitable[None]]


SCHEDULED_JOBS: Final = (
    ScheduledJob("expire_order_approvals", "* * * * *", expire_due),
    ScheduledJob("forget_requests", "11 * * * *", purge_requests),
    ScheduledJob("forget_sent_mails", "17 3 * * *", purge_sent_mails),
)
