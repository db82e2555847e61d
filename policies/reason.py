"""Redaction reasons: the closed set of codes that rules can give (`# @reason CODE`) and that clients can rely on."""

from __future__ import annotations

from enum import StrEnum


class Reason(StrEnum):
    """Why a field is redacted. Clients receive the code and its description in `extensions.redactions`."""

    description: str

    def __new__(cls, code: str, description: str) -> Reason:
        """Create a member that equals its code and carries a description."""
        member = str.__new__(cls, code)
        member._value_ = code
        member.description = description
        return member

    COMPANY_NOT_VERIFIED = "COMPANY_NOT_VERIFIED", "The operator hasn't verified the company yet."
    HIDDEN_BY_PARTNER = "HIDDEN_BY_PARTNER", "The partner that manages the account hasn't enabled it."
    NOT_FOR_MANAGED_ACCOUNTS = "NOT_FOR_MANAGED_ACCOUNTS", "Managed accounts never have access to it."
    NOT_YOURS = "NOT_YOURS", "Only its owner can read it."
    RECENT_SIGN_IN_REQUIRED = "RECENT_SIGN_IN_REQUIRED", "Sign in again: it needs a sign-in within the last 15 minutes."
    ROLE_REQUIRED = "ROLE_REQUIRED", "None of your roles includes it."
    SIGN_IN_REQUIRED = "SIGN_IN_REQUIRED", "Sign in to read it."
