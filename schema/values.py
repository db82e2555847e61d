"""Value types, which have no ID. The policy rules on the field that holds a value, not on the fields of the value itself."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import strawberry

from models.lifecycle import WaitingSide
from models.managed_account import SettingSource
from schema.building.scalars import URL


@strawberry.type(description="An exact amount of money.")
class Money:
    amount: Decimal = strawberry.field(
        description='The amount in major units, as a string such as "1250.00". Yen amounts have no decimals: "1250".'
    )
    currency: str = strawberry.field(description="The currency, as an ISO 4217 code.")


@strawberry.type(description="Who has to act next on an object, and by when.")
class Waiting:
    side: WaitingSide = strawberry.field(description="The side that has to act.")
    since: datetime = strawberry.field(description="The time since which the object waits for this side.")
    until: datetime | None = strawberry.field(
        description="The time by which the side should act, or when the object expires. Null if there is no deadline."
    )


@strawberry.type(description="A postal address.")
class Address:
    street: str | None = strawberry.field(description="The street and number.")
    city: str | None = strawberry.field(description="The town or city.")
    postal_code: str | None = strawberry.field(description="The postal code, in the format of its country.")
    country: str | None = strawberry.field(description="The country, as an ISO 3166-1 alpha-2 code.")


@strawberry.type(description="A link to a company's page on a social network.")
class SocialLink:
    network: str = strawberry.field(description="The name of the network.")
    url: URL = strawberry.field(description="The URL of the page.")


@strawberry.type(description="The effective value of a setting, and its source.")
class Setting:
    enabled: bool = strawberry.field(description="Whether the setting is on.")
    source: SettingSource = strawberry.field(
        description="The source of the value: the account's own setting, the partner's default, or the operator's default."
    )


@strawberry.type(description="The effective settings of a managed account.")
class ManagedAccountSettings:
    pricing: Setting = strawberry.field(description="Whether the account can see prices.")
    chat_support: Setting = strawberry.field(description="Whether the account has chat support.")
    dashboard: Setting = strawberry.field(description="Whether the account has a dashboard.")
    company_profile: Setting = strawberry.field(description="Whether the account can see its own company profile.")
    order_approval: Setting = strawberry.field(description="Whether the account's orders need the partner's approval.")


@strawberry.type(description="A company's legal name and registration details.")
class CompanyProfile:
    legal_name: str = strawberry.field(description="The legal name of the company.")
    registration_number: str | None = strawberry.field(description="The company's number in its country's company register.")
    country: str = strawberry.field(description="The country of registration, as an ISO 3166-1 alpha-2 code.")
    headquarters: Address | None = strawberry.field(description="The address of the company's headquarters.")
    tax_number: str | None = strawberry.field(description="The tax number issued by the country of registration.")
