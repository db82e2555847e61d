"""Support details."""

from __future__ import annotations

import strawberry

from models.managed_account import SupportedBy
from schema.building.fields import column
from schema.building.scalars import EmailAddress


@strawberry.type(description="A company's technical support contact.")
class SupportDetails:
    supported_by: SupportedBy = column("Who provides the support.")
    email: EmailAddress | None = column("The email address of the support team.")
    phone: str | None = column("The phone number of the support team.")
    hours: str | None = column("The support team's opening hours.")
    version: int | None = column("The current version. Send it with the next edit.")
