"""Redaction reasons: the closed set of codes that rules can give (`# @reason CODE`) and that clients can rely on."""

from __future__ import annotations

from described_enum import DescribedEnum


class Reason(DescribedEnum):
    """Why a field is redacted. Clients receive the code and its description in `extensions.redactions`."""

    COMPANY_NOT_VERIFIED = "COMPANY_NOT_VERIFIED", "The operator hasn't verified the company yet."
    HIDDEN_BY_PARTNER = "HIDDEN_BY_PARTNER", "The partner that manages the account hasn't enabled it."
    NOT_FOR_MANAGED_ACCOUNTS = "NOT_FOR_MANAGED_ACCOUNTS", "Managed accounts never have access to it."
    NOT_YOURS = "NOT_YOURS", "Your company doesn't own it, and doesn't manage the company that does."
    RECENT_SIGN_IN_REQUIRED = "RECENT_SIGN_IN_REQUIRED", "Sign in again: it needs a sign-in within the last 15 minutes."
    ROLE_REQUIRED = "ROLE_REQUIRED", "None of your roles includes it."
    SIGN_IN_REQUIRED = "SIGN_IN_REQUIRED", "Sign in to read it."
