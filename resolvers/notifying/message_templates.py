"""Templates of notifications and emails: one function for each occasion, with values that the recipient can read.

Messages are plain, friendly text. Never pass a price or another value that policy may hide.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from resolvers.notifying.notifications import Message


@dataclass(frozen=True, slots=True)
class MaintenanceWindow:
    """When maintenance takes place; either end may be unknown."""

    starts: datetime | None = None
    ends: datetime | None = None

    def __str__(self) -> str:
        starts, ends = (time and f"{time.astimezone(UTC):%Y-%m-%d %H:%M} UTC" for time in (self.starts, self.ends))
        if starts and ends:
            return f"From {starts} to {ends}."
        return f"From {starts}." if starts else f"Until {ends}." if ends else ""


def connection_requested(port: str, name: str, rate_limit_mbps: int, site_url: str) -> Message:
    """To a provider: a company, whose name policy may hide, wants to connect to one of its ports (V16, V18)."""
    return _message(
        f"New connection request for {port}",
        f'You have a new connection request for your port {port}: "{name}", up to {rate_limit_mbps} Mbps.',
        "You can accept or deny the request:",
        f"{site_url}/",
    )


def connection_decided(name: str, *, accepted: bool, reason: str | None, site_url: str) -> Message:
    """To a requester: the provider's answer to the request, under the requester's own `name` for it (V16)."""
    outcome = "accepted" if accepted else "denied"
    return _message(
        f"Your connection {name} was {outcome}",
        f'The provider has {outcome} your request for the connection "{name}".',
        f"Reason: {reason}" if reason else "",
        f"{site_url}/",
    )


def profile_inquiry(profile: str, name: str, email: str, message: str, company: str | None = None) -> Message:
    """To a provider's contact address: an inquiry about its services (R018)."""
    sender = f"{name} ({company})" if company else name
    return _message(
        f"Inquiry about {profile} from {sender}",
        f"Someone sent you a message through your Marketplace profile {profile}. The sender's name and email address"
        " are not verified. Don't open links or share confidential information until you know who they are.",
        f"Name: {sender}",
        f"Email: {email} (not verified)",
        "Message:",
        message,
    )


def order(name: str, speed_mbps: int, location: str) -> str:
    """Describe an order within a message."""
    return f'the port "{name}" ({speed_mbps} Mbps at {location})'


def order_approval_requested(account: str, order: str, site_url: str) -> Message:
    """To a partner: an order of one of its managed accounts needs its approval (V13)."""
    return _message(
        f"{account} placed an order that needs your approval",
        f"{account} wants to order {order}. Nothing is ordered until you approve it.",
        f"{site_url}/",
    )


def order_approval_decided(order: str, outcome: str, comment: str | None, site_url: str) -> Message:
    """To a managed account: the `outcome` of its order, which is `approved`, `rejected` or `expired` (V13)."""
    result = "has expired" if outcome == "expired" else f"was {outcome}"
    return _message(
        f"Your order for {order} {result}",
        f"Your order for {order} {result}.",
        "It wasn't approved in time, so nothing was ordered." if outcome == "expired" else "",
        f"Comment: {comment}" if comment else "",
        f"{site_url}/",
    )


def maintenance(title: str, body: str, window: MaintenanceWindow, accounts: Sequence[str] = ()) -> Message:
    """To a company with affected ports, or to the partner of affected `accounts` (R117, R118)."""
    listed = "\n".join(f"- {account}" for account in accounts)
    return _message(
        f"Maintenance: {title}",
        body,
        str(window),
        f"This affects these accounts that you manage. We don't notify them, so please do:\n{listed}" if accounts else "",
    )


def security(title: str, body: str) -> Message:
    """To each affected person (R119)."""
    return _message(f"Security: {title}", body)


def sign_up(token: str, account_url: str) -> Message:
    """To an address that somebody wants to sign up with (R401, V42)."""
    return _message(
        "Complete your sign-up",
        "To verify your email address and complete your sign-up, open this page within 24 hours:",
        f"{account_url}/sign-up?token={token}",
        f"Or enter this code: {token}",
        "If you didn't request this email, ignore it. Nothing will happen.",
    )


def sign_up_again(account_url: str) -> Message:
    """To the owner of an account whose address somebody wants to sign up with (V42)."""
    return _message(
        "You already have an account",
        "Somebody, probably you, wants to sign up with this email address. It already has an account, so you can sign in:",
        f"{account_url}/sign-in",
        "If you forgot your password, you can choose a new one:",
        f"{account_url}/reset",
        "If you didn't request this email, ignore it. Nothing will happen.",
    )


def invitation(token: str, company: str, account_url: str) -> Message:
    """To an address whose owner is invited to become a member of a company (R427, V42). It's the company's public name (V57)."""
    return _message(
        f"Join {company}",
        f"{company} invites you to become a member. To accept, open this page within seven days:",
        f"{account_url}/invitation?token={token}",
        f"Or enter this code: {token}",
        "If you don't know the company, ignore this email. Nothing will happen.",
    )


def invitation_accepted(name: str, site_url: str) -> Message:
    """To a company's account administrators: somebody whom the company invited has become a member (V49)."""
    return _message(f"{name} joined your company", f"{name} has accepted your invitation.", f"{site_url}/")


def company_submitted(company: str, due: datetime, site_url: str) -> Message:
    """To the operator's reviewers: a company waits for their decision (R422, R425)."""
    return _message(
        f"{company} is waiting to be verified",
        f"{company} has submitted its certificate of registration. Verify or reject it by {due.astimezone(UTC):%Y-%m-%d %H:%M} UTC.",
        f"{site_url}/",
    )


def company_verified(company: str, site_url: str) -> Message:
    """To the account administrators of a company and of its partner (R424)."""
    return _message(
        f"{company} is verified",
        f"The operator has verified {company}. It can now order, connect and publish.",
        f"{site_url}/",
    )


def company_rejected(company: str, reason: str, site_url: str) -> Message:
    """To the account administrators of a company and of its partner, with the operator's reason, which they can read (A41)."""
    return _message(
        f"{company} could not be verified",
        f"The operator could not verify {company}.",
        f"Reason: {reason}",
        "Correct what is wrong, and submit the certificate of registration again.",
        f"{site_url}/",
    )


def listing_submitted(title: str, company: str, site_url: str) -> Message:
    """To the operator's reviewers: a seller has submitted a change of a product (R308, V74)."""
    return _message(
        f'"{title}" is waiting for a review',
        f'{company} has asked to publish or change the product "{title}". Approve the request, or reject it with the problems'
        " that you found.",
        f"{site_url}/",
    )


def listing_commented(title: str, site_url: str) -> Message:
    """To the other side of a review, without the comment: not everyone who gets the email can read it (R309, R312, V30)."""
    return _message(
        f'New comment about "{title}"',
        f'There is a new comment in the review of the product "{title}". Read it and answer:',
        f"{site_url}/",
    )


def listing_approved(title: str, publish_by: datetime, site_url: str) -> Message:
    """To a publisher: a revision is approved, and waits to be published (R313, R318, R321)."""
    return _message(
        f'"{title}" is approved',
        f'The operator has approved the product "{title}". Publish it by {publish_by.astimezone(UTC):%Y-%m-%d %H:%M} UTC. After that,'
        " it needs another review.",
        f"{site_url}/",
    )


def change_approved(title: str, product_url: str) -> Message:
    """To a publisher: what it asked to change is in force (R248, R252, R256)."""
    return _message(f'"{title}" is changed', f'Your change of the product "{title}" is in force:', product_url)


def listing_approved_and_published(title: str, product_url: str) -> Message:
    """To a publisher: a revision is approved and published, at its vanity URL if it has one (R313, R314, R317)."""
    return _message(f'"{title}" is published', f'The product "{title}" is approved and published:', product_url)


def listing_published(title: str, product_url: str) -> Message:
    """To a publisher: a revision is published by hand, at the address of its live listing (R319)."""
    return _message(f'"{title}" is published', f'The product "{title}" is published:', product_url)


def listing_rejected(title: str, problems: Sequence[str], site_url: str) -> Message:
    """To a publisher: a request failed, with the problems that were found (R217, R257)."""
    listed = "\n".join(f"- {problem}" for problem in problems)
    return _message(
        f'"{title}" needs changes',
        f'Your request for the product "{title}" failed:',
        listed,
        "Correct what is wrong, and submit it again.",
        f"{site_url}/",
    )


def listing_lapsed(title: str, site_url: str) -> Message:
    """To a publisher: an approved revision wasn't published in time (R321)."""
    return _message(
        f'"{title}" was not published in time',
        f'The approval of the product "{title}" has ended, because it wasn\'t published within 60 days. Submit it again.',
        f"{site_url}/",
    )


def product_removed(title: str, site_url: str) -> Message:
    """To a publisher: a product that it deleted is gone from the Marketplace, because nobody uses it any more (R263)."""
    return _message(
        f'"{title}" is removed',
        f'The product "{title}" is removed from the Marketplace. No offer or agreement for it is left.',
        f"{site_url}/",
    )


def offer_requested(
    title: str, account_id: str, name: str | None, email: str | None, message: str | None, site_url: str
) -> Message:
    """To a seller: a company, by its id, asks for a private offer. Name and email are what it gave to be answered (R222, R228)."""
    return _message(
        f'Somebody asks for an offer for "{title}"',
        f'A company would like a private offer for your product "{title}". Name it as a buyer by its account ID:',
        account_id,
        f"Name: {name} (not verified)" if name else "",
        f"Email: {email} (not verified)" if email else "",
        f"Message:\n\n{message}" if message else "",
        f"{site_url}/",
    )


def offer_submitted(name: str, company: str, site_url: str) -> Message:
    """To the operator's reviewers: an offer needs their approval (R223, A23)."""
    return _message(
        f'The offer "{name}" is waiting for your approval',
        f'{company} has made the private offer "{name}", which the operator has to approve. Approve it, or reject it with a reason.',
        f"{site_url}/",
    )


def offer_approved(name: str, site_url: str) -> Message:
    """To a seller: the operator has approved an offer, so it's published (A23, R246)."""
    return _message(
        f'Your offer "{name}" is approved',
        f'The operator has approved your private offer "{name}". It\'s published now. Send its URL to the buyers.',
        f"{site_url}/",
    )


def offer_rejected(name: str, reason: str, site_url: str) -> Message:
    """To a seller: the operator has rejected an offer, with a reason that the seller's side can read (A23)."""
    return _message(
        f'Your offer "{name}" was rejected',
        f'The operator has rejected your private offer "{name}".',
        f"Reason: {reason}",
        f"{site_url}/",
    )


def offer_accepted(name: str, buyer: str, site_url: str) -> Message:
    """To a seller: one of the buyers has accepted an offer. The seller can see all buyers (A29, V19)."""
    return _message(
        f'{buyer} has accepted your offer "{name}"',
        f'{buyer} has accepted your private offer "{name}". You have an agreement now.',
        f"{site_url}/",
    )


def offer_expired(name: str, site_url: str) -> Message:
    """To a seller: nobody accepted an offer in time (R241, V5)."""
    return _message(
        f'Your offer "{name}" has expired',
        f'Nobody has accepted your private offer "{name}" in time. If the buyers are still interested, make a new one.',
        f"{site_url}/",
    )


def agreement_cancelled(name: str, reason: str, site_url: str) -> Message:
    """To both sides: the operator has cancelled an agreement, with a reason that both can read (V38)."""
    return _message(
        f'The agreement about "{name}" is cancelled',
        f'The operator has cancelled the agreement about the offer "{name}".',
        f"Reason: {reason}",
        f"{site_url}/",
    )


def agreement_ended(name: str, site_url: str) -> Message:
    """To both sides: the end date of an agreement has passed (R233, V38)."""
    return _message(
        f'The agreement about "{name}" has ended',
        f'The agreement about the offer "{name}" has ended, because its end date has passed.',
        f"{site_url}/",
    )


def password_reset(token: str, account_url: str) -> Message:
    """To the owner of an account who wants to choose a new password (V42)."""
    return _message(
        "Choose a new password",
        "To choose a new password, open this page within an hour:",
        f"{account_url}/reset?token={token}",
        f"Or enter this code: {token}",
        "If you didn't request this email, ignore it. Your password stays as it is.",
    )


def password_changed(account_url: str) -> Message:
    """To the owner of an account whose password has changed (V44, R119)."""
    return security(
        "Your password was changed",
        "Your password was changed, and all other sessions were ended. If you didn't do this, choose a new password at once:"
        f"\n\n{account_url}/reset",
    )


def session_ended(account_url: str) -> Message:
    """To the owner of a session that was ended because one of its refresh tokens was used again (V44, R119)."""
    return security(
        "A session was ended",
        "One of your sessions was used in a way that suggests that its token was stolen, so we ended it. Sign in again. If you"
        f" see sessions that you don't know, end them and choose a new password:\n\n{account_url}/reset",
    )


def bank_account_replaced(company: str) -> Message:
    """To the root user of a seller whose bank account was replaced (V74, R119)."""
    return security(
        f"The bank account of {company} was replaced",
        f"{company} was registered as a seller again, with the bank account that payments go to from now on. If you don't know about "
        "this, register the right account, and contact the operator at once.",
    )


def webhook_disabled(url: str, days: int, site_url: str) -> Message:
    """To the administrators of a company: one of its webhook endpoints was disabled (V52)."""
    return _message(
        "A webhook endpoint was disabled",
        f"No event could be delivered to {url} for {days} days, so we disabled the endpoint. Its latest deliveries say why. When the "
        "receiver works again, enable the endpoint. Then you can replay what it missed.",
        f"{site_url}/",
    )


def _message(title: str, *paragraphs: str) -> Message:
    return Message(title, "\n\n".join(paragraph for paragraph in paragraphs if paragraph))
