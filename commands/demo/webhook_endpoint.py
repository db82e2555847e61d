"""Webhook endpoints of the cast, with their latest deliveries. They are disabled: nothing answers at their addresses (V52)."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from choices import MemberRole
from commands.demo.world import TODAY, Row, World
from models.webhook_endpoint import GIVE_UP, WebhookDeliveryStatus, WebhookEvent

RECEIVERS: Final = (
    ("partner", "https://portal.partner.example/webhooks"),
    ("partner", "https://billing.partner.example/webhooks"),
    ("hidden", "https://tickets.hidden.example/crossgate"),
    ("direct", "https://erp.direct.example/crossgate"),
    ("shown", "https://orders.managed.example/hooks"),
)
EVENTS: Final = (WebhookEvent.PORT_CREATED, WebhookEvent.PORT_UPDATED)
DELIVERIES: Final = 12
FAILURE: Final = "The receiver answered with status 503."
EVERY: Final = timedelta(hours=7)
CREATED: Final = TODAY - timedelta(days=30)


def fill(world: World) -> None:
    """Give some of the cast endpoints, whose latest delivery failed."""
    chance = world.chance("Webhook endpoint")
    endpoints = [_add(world, getattr(world.cast, part), url, chance.randbytes(70)) for part, url in RECEIVERS]
    for earlier in reversed(range(DELIVERIES)):
        for endpoint in endpoints:
            ports = [row for row in world.rows["port"] if row["company_id"] == endpoint["company_id"]]
            if earlier < len(ports):
                _deliver(world, endpoint, ports[earlier], earlier)


def _add(world: World, company: Row, url: str, secret: bytes) -> Row:
    """Add an endpoint. Nobody has the key that decrypts its secret."""
    return world.add(
        "webhook_endpoint",
        at=CREATED,
        company_id=company["id"],
        url=url,
        description="Inventory",
        events=sorted(EVENTS),
        roles=[MemberRole.VIEWER.value],
        enabled=False,
        secret=secret,
        previous_secret=None,
        previous_secret_until=None,
        failing_since=TODAY - EVERY,
        failures=1,
        paused_until=None,
        created_at=CREATED,
        version=2,
    )


def _deliver(world: World, endpoint: Row, port: Row, earlier: int) -> None:
    """Add the delivery that has this number of later ones."""
    at, failed = TODAY - EVERY * (earlier + 1), earlier == 0
    world.add(
        "webhook_delivery",
        at=at,
        company_id=endpoint["company_id"],
        endpoint_id=endpoint["id"],
        event=WebhookEvent.PORT_UPDATED,
        subject_type="Port",
        subject_key=port["id"],
        changed=["status"],
        status=WebhookDeliveryStatus.FAILED if failed else WebhookDeliveryStatus.DELIVERED,
        attempts=23 if failed else 1,
        response_status=503 if failed else 204,
        last_error=FAILURE if failed else None,
        next_attempt_at=None,
        give_up_at=at + GIVE_UP,
        created_at=at,
    )
