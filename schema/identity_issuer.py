"""Identity issuers."""

from __future__ import annotations

from datetime import datetime

import strawberry

from schema.building.fields import column


@strawberry.type(description="The OpenID provider whose tokens a company's members sign in with.")
class IdentityIssuer:
    issuer: str = column("The issuer's URL, exactly as its tokens and its discovery document name it.")
    audience: str = column("The audience that a token must have.")
    created_at: datetime = column("When the issuer was set.")
