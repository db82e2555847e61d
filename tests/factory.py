"""Creates rows for a test through the models, with defaults for every value that doesn't matter to it.

The database derives some facts itself: management and sales relations between companies. Each created record knows its global
`id`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import count
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

import models
from models import Base
from models.base import now
from models.database import transaction
from models.lifecycle import Staged
from resolvers.identity.email_tokens import hash_of, new_token
from resolvers.values.identifiers import Identifier, parse
from tests.models.factory import add, any_status

TABLES: Final[dict[str, type[Base]]] = {"MarketplacePort": models.Port}  # types with another name than their model


@dataclass(frozen=True)
class Thing:
    """A created row: its type in the API, and its key."""

    type: str
    key: UUID

    @property
    def id(self) -> str:
        """The global id."""
        return str(Identifier(self.type, self.key))


@dataclass(frozen=True)
class User(Thing):
    """A user with an email address and a membership."""

    email: str
    membership: Thing


@dataclass(frozen=True)
class Company(Thing):
    """A company with its first member: an account administrator, or the operator's reviewer."""

    name: str
    user: User

    @property
    def admin(self) -> str:
        """The email address of the first member."""
        return self.user.email


@dataclass(frozen=True)
class Account(Thing):
    """A managed account with its company and its partner."""

    name: str
    company: Company
    partner: Company

    @property
    def admin(self) -> str:
        """The email address of the managed company's account administrator."""
        return self.company.admin


@dataclass(frozen=True)
class Location(Thing):
    """A data centre with its name."""

    name: str


@dataclass(frozen=True)
class Port(Thing):
    """A port with its company, its location and its record on the Marketplace."""

    company: Company
    location: Location

    @property
    def on_marketplace(self) -> Thing:
        """The same port as the public sees it."""
        return Thing("MarketplacePort", self.key)


@dataclass(frozen=True)
class Invoice(Thing):
    """An invoice with its number."""

    number: str


@dataclass(frozen=True)
class Offer(Thing):
    """An offer with its product."""

    product: Thing


class Factory:
    """Creates rows in the database of one test."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._numbers = count(1)
        self.now = now()

    async def company(
        self, *, kind: str = "DIRECT", partner: Company | None = None, name: str | None = None, **values: Any
    ) -> Company:
        """Create a VERIFIED company with one member."""
        name = name or f"Company {next(self._numbers)}"
        status = {"verification_status": "VERIFIED"}
        facts = {"trading_name": name, "legal_name": name, "country": "DE", **status, **values}
        key = await self._add(models.Company, account_kind=kind, partner_id=partner and partner.key, **facts)
        user = await self.user(Thing("Company", key), "REVIEWER" if kind == "OPERATOR" else "ACCOUNT_ADMIN")
        return Company("Company", key, name, user)

    async def partner(self, name: str | None = None, **values: Any) -> Company:
        """Create a company that manages accounts for others."""
        return await self.company(kind="PARTNER", name=name, **values)

    async def operator(self) -> Company:
        """Create the company that runs the gateway."""
        return await self.company(kind="OPERATOR", name="The operator")

    async def support(self) -> User:
        """Create the operator with a support user, and return the user."""
        return await self.user(await self.operator(), "SUPPORT")

    async def managed_account(
        self,
        partner: Company,
        *,
        name: str | None = None,
        ref: str | None = None,
        supported_by: str = "PARTNER",
        company: dict[str, Any] | None = None,
        **settings: bool | None,
    ) -> Account:
        """Create an account that the partner manages, with its own settings and its company, which has the values `company`."""
        name = name or f"Account {next(self._numbers)}"
        managed = await self.company(**{"kind": "MANAGED", "partner": partner, **(company or {})})
        facts = {"account_name": name, "account_ref": ref, "supported_by": supported_by, **settings}
        key = await self._add(models.ManagedAccount, company_id=managed.key, partner_id=partner.key, **facts)
        return Account("ManagedAccount", key, name, managed, partner)

    async def admin_of_kind(self, kind: str) -> str | None:
        """Create a company of a kind and return its administrator's email address, or None for an anonymous visitor."""
        if kind == "ANONYMOUS":
            return None
        if kind == "MANAGED":
            return (await self.managed_account(await self.partner())).admin
        return (await self.company(kind=kind)).admin

    async def defaults(self, partner: Company, **settings: bool | None) -> None:
        """Set the partner's defaults for all the accounts that it manages."""
        await self._add(models.PartnerDefaults, partner_id=partner.key, **settings)

    async def setting(self, account: Account, **settings: bool | None) -> None:
        """Set one account's own settings. None unsets a setting."""
        await self.change(account, **settings)

    async def user(self, company: Thing, *roles: str, name: str = "Sam Sample", job_title: str | None = None) -> User:
        """Create a user that is a member of the company, as account administrator by default."""
        email = f"user{next(self._numbers)}@sample.example"
        key = await self._add(models.User, email=email, name=name, job_title=job_title)
        held = list(roles) or ["ACCOUNT_ADMIN"]
        membership = await self._add(models.Membership, user_id=key, company_id=company.key, roles=held)
        return User("User", key, email, Thing("Membership", membership))

    async def member(self, user: User, company: Thing, *roles: str) -> Thing:
        """Add the user to another company, as account administrator by default."""
        held = list(roles) or ["ACCOUNT_ADMIN"]
        return Thing("Membership", await self._add(models.Membership, user_id=user.key, company_id=company.key, roles=held))

    async def location(self, name: str | None = None, *, market: str = "DE", status: str = "ACTIVE", **values: Any) -> Location:
        """Create a data centre."""
        name = name or f"Location {next(self._numbers)}"
        place = {"metro": "Frankfurt", "country": "DE", "latitude": 50.11, "longitude": 8.68, "speeds_mbps": [1_000, 10_000]}
        key = await self._add(models.Location, name=name, market=market, status=status, **{**place, **values})
        return Location("Location", key, name)

    async def port(
        self,
        company: Company,
        location: Location | None = None,
        *,
        visibility: str | None = None,
        status: str = "ACTIVE",
        monthly_rate: int = 125_000,
        setup_fee: int = 50_000,
        **values: Any,
    ) -> Port:
        """Create a port of the company. Prices are minor units, so the default is 1250.00 EUR a month."""
        location = location or await self.location()
        facts = {"name": f"Port {next(self._numbers)}", "speed_mbps": 1_000, "term_months": 12, "currency": "EUR", **values}
        key = await self._add(
            models.Port,
            company_id=company.key,
            location_id=location.key,
            **_without_none(visibility=visibility),
            status=status,
            monthly_rate=monthly_rate,
            setup_fee=setup_fee,
            **facts,
        )
        return Port("Port", key, company, location)

    async def orderable(self, payer: Company, location: Location | None = None, **price: Any) -> Location:
        """Create a location with a price, in a billing market that the payer has enabled."""
        location = location or await self.location()
        await self.billing_market(payer)
        await self.price(location, **price)
        return location

    async def order_approval(
        self, account: Account, location: Location | None = None, *, status: str = "PENDING", **values: Any
    ) -> Thing:
        """Create an order of the account for 1250.00 EUR a month. It expires in a day."""
        location = location or await self.location()
        facts = {"name": f"Order {next(self._numbers)}", "speed_mbps": 1_000, "term_months": 12, "currency": "EUR"}
        prices = {"monthly_rate": 125_000, "setup_fee": 50_000}
        done = {} if status == "PENDING" else {"decided_at": self.now}
        port = await self.port(account.company, location, status="REQUESTED") if status == "APPROVED" else None
        people = {"requested_by": account.company.user.key, "port_id": port and port.key}
        dates = {"expires_at": self.now + timedelta(days=1), **done}
        key = await self._add(
            models.OrderApproval,
            company_id=account.company.key,
            location_id=location.key,
            status=status,
            **{**facts, **prices, **people, **dates, **values},
        )
        return Thing("OrderApproval", key)

    async def price(
        self,
        location: Location,
        *,
        kind: str = "PORT",
        speed_mbps: int = 1_000,
        term_months: int = 12,
        monthly_rate: int = 30_000,
        setup_fee: int = 5_000,
        currency: str = "EUR",
    ) -> None:
        """Set the price of a port or a connection in the location, in minor units: 300.00 EUR a month and 50.00 once by default."""
        terms = {"kind": kind, "speed_mbps": speed_mbps, "term_months": term_months, "currency": currency}
        amounts = {"monthly_rate": monthly_rate, "setup_fee": setup_fee}
        await self._add(models.Price, location_id=location.key, **terms, **amounts)

    async def invoice(
        self,
        payer: Company,
        *,
        month: date = date(2026, 1, 1),
        currency: str = "EUR",
        lines: Sequence[tuple[Company | None, int]] = ((None, 125_000),),
        port: Thing | None = None,
    ) -> Invoice:
        """Create a month's invoice with lines of these amounts, each for a managed company or, if None, the payer itself.

        All lines are for the port, if one is given.
        """
        number, end = f"INV-{next(self._numbers):05d}", date(month.year + month.month // 12, month.month % 12 + 1, 1)
        total = sum(amount for _, amount in lines)
        period = {"period_start": month, "period_end": end - timedelta(days=1)}
        key = await self._add(models.Invoice, company_id=payer.key, number=number, currency=currency, total=total, **period)
        for place, (company, amount) in enumerate(lines, 1):
            facts = {"description": f"Charge {place}", "amount": amount, "currency": currency, "port_id": port and port.key}
            await self._add(models.InvoiceLine, invoice_id=key, account_company_id=company and company.key, **facts)
        return Invoice("Invoice", key, number)

    async def profile(
        self,
        company: Company,
        *,
        visibility: str | None = "PUBLIC",
        name: str | None = None,
        slug: str | None = None,
        **values: Any,
    ) -> Thing:
        """Create the company's Marketplace profile in the category CLOUD. A visibility of None keeps the model's default."""
        await self.provider_type("CLOUD", "Cloud")
        facts = {"contact_email": "sales@sample.example", "phone": "+49 69 5550100", "provider_types": ["CLOUD"], **values}
        key = await self._add(
            models.MarketplaceProfile,
            company_id=company.key,
            company_name=name or company.name,
            slug=slug or f"slug-{next(self._numbers)}",
            **_without_none(visibility=visibility),
            **facts,
        )
        return Thing("MarketplaceProfile", key)

    async def invitation(self, company: Company, email: str, *roles: str, token: str | None = None, **values: Any) -> Thing:
        """Create an open invitation to the company, as a VIEWER by default, with a known token or an unknown one."""
        facts = {"invited_by_id": company.user.key, "expires_at": self.now + timedelta(days=7), **values}
        held, hashed = list(roles) or ["VIEWER"], hash_of(token or new_token())
        key = await self._add(models.Invitation, company_id=company.key, email=email, roles=held, token_hash=hashed, **facts)
        return Thing("Invitation", key)

    async def image(self, company: Company, *, width: int = 200, height: int = 200) -> Thing:
        """Create an image of the company that no profile uses. Its content is `logo of NAME`."""
        facts = {"media_type": "image/png", "width": width, "height": height, "content": f"logo of {company.name}".encode()}
        return Thing("Image", await self._add(models.Image, company_id=company.key, **facts))

    async def logo(self, company: Company, profile: Thing, *, width: int = 200, height: int = 200) -> Thing:
        """Create an image of the company as its profile's logo."""
        image = await self.image(company, width=width, height=height)
        await self.change(profile, logo_id=image.key)
        return image

    async def api_key_user(self, company: Thing) -> Thing:
        """Create an API key of the company, which nobody knows, and return the user that it acts as."""
        user = await self._add(models.User, name="Program")
        facts = {"name": "Program", "prefix": new_token(), "secret_hash": hash_of(new_token()), "roles": ["VIEWER"]}
        expiry = self.now + timedelta(days=7)
        await self._add(models.ApiKey, company_id=company.key, user_id=user, expires_at=expiry, **facts)
        return Thing("User", user)

    async def portal_origin(self, company: Thing, origin: str, *, is_verified: bool = True) -> Thing:
        """Create an origin of the company's portal."""
        facts = {"proof": f"proof of {origin}", "verified_at": self.now if is_verified else None}
        return Thing("PortalOrigin", await self._add(models.PortalOrigin, company_id=company.key, origin=origin, **facts))

    async def photo(self, user: Thing) -> Thing:
        """Create a photo of the user."""
        facts = {"media_type": "image/png", "width": 200, "height": 200, "content": b"photo"}
        return Thing("Image", await self._add(models.Image, user_id=user.key, photo_of_id=user.key, **facts))

    async def former_slug(self, profile: Thing, slug: str) -> None:
        """Give the profile a former slug."""
        await self._run(sa.insert(models.ProfileSlug).values(slug=slug, profile_id=profile.key))

    async def provider_type(self, code: str, label: str) -> None:
        """Create a category of services, unless it exists."""
        async with self._engine.connect() as connection:
            existing = await connection.scalar(sa.select(models.ProviderType.id).where(models.ProviderType.code == code))
        if existing is None:
            await self._add(models.ProviderType, code=code, label=label)

    async def service_type(self, code: str, label: str, provider_type: str) -> None:
        """Create a sub-category of a category of services."""
        await self._add(models.ServiceType, code=code, label=label, provider_type=provider_type)

    async def product(self, seller: Company, *, visibility: str | None = None, title: str = "Sample", **values: Any) -> Thing:
        """Create a published product of the seller. Without a visibility it has the model's default."""
        facts = {"kind": "SERVICE", "categories": ["TRAINING"], "slug": f"slug-{next(self._numbers)}", "published_at": self.now}
        key = await self._add(
            models.Product, company_id=seller.key, title=title, **_without_none(visibility=visibility), **{**facts, **values}
        )
        return Thing("Product", key)

    async def revision(
        self, product: Thing, seller: Company, *, status: str = "DRAFT", number: int = 1, **values: Any
    ) -> Thing:
        """Create a revision of a product. It's the product's draft if it was never published."""
        draft_of = None if status in ("PUBLISHED", "SUPERSEDED") else product.key
        facts = {"title": "Sample", "categories": ["TRAINING"], "draft_of_id": draft_of, **values}
        owner = {"company_id": seller.key, "product_id": product.key}
        key = await self._add(models.ProductRevision, status=status, number=number, **owner, **facts)
        return Thing("ProductRevision", key)

    async def dimension(self, product: Thing, seller: Company, name: str = "Day") -> Thing:
        """Create a dimension of a product, priced by the day."""
        owner = {"company_id": seller.key, "product_id": product.key}
        return Thing("ProductDimension", await self._add(models.ProductDimension, name=name, unit="day", **owner))

    async def former_product_slug(self, product: Thing, slug: str) -> None:
        """Give the product a former slug."""
        await self._run(sa.insert(models.ProductSlug).values(slug=slug, product_id=product.key))

    async def seller_registration(self, seller: Company) -> None:
        """Register the company as a seller. Nobody can decrypt the account's number."""
        account = {"bank_account_country": "DE", "bank_account_last4": "3000", "bank_account_number": b"encrypted"}
        await self._add(models.SellerRegistration, company_id=seller.key, account_holder=seller.name, **account)

    async def test_account(self, product: Thing, company: Company) -> None:
        """Make the company a test account of a limited product."""
        await self._add(models.ProductTestAccount, product_id=product.key, company_id=company.key)

    async def no_test_account(self, product: Thing, company: Company) -> None:
        """Remove the company from the product's test accounts."""
        invited = models.ProductTestAccount
        await self._run(sa.delete(invited).where(invited.product_id == product.key, invited.company_id == company.key))

    async def offer(
        self,
        seller: Company,
        buyers: Sequence[Company],
        *,
        product: Thing | None = None,
        status: str = "PUBLISHED",
        name: str = "Sample",
        currency: str = "EUR",
        dimensions: Sequence[int] = (50_000,),
        instalments: Sequence[int] = (),
        expires_on: date | None = date(2029, 1, 1),
    ) -> Offer:
        """Create an offer to the buyers, with dimensions of these prices and instalments of these amounts, in minor units."""
        product = product or await self.product(seller)
        key = await self._add(
            models.Offer,
            company_id=seller.key,
            product_id=product.key,
            name=name,
            status=status,
            payment_model="SCHEDULE" if instalments else "UPFRONT",
            currency=currency,
            total_value=sum(instalments or dimensions),
            contract_end_date=date(2030, 1, 1),
            expires_on=expires_on,
        )
        for buyer in buyers:
            await self._add(models.OfferBuyer, offer_id=key, company_id=buyer.key)
        for number, price in enumerate(dimensions, 1):
            facts = {"position": number, "name": f"Unit {number}", "unit": "day", "currency": currency}
            await self._add(models.OfferDimension, offer_id=key, price=price, **facts)
        for month, amount in enumerate(instalments, 1):
            await self._add(models.Instalment, offer_id=key, charge_date=date(2029, month, 1), amount=amount, currency=currency)
        return Offer("Offer", key, product)

    async def lead(self, company: Company, product: Thing, requester: Company, **values: Any) -> Thing:
        """Create a lead: the requester has asked the company for an offer for its product."""
        facts = {"source": "OFFER_REQUEST", "product_id": product.key, "requester_id": requester.key, **values}
        return Thing("Lead", await self._add(models.Lead, company_id=company.key, **facts))

    async def agreement(self, offer: Offer, buyer: Company, *, starts_on: date, total_value: int, **values: Any) -> Thing:
        """Create an agreement about the first dimension of an offer."""
        dimension = models.OfferDimension.offer_id == offer.key
        query = sa.select(models.OfferDimension.id).where(dimension).order_by(models.OfferDimension.position).limit(1)
        async with self._engine.connect() as connection:
            key = (await connection.execute(query)).scalar_one()
        facts = {"ends_on": date(2030, 1, 1), "currency": "EUR", "dimension_ids": [key], **values}
        owner = {"offer_id": offer.key, "company_id": buyer.key}
        made = await self._add(models.Agreement, **owner, starts_on=starts_on, total_value=total_value, **facts)
        return Thing("Agreement", made)

    async def due(self, offer: Offer, *days: date) -> None:
        """Let the instalments of an offer be due on these days."""
        own = models.Instalment.offer_id == offer.key
        async with self._engine.connect() as connection:
            keys = (
                await connection.execute(sa.select(models.Instalment.id).where(own).order_by(models.Instalment.id))
            ).scalars()
            for key, day in zip(keys, days, strict=True):
                changed = sa.update(models.Instalment).where(models.Instalment.id == key).values(charge_date=day)
                await connection.execute(changed)

    async def age_documents(self, *, days: int) -> None:
        """Let all documents have been uploaded some days ago."""
        await self._run(sa.update(models.Document).values(uploaded_at=self.now - timedelta(days=days)))

    @staticmethod
    def known(kind: str, text: str) -> Thing:
        """Return the row with a global id."""
        return Thing(kind, parse(text, "id", kind).key)

    async def end_agreements(self, ends_on: date) -> None:
        """Let all agreements end on a day."""
        await self._run(sa.update(models.Agreement).values(starts_on=ends_on, ends_on=ends_on))

    async def connection_request(self, port: Port, target: Port, *, status: str = "PENDING", name: str = "Sample") -> Thing:
        """Create a request to connect a port to a target."""
        ends = {"company_id": port.company.key, "port_id": port.key, "target_port_id": target.key}
        facts = {"name": name, "status": status, "rate_limit_mbps": 500}
        key = await self._add(models.ConnectionRequest, **ends, **facts)
        return Thing("ConnectionRequest", key)

    async def billing_market(self, company: Company, market: str = "DE", *, enabled: bool = True) -> Thing:
        """Create a market in which the company is billed."""
        facts = {"market": market, "currency": "EUR", "enabled": enabled}
        return Thing("BillingMarket", await self._add(models.BillingMarket, company_id=company.key, **facts))

    async def notification(
        self, user: User, company: Thing, *, kind: str = "SECURITY", title: str = "Sample", **values: Any
    ) -> Thing:
        """Create a notification for the user as a member of the company."""
        facts = {"user_id": user.key, "company_id": company.key, "kind": kind, "title": title, "body": "Sample text.", **values}
        return Thing("Notification", await self._add(models.Notification, **facts))

    async def audit_event(
        self, actor: Company | None, *, kind: str = "DENIAL", seen_as: Company | None = None, **values: Any
    ) -> Thing:
        """Create an audit event of a company's first member, who may view as the first member of the company `seen_as`."""
        facts = {
            "company_id": actor and actor.key,
            "actor_company_id": actor and actor.key,
            "user_id": actor and actor.user.key,
        }
        other = {"as_company_id": seen_as.key, "as_user_id": seen_as.user.key, "company_id": seen_as.key} if seen_as else {}
        return Thing("AuditEvent", await self._add(models.AuditEvent, kind=kind, **{**facts, **other, **values}))

    async def support_details(self, company: Company, supported_by: str = "PARTNER") -> None:
        """Create the company's contact details for technical support."""
        facts = {"email": "help@sample.example", "phone": "+49 69 5550199", "hours": "always"}
        await self._add(models.SupportDetails, company_id=company.key, supported_by=supported_by, **facts)

    async def change(self, thing: Thing, **values: Any) -> None:
        """Update a record. It can get any status, even if no step of its lifecycle leads to it."""
        model = _model(thing)
        update = sa.update(model).where(model.id == thing.key).values(**values)
        if issubclass(model, Staged) and model.LIFECYCLE.column in values:
            async with transaction(self._engine) as session:
                connection = await session.connection()
                async with any_status(connection, model):
                    await connection.execute(update)
        else:
            await self._run(update)

    async def delete(self, thing: Thing) -> None:
        """Delete a record."""
        model = _model(thing)
        await self._run(sa.delete(model).where(model.id == thing.key))

    async def count(self, entity: str) -> int:
        """Count the records of a type."""
        async with self._engine.connect() as connection:
            counted = sa.select(sa.func.count()).select_from(getattr(models, entity))
            return int((await connection.execute(counted)).scalar_one())

    async def owner(self, thing: Thing) -> tuple[UUID, UUID | None]:
        """Return the keys of a record's company and of the partner that manages it."""
        model = _model(thing)
        async with self._engine.connect() as connection:
            found = (await connection.execute(sa.select(model.company_id, model.partner_id).where(model.id == thing.key))).one()
        return found.company_id, found.partner_id

    async def _add(self, model: type[Base], **values: Any) -> UUID:
        async with self._engine.connect() as connection:
            return UUID(str(await add(connection, model, **values)))

    async def _run(self, statement: sa.Insert | sa.Update | sa.Delete) -> None:
        async with self._engine.connect() as connection:
            await connection.execute(statement)


def _model(thing: Thing) -> Any:
    return TABLES.get(thing.type) or getattr(models, thing.type)


def _without_none(**values: Any) -> dict[str, Any]:
    """Return the values that aren't None. The model has defaults for the others."""
    return {name: value for name, value in values.items() if value is not None}
