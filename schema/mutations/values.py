"""Inputs shared by several mutations."""

from __future__ import annotations

import strawberry

from schema.building.inputs import optional


@strawberry.input(description="A postal address. An address without any fields counts as no address.")
class AddressInput:
    street: str | None = optional("The street and number.")
    city: str | None = optional("The town or city.")
    postal_code: str | None = optional("The postal code, in the format of its country.")
    country: str | None = optional("The country, as an ISO 3166-1 alpha-2 code.")


@strawberry.input(
    description="A company's technical support contact. Email and phone are required if the operator provides the support."
)
class SupportContactInput:
    email: str | None = optional("The contact's email address.")
    phone: str | None = optional("The contact's phone number, including the country code.")
    hours: str | None = optional("The contact's opening hours, at most 200 characters.")
