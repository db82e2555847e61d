"""Resolvers of managed accounts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from models.managed_account import SETTINGS, Setting, effective
from resolvers.reading.batching import reads_columns
from resolvers.reading.field_sources import RootConnection, ToOne
from resolvers.reading.records import Record

if TYPE_CHECKING:
    from resolvers.context import Context


class Settings:
    """The effective settings of an account (V2)."""

    pricing: Setting
    chat_support: Setting
    dashboard: Setting
    company_profile: Setting
    order_approval: Setting

    def __init__(self, account: Any, defaults: Any, unsaved: Mapping[str, bool | None]) -> None:
        for name in SETTINGS:
            default = getattr(defaults, name) if defaults is not None else None
            override = unsaved[name] if name in unsaved else getattr(account, name)
            setattr(self, name, effective(name, override, default, account.supported_by))


@reads_columns("id", "partner_id", "supported_by", *SETTINGS)
async def settings(accounts: Sequence[Record], context: Context) -> list[Settings]:
    """The effective settings of each account, from its own overrides and its partner's defaults (V2)."""
    defaults = await context.loaders.defaults([account.partner_id for account in accounts])
    pairs = zip(accounts, defaults, strict=True)
    return [Settings(account, default, context.unsaved_settings.get(account.id, {})) for account, default in pairs]


managed_accounts: Final = RootConnection("ManagedAccount")
company: Final = ToOne("Company", "company_id")
partner: Final = ToOne("Company", "partner_id")
