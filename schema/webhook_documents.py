"""The documents of webhooks: what an event says about its object. Fields are only ever added, so that receivers keep working."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from models.webhook_endpoint import SUBSCRIBABLE, WebhookEvent
from resolvers.values.text import camel

MONEY: Final = "{ amount currency }"
COMPANY: Final = "{ id tradingName }"
WAITS_FOR: Final = "waitsFor { side since until } isFinal"
FIELDS: Final[Mapping[str, str]] = {
    "Port": f"""name company {COMPANY} location {{ id name }} speedMbps termMonths status {WAITS_FOR} visibility
      monthlyRate {MONEY} setupFee {MONEY} costCentre diversityZone createdAt activatedAt
      marketplaceName marketplaceDescription version""",
    "OrderApproval": f"""name company {COMPANY} location {{ id name }} speedMbps termMonths status {WAITS_FOR}
      monthlyRate {MONEY} setupFee {MONEY} costCentre diversityZone comment port {{ id name }} createdAt decidedAt expiresAt""",
    "ConnectionRequest": f"""name rateLimitMbps status {WAITS_FOR} port {{ id name }} targetPort {{ id }}
      requester {COMPANY} provider {COMPANY} createdAt decidedAt reason""",
    "ChangeRequest": f"""title kind status reviewedBy {WAITS_FOR} company {COMPANY} product {{ id }} visibility
      problems {{ code message field }} createdAt decidedAt""",
    "Offer": f"""name url status {WAITS_FOR} seller {COMPANY} product {{ id }} paymentModel totalValue {MONEY}
      contractEndDate expiresOn approvalReason rejectionReason version createdAt""",
    "Lead": f"""source status company {COMPANY} product {{ id }} requester {COMPANY} buyerAccountId
      contactName contactEmail contactCompany message createdAt""",
}
"""What is selected of each type, next to its ID and the fields that policy hides from the endpoint."""


def _documents() -> Iterator[tuple[WebhookEvent, str]]:
    """Yield the document of each event that endpoints can subscribe to."""
    for event in SUBSCRIBABLE:
        name = camel(event.value.rpartition("_")[0].lower())
        kind = name[0].upper() + name[1:]
        selected = f"id {FIELDS[kind]} viewerHides {{ field reason }}"
        yield event, f"query Webhook($id: ID!) {{ {name}: node(id: $id) {{ ... on {kind} {{ {selected} }} }} }}"


DOCUMENTS: Final[Mapping[WebhookEvent, str]] = dict(_documents())
