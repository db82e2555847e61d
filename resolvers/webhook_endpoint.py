"""Resolvers of webhook endpoints, and the scheduled job that removes old deliveries."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from models import WebhookDelivery
from models.base import now
from models.webhook_endpoint import RETENTION
from resolvers.reading.field_sources import ChildConnection, ToOne

company: Final = ToOne("Company", "company_id")
deliveries: Final = ChildConnection("WebhookDelivery", "webhook_endpoint.deliveries")


async def purge_deliveries(engine: AsyncEngine, _site_url: str) -> None:
    """Delete deliveries that are older than RETENTION. A scheduled job of the worker."""
    async with engine.connect() as connection:
        await connection.execute(sa.delete(WebhookDelivery).where(WebhookDelivery.created_at < now() - RETENTION))
