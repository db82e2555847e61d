"""The story of a private offer: from a visitor's interest to a signed contract and its invoices, seen by everyone in it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncEngine

from commands.work.invoices import Period, issued
from models.base import now
from tests.client import ANONYMOUS, Client
from tests.factory import Factory
from tests.rules.mutations import queued_mails, send
from tests.rules.test_offer_changes import END, EXPIRY

OFFER: Final = """query ($id: ID!) { node(id: $id) { ... on Offer {
    status version totalValue { amount } serviceAgreement { pages } dimensions { id price { amount } }
    instalments { amount { amount } }
} } }"""
TODAY: Final = now().date()


async def test_private_offer_from_request_to_invoice_R201_R204_R205_R221_R223_R246_X7_V35_V38(
    client: Client, factory: Factory, rules_engine: AsyncEngine
) -> None:
    """A managed buyer asks, the seller offers above the bound, the operator approves, the partner accepts and pays."""
    operator, partner, seller = await factory.operator(), await factory.partner(), await factory.company()
    account = await factory.managed_account(partner, pricing=False)
    buyer, support = account.company, await factory.user(operator, "SUPPORT")
    product = await factory.product(seller, visibility="PUBLIC")

    await send(client, account.admin, "requestOffer", "received", productId=product.id, message="Both sites, please.")
    lead = (await client(seller.admin, "{ leads { nodes { id status buyerAccountId } } }")).data["leads"]["nodes"][0]
    terms = {
        "productId": product.id,
        "buyerIds": [lead["buyerAccountId"]],
        "name": "Both sites",
        "paymentModel": "SCHEDULE",
        "currency": "EUR",
        "dimensions": [{"name": "Sites", "unit": "site", "price": "300000.01"}],
        "instalments": [
            {"chargeDate": str(TODAY), "amount": "100000.01"},
            {"chargeDate": str(TODAY + timedelta(days=200)), "amount": "200000"},
        ],
        "contractEndDate": END,
        "expiresOn": EXPIRY,
    }
    offer = (await send(client, seller.admin, "createOffer", "offer { id }", **terms))["offer"]["id"]
    waiting = await send(client, seller.admin, "publishOffer", "offer { status waitsFor { side } }", id=offer)
    early = (await client(partner.admin, OFFER, id=offer)).data["node"]
    await send(client, operator.admin, "approveOffer", "offer { id }", id=offer)
    hidden = (await client(account.admin, OFFER, id=offer)).data["node"]
    shown = (await client(partner.admin, OFFER, id=offer)).data["node"]
    accepted = await send(
        client, partner.admin, "acceptOffer", "agreement { id status }", id=offer, version=shown["version"], companyId=buyer.id
    )
    await issued(rules_engine, Period(TODAY.replace(day=1)))

    assert {"status": "PENDING_APPROVAL", "waitsFor": {"side": "OPERATOR"}} == waiting["offer"]
    assert None is early
    assert ("PUBLISHED", None) == (hidden["status"], hidden["totalValue"])
    assert [{"amount": None}, {"amount": None}] == hidden["instalments"]
    assert "300000.01" == shown["totalValue"]["amount"]
    assert "ACTIVE" == accepted["agreement"]["status"]
    assert await lead_status(client, seller.admin) == "PURCHASED"
    assert ["100000.01"] == await charged(client, partner.admin, partner.id)
    assert None is (await client(ANONYMOUS, OFFER, id=offer)).data["node"]

    cancelled = await send(
        client, support.email, "cancelAgreement", "agreement { status }", id=accepted["agreement"]["id"], reason="Moved."
    )
    assert {"status": "CANCELLED"} == cancelled["agreement"]
    mails = await queued_mails(rules_engine)
    assert not any(amount in text for _, _, text in mails for amount in ("300000", "100000", "200000"))
    assert [] == [kind for kind, to, _ in mails if to == account.admin and kind != "AGREEMENT_CANCELLED"]


async def lead_status(client: Client, viewer: str) -> str:
    """The status of the viewer's only lead."""
    (lead,) = (await client(viewer, "{ leads { nodes { status } } }")).data["leads"]["nodes"]
    return str(lead["status"])


async def charged(client: Client, viewer: str, company: str) -> list[Any]:
    """The amounts of the lines of a company's invoices."""
    query = "query ($id: ID!) { company(id: $id) { invoices { nodes { lines { amount { amount } } } } } }"
    invoices = (await client(viewer, query, id=company)).data["company"]["invoices"]["nodes"]
    return [line["amount"]["amount"] for invoice in invoices for line in invoice["lines"]]
