"""TEMPORARY, to be deleted together with the fixture in conftest.py once tests/conftest.py has the real `gateway`.

A stand-in that answers just enough to try the page: the types that the examples name, a few rows, prices for most viewers.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from typing import Any

import uvicorn
from graphql import build_schema, graphql
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from transport.portal import PortalViewer, portal_routes

SDL = """
scalar Decimal
scalar Date
type Money { amount: Decimal! currency: String! }
"An interconnection site."
type Location { id: ID! name: String! metro: String! country: String! }
"A physical port in a data centre."
type Port {
  id: ID! name: String! speedMbps: Int! status: String! "Recurring charge per month." monthlyRate: Money location: Location!
}
type PortConnection { nodes: [Port!]! totalCount: Int! }
type MarketplacePort { id: ID! name: String! speedMbps: Int! selectable: Boolean! location: Location! }
type MarketplacePortConnection { nodes: [MarketplacePort!]! totalCount: Int! }
type MarketplaceProfile {
  companyName: String! url: String! visibility: String! providerTypes: [String!]! serviceTypes: [String!]!
  ports(first: Int): MarketplacePortConnection!
}
type MarketplaceProfileConnection { nodes: [MarketplaceProfile!]! totalCount: Int! }
type Setting { enabled: Boolean! source: String! }
type ManagedAccountSettings { pricing: Setting! chatSupport: Setting! orderApproval: Setting! }
type ManagedAccount {
  accountName: String! accountRef: String company: Company! supportedBy: String! settings: ManagedAccountSettings!
}
type ManagedAccountConnection { nodes: [ManagedAccount!]! totalCount: Int! }
type Company { tradingName: String! accountKind: String companyType: String! partner: Company }
type User { name: String! email: String! }
type Viewer { user: User company: Company roles: [String!]! pricingVisible: Boolean! chatSupportEnabled: Boolean! }
type OfferDimension { name: String! unit: String! price: Money }
type Product { title: String! }
type Offer {
  name: String! status: String! seller: Company! buyers: [Company!] product: Product! totalValue: Money
  dimensions: [OfferDimension!]! expiresOn: Date!
}
type OfferConnection { nodes: [Offer!]! totalCount: Int! }
type Query {
  "The one who asks."
  viewer: Viewer!
  ports(first: Int): PortConnection!
  marketplaceProfiles(first: Int): MarketplaceProfileConnection!
  managedAccounts(first: Int): ManagedAccountConnection!
  offers(first: Int): OfferConnection!
}
"""
SCHEMA = build_schema(SDL)
VIEWERS = [
    PortalViewer("reviewer@operator.example", "Operator, reviews profiles"),
    PortalViewer("admin@partner.example", "Partner, company admin"),
    PortalViewer("hidden@managed.example", "Managed account, prices hidden"),
    PortalViewer("shown@managed.example", "Managed account, prices shown"),
    PortalViewer("network@direct.example", "Direct customer, network engineer"),
]


@dataclass(frozen=True)
class Gateway:
    url: str


def running() -> Iterator[Gateway]:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(stand_in(), log_level="warning", lifespan="off", ws="none"))
        thread = Thread(target=asyncio.run, args=(server.serve([listening]),))
        thread.start()
        yield Gateway(f"http://127.0.0.1:{listening.getsockname()[1]}")
        server.should_exit = True
        thread.join()


def stand_in() -> Starlette:
    dist = Path(__file__).parents[2] / "portal" / "dist"
    routes = portal_routes(dist=dist, development=True, viewers=VIEWERS, sign_in=sign_in)
    return Starlette(routes=[Route("/graphql", answer, methods=["POST"]), *routes])


async def sign_in(email: str) -> str | None:
    return f"token-of-{email}" if any(viewer.email == email for viewer in VIEWERS) else None


async def answer(request: Request) -> Response:
    body = await request.json()
    email = request.headers.get("authorization", "").removeprefix("Bearer token-of-")
    priced = email != "" and not email.startswith("hidden")
    result = await graphql(
        SCHEMA,
        body["query"],
        root_value=world(email, priced),
        variable_values=body.get("variables"),
        operation_name=body.get("operationName"),
    )
    response: dict[str, Any] = dict(result.formatted)
    if "monthlyRate" in body["query"] and not priced and not result.errors:
        path = ["ports", "nodes", "*", "monthlyRate"]
        response["extensions"] = {"redactions": [{"path": path, "reason": "HIDDEN_BY_PARTNER"}]}
    return JSONResponse(response, media_type="application/graphql-response+json")


def world(email: str, priced: bool) -> dict[str, Any]:
    money = {"amount": "1250.00", "currency": "EUR"} if priced else None
    location = {"id": "l", "name": "Harbour 1", "metro": "Rotterdam", "country": "NL"}
    company = {"tradingName": "Northwind Fibre", "accountKind": "MANAGED", "companyType": "ENTERPRISE"}
    port = {"id": "p1", "name": "Harbour uplink", "speedMbps": 10000, "status": "ACTIVE", "selectable": True}
    ports = [{**port, "id": f"p{n}", "monthlyRate": money, "location": location} for n in range(1, 4)]
    setting = {"enabled": True, "source": "PARTNER"}
    settings = dict.fromkeys(["pricing", "chatSupport", "orderApproval"], setting)
    account = {"accountName": "Northwind", "company": company, "supportedBy": "PARTNER", "settings": settings}
    profile: dict[str, Any] = {
        "companyName": "Northwind",
        "url": "/p",
        "visibility": "PUBLIC",
        "providerTypes": [],
        "serviceTypes": [],
    }
    offer: dict[str, Any] = {"name": "Backup", "status": "ACCEPTED", "seller": company, "product": {"title": "Backup"}}
    offer |= {"totalValue": money, "dimensions": [], "expiresOn": "2027-01-31"}
    user = {"name": email.partition("@")[0].title(), "email": email} if email else None
    viewer = {"user": user, "company": company if email else None, "roles": ["COMPANY_ADMIN"] if email else []}
    return {
        "ports": {"totalCount": 3, "nodes": ports},
        "viewer": {**viewer, "pricingVisible": priced, "chatSupportEnabled": False},
        "marketplaceProfiles": {
            "totalCount": 1,
            "nodes": [{**profile, "ports": {"totalCount": 3, "nodes": ports}}],
        },
        "managedAccounts": {"totalCount": 1, "nodes": [account]},
        "offers": {"totalCount": 1, "nodes": [offer]},
    }
