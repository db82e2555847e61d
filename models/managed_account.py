"""Managed accounts: how a partner runs the experience of the companies that it manages (R105, V2).

A setting is the account's own override where there is one, else the partner's default for all its accounts, else what the
rules say by default (A12-A14, R121, V13).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Identified, Versioned, enum_column, now


class SupportedBy(StrEnum):
    """Who gives a managed account its technical support (R106)."""

    PARTNER = "PARTNER"
    OPERATOR = "OPERATOR"


class SettingSource(StrEnum):
    """Where the effective value of a setting comes from (V2)."""

    ACCOUNT = "ACCOUNT"
    PARTNER = "PARTNER"
    DEFAULT = "DEFAULT"


@dataclass(frozen=True, slots=True)
class Setting:
    """The effective value of a setting, and where it comes from."""

    enabled: bool
    source: SettingSource


MAX_NAME_LENGTH: Final = 128  # characters, of references too (V7)
SETTINGS: Final = ("pricing", "chat_support", "dashboard", "company_profile", "order_approval")


class Settings:
    """The five switches. None means: not set here."""

    pricing: Mapped[bool | None]
    chat_support: Mapped[bool | None]
    dashboard: Mapped[bool | None]
    company_profile: Mapped[bool | None]
    order_approval: Mapped[bool | None]


class PartnerDefaults(Settings, Versioned, Base):
    """What a partner has set for all the accounts that it manages."""

    __tablename__ = "partner_defaults"

    partner_id: Mapped[UUID] = mapped_column(sa.ForeignKey("company.id"), primary_key=True)


class ManagedAccount(Settings, Identified, Versioned, Base):
    """The account of a managed company with its partner. `company_id` is the managed company, one account each (A18)."""

    __tablename__ = "managed_account"

    company_id: Mapped[UUID] = mapped_column(sa.ForeignKey("company.id"), unique=True)
    partner_id: Mapped[UUID] = mapped_column(sa.ForeignKey("company.id"))
    account_name: Mapped[str] = mapped_column(sa.String(MAX_NAME_LENGTH))
    account_ref: Mapped[str | None] = mapped_column(sa.String(MAX_NAME_LENGTH))  # the partner's own
    supported_by: Mapped[SupportedBy] = mapped_column(enum_column(SupportedBy))
    created_at: Mapped[datetime] = mapped_column(default=now)

    __table_args__ = (
        sa.UniqueConstraint("partner_id", "account_name"),  # V7
        sa.CheckConstraint("char_length(account_name) >= 1", name="account_name"),
        sa.Index("managed_account_partner_id_page", "partner_id", "id"),
        sa.Index("managed_account_supported_by_page", "partner_id", "supported_by", "id"),
    )


def effective(name: str, override: bool | None, default: bool | None, supported_by: SupportedBy) -> Setting:
    """The effective value of one of SETTINGS (V2, A12)."""
    if override is not None:
        return Setting(override, SettingSource.ACCOUNT)
    if default is not None:
        return Setting(default, SettingSource.PARTNER)
    return Setting(name == "chat_support" and supported_by == SupportedBy.OPERATOR, SettingSource.DEFAULT)
