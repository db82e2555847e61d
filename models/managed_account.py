"""Managed accounts: the settings by which a partner controls what its managed companies can use (R105, V2).

A setting's value is the account's override if there is one, else the partner's default for all its accounts, else the
built-in default (A12-A14, R121, V13).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from described_enum import DescribedEnum
from models.base import Base, Identified, Versioned, copied, enum_column, now
from models.concept import Concept, Relation, Scope, always, equals
from models.name_search import name_index, name_search, terms_of


class SupportedBy(DescribedEnum):  # R106
    """Who provides a managed account's technical support."""

    PARTNER = "PARTNER", "Its partner."
    OPERATOR = "OPERATOR", "The operator."


class SettingSource(DescribedEnum):  # V2
    """The source of a setting's effective value."""

    ACCOUNT = "ACCOUNT", "The account's own setting."
    PARTNER = "PARTNER", "The partner's default."
    DEFAULT = "DEFAULT", "The operator's default."


@dataclass(frozen=True, slots=True)
class Setting:
    """The effective value of a setting and its source."""

    enabled: bool
    source: SettingSource


MAX_NAME_LENGTH: Final = 128  # characters, of account names and references (V7)
SCOPES: Final = (Scope("partner_id"),)
SETTINGS: Final = ("pricing", "chat_support", "dashboard", "company_profile", "order_approval")


class Settings:
    """The five settings. None means not set at this level."""

    pricing: Mapped[bool | None]
    chat_support: Mapped[bool | None]
    dashboard: Mapped[bool | None]
    company_profile: Mapped[bool | None]
    order_approval: Mapped[bool | None]


class PartnerDefaults(Settings, Versioned, Base):
    """A partner's default settings for all accounts that it manages."""

    __tablename__ = "partner_defaults"
    OWNER = "partner_id"

    partner_id: Mapped[UUID] = mapped_column(sa.ForeignKey("company.id"), primary_key=True)


class ManagedAccount(Settings, Identified, Versioned, Base):
    """A managed company's account with its partner. `company_id` is the managed company; each has exactly one account (A18)."""

    __tablename__ = "managed_account"
    OWNER = "company_id"

    company_id: Mapped[UUID] = mapped_column(sa.ForeignKey("company.id"), unique=True)
    partner_id: Mapped[UUID] = mapped_column(
        sa.ForeignKey("company.id"), info=copied("partner_id", of="company_id", by="owned")
    )
    account_name: Mapped[str] = mapped_column(sa.String(MAX_NAME_LENGTH))
    account_ref: Mapped[str | None] = mapped_column(sa.String(MAX_NAME_LENGTH))  # the partner's own reference
    supported_by: Mapped[SupportedBy] = mapped_column(enum_column(SupportedBy))
    name_terms: Mapped[str] = terms_of("account_name_terms(account_name, partner_id)")
    created_at: Mapped[datetime] = mapped_column(default=now)

    __table_args__ = (
        sa.UniqueConstraint("partner_id", "account_name"),  # V7
        sa.CheckConstraint("char_length(account_name) >= 1", name="account_name"),
        name_index("managed_account"),
        sa.Index("managed_account_partner_id_page", "partner_id", "id"),
        sa.Index("managed_account_supported_by_page", "partner_id", "supported_by", "id"),
    )


def effective(name: str, override: bool | None, default: bool | None, supported_by: SupportedBy) -> Setting:
    """Return the effective value of one of SETTINGS, and its source (V2, A12)."""
    if override is not None:
        return Setting(override, SettingSource.ACCOUNT)
    if default is not None:
        return Setting(default, SettingSource.PARTNER)
    return Setting(name == "chat_support" and supported_by == SupportedBy.OPERATOR, SettingSource.DEFAULT)


CONCEPTS: Final = (
    Concept(
        "ManagedAccount",
        ManagedAccount,
        tag=b"ma",
        below={"company.managed_accounts": Relation(("partner_id",))},
        filters={
            "account_name": equals("account_name", "Matches the complete account name."),
            "supported_by": equals("supported_by", "Matches who provides technical support."),
            **name_search("account_name", *SCOPES),
        },
        actions=always("update_managed_account", "update_managed_account_settings"),
    ),
    Concept("PartnerDefaults", PartnerDefaults),
)
