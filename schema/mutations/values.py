"""Inputs that several mutations take."""

from __future__ import annotations

import strawberry

from schema.building.inputs import optional


@strawberry.input(description="A postal address. One without any line is none.")
class AddressInput:
    street: str | None = optional("Street and number.")
    city: str | None = optional("Town or city.")
    postal_code: str | None = optional("Postal code, as its country writes it.")
    country: str | None = optional("ISO 3166-1 alpha-2 code.")


@strawberry.input(
    description="Whom a company turns to for technical support. Address and phone are required of the operator's."
)
class SupportContactInput:
    email: str | None = optional("Where to write.")
    phone: str | None = optional("Where to call, with the code of the country.")
    hours: str | None = optional("When somebody is there. At most 200 characters.")
