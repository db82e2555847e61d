"""What notices say: one function for each occasion, from facts that whoever is told may know.

Plain and friendly text in which lines are paragraphs. Nothing here may be given a price, or another value that policy may hide.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from resolvers.notifying.notifications import Message


@dataclass(frozen=True, slots=True)
class MaintenanceWindow:
    """When maintenance takes place, as far as it is known."""

    starts: datetime | None = None
    ends: datetime | None = None

    def __str__(self) -> str:
        starts, ends = (each and f"{each.astimezone(UTC):%Y-%m-%d %H:%M} UTC" for each in (self.starts, self.ends))
        if starts and ends:
            return f"From {starts} to {ends}."
        return f"From {starts}." if starts else f"Until {ends}." if ends else ""


def connection_requested(port: str, name: str, rate_limit_mbps: int, public_url: str) -> Message:
    """To a provider: somebody, whom policy may hide from it, wants to connect to one of its ports (V16, V18)."""
    return _message(
        f"A connection to {port} is asked for",
        f'Somebody would like to connect to your port {port}: "{name}", up to {rate_limit_mbps} Mbps.',
        "You can accept or deny the request:",
        f"{public_url}/",
    )


def connection_decided(name: str, *, accepted: bool, reason: str | None, public_url: str) -> Message:
    """To a requester: what the provider answered to the request that the requester has called `name` (V16)."""
    outcome = "accepted" if accepted else "denied"
    return _message(
        f"Your connection {name} was {outcome}",
        f'The provider has {outcome} your request for the connection "{name}".',
        f"Reason: {reason}" if reason else "",
        f"{public_url}/",
    )


def profile_inquiry(profile: str, name: str, email: str, message: str, company: str | None = None) -> Message:
    """To a provider's contact address: somebody asks about its services (R018)."""
    sender = f"{name} ({company})" if company else name
    return _message(
        f"Inquiry about {profile} from {sender}",
        f"Somebody has written to you through your Marketplace profile {profile}. The sender's name and address are not verified:"
        " anyone can enter any. Follow no link and share nothing confidential before you know who it is.",
        f"Name: {sender}",
        f"Address: {email} (not verified)",
        "Message:",
        message,
    )


def order(name: str, speed_mbps: int, location: str) -> str:
    """What is to be ordered, as notices call it."""
    return f'the port "{name}" ({speed_mbps} Mbps at {location})'


def order_approval_requested(account: str, order: str, public_url: str) -> Message:
    """To a partner: an order of one of its managed accounts waits for it (V13)."""
    return _message(
        f"An order of {account} waits for your approval",
        f"{account} would like to order {order}. Nothing is ordered before you approve it.",
        f"{public_url}/",
    )


def order_approval_decided(order: str, outcome: str, comment: str | None, public_url: str) -> Message:
    """To a managed account: what became of its order, `approved`, `rejected` or, undecided, `expired` (V13)."""
    became = "has expired" if outcome == "expired" else f"was {outcome}"
    return _message(
        f"Your order of {order} {became}",
        f"Your order of {order} {became}.",
        "Nobody has decided it in time, and nothing was ordered." if outcome == "expired" else "",
        f"Comment: {comment}" if comment else "",
        f"{public_url}/",
    )


def maintenance(title: str, body: str, window: MaintenanceWindow, accounts: Sequence[str] = ()) -> Message:
    """To a company with ports there, or to the partner of such companies, whose `accounts` are concerned (R117, R118)."""
    listed = "\n".join(f"- {account}" for account in accounts)
    return _message(
        f"Maintenance: {title}",
        body,
        str(window),
        f"These accounts that you manage are concerned. They hear of it from you, not from us:\n{listed}" if accounts else "",
    )


def security(title: str, body: str) -> Message:
    """To whoever is affected (R119)."""
    return _message(f"Security: {title}", body)


def _message(title: str, *paragraphs: str) -> Message:
    return Message(title, "\n\n".join(paragraph for paragraph in paragraphs if paragraph))
