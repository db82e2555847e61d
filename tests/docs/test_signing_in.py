"""docs/api/signing-in.md states the limits and lifetimes that the code has."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from models import email_token, session, sign_in_attempt
from models.email_token import EmailTokenPurpose
from resolvers.identity import password_rules, passwords
from tests.docs.pages import ROOT

PAGE: Final = " ".join((ROOT / "docs" / "api" / "signing-in.md").read_text("utf-8").split())
NUMBERS: Final = {10: "ten", 30: "thirty"}


def minutes(time: timedelta) -> int:
    """Return a time in minutes."""
    return time // timedelta(minutes=1)


def test_limits_of_attempts_are_documented() -> None:
    """How many wrong passwords are compared, and how a user gets in who has to wait because of others."""
    address, peer = NUMBERS[sign_in_attempt.MAX_PER_ADDRESS], NUMBERS[sign_in_attempt.MAX_PER_PEER]

    assert f"After {address} wrong passwords for an address, or {peer} from a network address, within" in PAGE
    assert f"fewer attempts are younger than {minutes(sign_in_attempt.WINDOW)} minutes" in PAGE
    assert "its sessions go on, and `resetPassword` doesn't wait" in PAGE


def test_lifetimes_are_documented() -> None:
    """How long access tokens, sessions and codes in emails work, and how many sessions a user can have."""
    assert f"An access token is valid for {minutes(session.ACCESS_LIFETIME)} minutes" in PAGE
    assert f"A session ends {session.IDLE_LIFETIME.days} days after its last refresh" in PAGE
    assert f"within {session.REPEAT_TIME.seconds} seconds returns the same successor" in PAGE
    assert "A user can have any number of sessions. A new one replaces only the session of its own request" in PAGE
    hours = email_token.LIFETIMES[EmailTokenPurpose.SIGN_UP] // timedelta(hours=1)
    assert f"works once, for {hours} hours" in PAGE


def test_length_of_passwords_is_documented() -> None:
    """Both bounds are on the page."""
    assert f"A password has {password_rules.MIN_LENGTH} to {passwords.MAX_LENGTH} characters" in PAGE
