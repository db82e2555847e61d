"""The viewer: the facts about the caller that rules can use, and no others.

A viewer has a *shape*, facts that rules can branch on, and *parameters*, values that rules can only compare with stored values.
The policy is compiled once for each shape and serves every viewer of it, so a parameter never decides at compile time.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """The facts that rules can branch on. Viewers with equal shapes share the same compiled policy."""

    kind: str = "ANONYMOUS"  # an AccountKind, ANONYMOUS if not signed in, or USER if signed in for no company (V45)
    roles: tuple[str, ...] = ()  # MemberRole values, sorted (A43)
    supported_by: str | None = None  # a SupportedBy, for managed viewers only (R106)
    pricing_shown: bool = False  # effective settings of a managed viewer's account (V2); False for all others
    chat_shown: bool = False
    dashboard_shown: bool = False
    company_profile_shown: bool = False
    order_approval_required: bool = False  # True if its orders need the partner's approval (V13)
    sign_in_stale: bool = False  # True if the last password is older than RECENT_SIGN_IN, and for API keys (V66)


@dataclass(frozen=True, slots=True, kw_only=True)
class Viewer:
    """One viewer: its shape, and the parameters that are compared with columns. None matches nothing."""

    shape: Shape = Shape()
    user_id: UUID | None = None
    signed_in_id: UUID | None = None  # equals user_id, but None while somebody else views as this user or vouches for it (V53)
    company_id: UUID | None = None
    partner_id: UUID | None = None  # the partner that manages the viewer's company, if any (V14)
    invitation_id: UUID | None = None  # the invitation whose link the viewer holds, for visitors only (V57)
    api_key_id: UUID | None = None  # the API key that the viewer signed in with, if any (V51)
    embed_key_id: UUID | None = None  # the API key that made the viewer's embed session, if any; rules don't know it (V52)
    portal_origin_id: UUID | None = None  # the portal origin that allowed the embed session, if any; rules don't know it (V52)
    identity_id: UUID | None = None  # the identity at the company's issuer that signed in, if any; rules don't know it (V53)
    external_user: str | None = field(default=None, compare=False)  # the embedding portal's name for its user (V52)
    markets: frozenset[str] = frozenset()  # billing markets that the viewer's paying company has enabled (V12, A19)
    session_id: UUID | None = field(default=None, compare=False)  # of a session's access token; rules don't know it
    auth_time: datetime | None = field(
        default=None, compare=False
    )  # when the user signed in, if a session or an issuer says so


RECENT_SIGN_IN: Final = timedelta(minutes=15)
ANONYMOUS: Final = Viewer()
USER: Final = Shape(kind="USER")
COMPANYLESS: Final = (ANONYMOUS.shape.kind, USER.kind)  # the kinds of viewers who act for no company
SHAPE: Final = tuple(each.name for each in fields(Shape))
PARAMETERS: Final = ("user_id", "signed_in_id", "company_id", "partner_id", "api_key_id", "invitation_id")
SETS: Final = ("markets",)
