"""Values: what has no identity of its own. The field that holds a value is what policy guards."""

from __future__ import annotations

from decimal import Decimal

import strawberry

from schema.building.scalars import URL
from schema.enums import SettingSource


@strawberry.type(description="An amount of money, exact.")
class Money:
    amount: Decimal = strawberry.field(description='In major units, as a string: "1250.00". Yen have no minor unit: "1250".')
    currency: str = strawberry.field(description="ISO 4217 code.")


@strawberry.type(description="A postal address.")
class Address:
    street: str | None = strawberry.field(description="Street and number.")
    city: str | None = strawberry.field(description="Town or city.")
    postal_code: str | None = strawberry.field(description="Postal code, as its country writes it.")
    country: str | None = strawberry.field(description="ISO 3166-1 alpha-2 code.")


@strawberry.type(description="A link to a company's page on another network.")
class SocialLink:
    network: str = strawberry.field(description="The network's name.")
    url: URL = strawberry.field(description="The page.")


@strawberry.type(description="The effective value of a switch, and where it comes from.")
class Setting:
    enabled: bool = strawberry.field(description="Whether it is on.")
    source: SettingSource = strawberry.field(description="The account's own override, the partner's default, or neither.")


@strawberry.type(description="What is switched on for a managed account.")
class ManagedAccountSettings:
    pricing: Setting = strawberry.field(description="Whether the account sees prices.")
    chat_support: Setting = strawberry.field(description="Whether the account has support by chat.")
    dashboard: Setting = strawberry.field(description="Whether the account has a dashboard.")
    company_profile: Setting = strawberry.field(description="Whether the account reads its own company profile.")
    order_approval: Setting = strawberry.field(description="Whether the account's orders wait for its partner's approval.")


@strawberry.type(description="What a company is on paper.")
class CompanyProfile:
    legal_name: str = strawberry.field(description="The name of the legal person.")
    registration_number: str | None = strawberry.field(description="In the register of its country.")
    country: str = strawberry.field(description="Where it is registered: ISO 3166-1 alpha-2 code.")
    headquarters: Address | None = strawberry.field(description="Its main site.")
    tax_number: str | None = strawberry.field(description="As its country issues it.")
