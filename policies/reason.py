"""Why a field is hidden: the closed set of codes that rules may give (`# @reason CODE`) and that clients may rely on."""

from __future__ import annotations

from enum import StrEnum


class Reason(StrEnum):
    """The reason of a redaction. Each has a sentence for whoever meets it in `extensions.redactions`."""

    description: str

    def __new__(cls, code: str, description: str) -> Reason:
        """Make a member that is its code and carries its sentence."""
        member = str.__new__(cls, code)
        member._value_ = code
        member.description = description
        return member

    HIDDEN_BY_PARTNER = "HIDDEN_BY_PARTNER", "The partner that manages the account has not switched it on."
    NOT_FOR_MANAGED_ACCOUNTS = "NOT_FOR_MANAGED_ACCOUNTS", "Managed accounts never have it."
    NOT_YOURS = "NOT_YOURS", "Only whoever it belongs to reads it."
    ROLE_REQUIRED = "ROLE_REQUIRED", "None of the viewer's roles includes it."
    SIGN_IN_REQUIRED = "SIGN_IN_REQUIRED", "Anonymous visitors do not read it."
