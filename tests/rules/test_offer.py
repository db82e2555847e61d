"""Private offers: between a seller and its buyers. No buyer learns anything about the others."""

from __future__ import annotations

from typing import Any

import pytest

from tests.client import Client
from tests.factory import Company, Factory
from tests.rules.answers import ids, nodes, payload, redaction_at, response_of

FOUND = "query ($id: ID!) { node(id: $id) { id } offers { nodes { id } totalCount } }"
BUYERS = "query ($id: ID!) { node(id: $id) { ... on Offer { buyers { id } } } }"
RECEIVED = "query ($id: ID!) { company(id: $id) { id receivedOffers { edges { node { id } } nodes { id } totalCount } } }"
MADE = "query ($id: ID!) { company(id: $id) { offers { nodes { id } totalCount } } }"
OF_PRODUCT = "query ($id: ID!) { node(id: $id) { ... on Product { offers { nodes { id } totalCount } } } }"
PRICES = """query ($id: ID!) { node(id: $id) { ... on Offer {
    name paymentModel totalValue { amount currency }
    dimensions { name unit price { amount currency } } instalments { chargeDate amount { amount currency } }
} } }"""
ROLES = ["ACCOUNT_ADMIN", "NETWORK_ADMIN", "MARKETPLACE_EDITOR", "FINANCE", "VIEWER"]
BEFORE_PUBLICATION = ["DRAFT", "PENDING_APPROVAL", "REJECTED"]
FROM_PUBLICATION_ON = ["PUBLISHED", "ACCEPTED", "EXPIRED", "WITHDRAWN"]


def euros(amount: str | None) -> dict[str, str] | None:
    """Return an amount in euros as the response has it."""
    return None if amount is None else {"amount": amount, "currency": "EUR"}


def upfront(total: str | None, *prices: str | None) -> dict[str, Any]:
    """Return an offer that is paid upfront, as PRICES selects it."""
    units = [{"name": f"Unit {n}", "unit": "day", "price": euros(price)} for n, price in enumerate(prices, 1)]
    return {
        "name": "Sample",
        "paymentModel": "UPFRONT",
        "totalValue": euros(total),
        "dimensions": units,
        "instalments": [],
    }


def scheduled(total: str | None, price: str | None, *amounts: str | None) -> dict[str, Any]:
    """Return an offer that is paid in instalments, as PRICES selects it."""
    payments = [{"chargeDate": f"2029-0{n}-01", "amount": euros(amount)} for n, amount in enumerate(amounts, 1)]
    return {**upfront(total, price), "paymentModel": "SCHEDULE", "instalments": payments}


def hidden_amounts(reason: str, *, instalments: bool) -> list[dict[str, Any]]:
    """Return the redactions of all amounts of an offer."""
    paths = ["node.totalValue", "node.dimensions.*.price", *(["node.instalments.*.amount"] if instalments else [])]
    return [redaction_at(path, reason) for path in paths]


@pytest.mark.parametrize("status", BEFORE_PUBLICATION + FROM_PUBLICATION_ON)
async def test_buyer_reads_an_offer_from_its_publication_on_R219_V19(client: Client, factory: Factory, status: str) -> None:
    """A seller reads its offer in every status. Its buyer reads it from publication on, also expired or withdrawn."""
    seller, buyer = await factory.company(), await factory.company()
    offer = await factory.offer(seller, [buyer], status=status)

    by_seller, by_buyer = await client(seller.admin, FOUND, id=offer.id), await client(buyer.admin, FOUND, id=offer.id)

    found, nothing = payload({"node": {"id": offer.id}, "offers": ids(offer)}), payload({"node": None, "offers": ids()})
    assert found == response_of(by_seller)
    assert (found if status in FROM_PUBLICATION_ON else nothing) == response_of(by_buyer)


@pytest.mark.parametrize("status", ["DRAFT", "PUBLISHED"])
@pytest.mark.parametrize("caller", ["the seller's partner", "the operator"])
async def test_sellers_partner_and_operator_read_an_offer_V14_V19(
    client: Client, factory: Factory, caller: str, status: str
) -> None:
    """The partner of a selling account and the operator read its offers, drafts too."""
    partner, operator = await factory.partner(), await factory.operator()
    seller = (await factory.managed_account(partner)).company
    offer = await factory.offer(seller, [await factory.company()], status=status)
    email = operator.admin if caller == "the operator" else partner.admin

    answer = await client(email, FOUND, id=offer.id)

    assert payload({"node": {"id": offer.id}, "offers": ids(offer)}) == response_of(answer)


@pytest.mark.parametrize("status", BEFORE_PUBLICATION + FROM_PUBLICATION_ON)
async def test_buyers_partner_reads_an_offer_as_the_buyer_does_V14_V19(client: Client, factory: Factory, status: str) -> None:
    """A partner reads the offers to its accounts from the same moment as the accounts."""
    partner = await factory.partner()
    buyer = (await factory.managed_account(partner)).company
    offer = await factory.offer(await factory.company(), [buyer], status=status)

    by_buyer, by_partner = await client(buyer.admin, FOUND, id=offer.id), await client(partner.admin, FOUND, id=offer.id)

    found, nothing = payload({"node": {"id": offer.id}, "offers": ids(offer)}), payload({"node": None, "offers": ids()})
    assert (found if status in FROM_PUBLICATION_ON else nothing) == response_of(by_partner)
    assert by_partner.body == by_buyer.body


@pytest.mark.parametrize("kind", ["ANONYMOUS", "DIRECT", "PARTNER", "MANAGED"])
async def test_other_viewers_do_not_read_an_offer_R219_V19_V24(client: Client, factory: Factory, kind: str) -> None:
    """A viewer that is neither seller, buyer nor their partner finds no offer, even if seller and product are public."""
    seller = await factory.company()
    product = await factory.product(seller, visibility="PUBLIC")
    offer = await factory.offer(seller, [await factory.company()], product=product)
    email = await factory.admin_of_kind(kind)

    found = await client(email, FOUND, id=offer.id)
    made = await client(email, MADE, id=seller.id)
    of_product = await client(email, OF_PRODUCT, id=product.id)

    assert payload({"node": None, "offers": ids()}) == response_of(found)
    assert payload({"company": {"offers": ids()}}) == response_of(made)
    assert payload({"node": {"offers": ids()}}) == response_of(of_product)


@pytest.mark.parametrize("role", ROLES)
async def test_only_some_roles_read_offers_V23(client: Client, factory: Factory, role: str) -> None:
    """Administrators, finance, viewers and editors read offers, on both sides. Network administrators don't."""
    seller, buyer = await factory.company(), await factory.company()
    offer = await factory.offer(seller, [buyer])
    selling, buying = await factory.user(seller, role), await factory.user(buyer, role)

    answers = [response_of(await client(user.email, FOUND, id=offer.id)) for user in (selling, buying)]

    nothing = payload({"node": None, "offers": ids()})
    found = payload({"node": {"id": offer.id}, "offers": ids(offer)})
    assert [nothing if role == "NETWORK_ADMIN" else found] * 2 == answers


@pytest.mark.parametrize("role", ROLES)
async def test_same_roles_of_a_partner_read_offers_to_its_accounts_V14_V23(client: Client, factory: Factory, role: str) -> None:
    """A partner's user reads the offers to its accounts only in a role that reads offers."""
    partner = await factory.partner()
    buyer = (await factory.managed_account(partner)).company
    offer = await factory.offer(await factory.company(), [buyer])
    user = await factory.user(partner, role)

    answer = await client(user.email, FOUND, id=offer.id)

    nothing = payload({"node": None, "offers": ids()})
    found = payload({"node": {"id": offer.id}, "offers": ids(offer)})
    assert (nothing if role == "NETWORK_ADMIN" else found) == response_of(answer)


@pytest.mark.parametrize("role", ROLES)
async def test_same_roles_of_a_partner_read_offers_of_its_accounts_V14_V23(client: Client, factory: Factory, role: str) -> None:
    """A partner's user reads the offers that its accounts make only in a role that reads offers."""
    partner = await factory.partner()
    seller = (await factory.managed_account(partner)).company
    offer = await factory.offer(seller, [await factory.company()])
    user = await factory.user(partner, role)

    answer = await client(user.email, FOUND, id=offer.id)

    nothing = payload({"node": None, "offers": ids()})
    found = payload({"node": {"id": offer.id}, "offers": ids(offer)})
    assert (nothing if role == "NETWORK_ADMIN" else found) == response_of(answer)


@pytest.mark.parametrize("caller", ["the seller", "its partner", "the operator"])
async def test_selling_side_and_operator_read_all_buyers_V19(client: Client, factory: Factory, caller: str) -> None:
    """The seller of an offer, its partner and the operator read all of its buyers."""
    partner, operator = await factory.partner(), await factory.operator()
    seller = (await factory.managed_account(partner)).company
    buyers = [await factory.company(), await factory.company()]
    offer = await factory.offer(seller, buyers)
    email = {"the seller": seller.admin, "its partner": partner.admin}.get(caller, operator.admin)

    answer = await client(email, BUYERS, id=offer.id)

    assert payload({"node": {"buyers": [{"id": buyer.id} for buyer in buyers]}}) == response_of(answer)


async def test_buyer_sees_only_itself_among_the_buyers_V19(client: Client, factory: Factory) -> None:
    """A buyer doesn't learn who the other buyers are, even if it can see their companies."""
    seller, buyer, other = await factory.company(), await factory.company(), await factory.company()
    await factory.profile(other)
    offer = await factory.offer(seller, [buyer, other])

    answer = await client(buyer.admin, BUYERS, id=offer.id)

    assert payload({"node": {"buyers": [{"id": buyer.id}]}}) == response_of(answer)


async def test_number_of_buyers_is_hidden_V19_A21(client: Client, factory: Factory) -> None:
    """A buyer gets the same bytes whether it is the only buyer of an offer or not."""
    seller, buyer = await factory.company(), await factory.company()
    product = await factory.product(seller)
    query = "{ offers { totalCount nodes { name buyers { id } seller { id } product { id } totalValue { amount } } } }"

    offer = await factory.offer(seller, [buyer], product=product)
    alone = await client(buyer.admin, query)
    await factory.delete(offer)
    await factory.offer(seller, [await factory.company(), buyer, await factory.company()], product=product)
    among_others = await client(buyer.admin, query)

    assert alone.body == among_others.body


async def test_partner_of_a_buyer_sees_only_its_accounts_among_the_buyers_V19(client: Client, factory: Factory) -> None:
    """A partner sees those buyers of an offer that it manages. Each of them sees itself."""
    partner = await factory.partner()
    first, second = [(await factory.managed_account(partner)).company for _ in range(2)]
    offer = await factory.offer(await factory.company(), [first, await factory.company(), second])

    by_partner, by_first = await client(partner.admin, BUYERS, id=offer.id), await client(first.admin, BUYERS, id=offer.id)

    assert payload({"node": {"buyers": [{"id": first.id}, {"id": second.id}]}}) == response_of(by_partner)
    assert payload({"node": {"buyers": [{"id": first.id}]}}) == response_of(by_first)


async def test_partner_of_a_buyer_sees_no_other_buyer_V19(client: Client, factory: Factory) -> None:
    """A partner sees only its account among the buyers, even if it can see the other company and its partner."""
    partner, elsewhere = await factory.partner(), await factory.partner()
    buyer = (await factory.managed_account(partner)).company
    others = [await factory.company(), (await factory.managed_account(elsewhere)).company]
    for other in others:
        await factory.profile(other)
    offer = await factory.offer(await factory.company(), [buyer, *others])

    answer = await client(partner.admin, BUYERS, id=offer.id)

    assert payload({"node": {"buyers": [{"id": buyer.id}]}}) == response_of(answer)


@pytest.mark.parametrize("kind", ["DIRECT", "MANAGED"])
async def test_buyer_that_is_no_partner_sees_no_other_buyer_A18_V19(client: Client, factory: Factory, kind: str) -> None:
    """Only a partner sees other buyers. A company that seller and buyers wrongly name as their partner doesn't."""
    buyer = await no_partner(factory, kind)
    seller, other = [(await factory.managed_account(buyer)).company for _ in range(2)]
    await factory.profile(other)
    offers = [await factory.offer(seller, [buyer, other]), await factory.offer(await factory.company(), [buyer, other])]

    answers = [response_of(await client(buyer.admin, BUYERS, id=offer.id)) for offer in offers]

    assert [payload({"node": {"buyers": [{"id": buyer.id}]}})] * 2 == answers


async def no_partner(factory: Factory, kind: str) -> Company:
    """A company that can't manage accounts."""
    return await factory.company() if kind == "DIRECT" else (await factory.managed_account(await factory.partner())).company


def received(company: Company, *offers: Any) -> dict[str, Any]:
    """Return the answer to RECEIVED."""
    edges = [{"node": {"id": offer.id}} for offer in offers]
    return payload({"company": {"id": company.id, "receivedOffers": {"edges": edges, **ids(*offers)}}})


async def test_buyer_reads_nothing_that_another_buyer_received_V19(client: Client, factory: Factory) -> None:
    """The list of another buyer's offers is empty, even of the very offer that both received."""
    seller, buyer, other = await factory.company(), await factory.company(), await factory.company()
    await factory.profile(other)

    without = await client(buyer.admin, RECEIVED, id=other.id)
    shared = await factory.offer(seller, [buyer, other])
    await factory.offer(seller, [other])
    with_both = await client(buyer.admin, RECEIVED, id=other.id)
    own = await client(buyer.admin, RECEIVED, id=buyer.id)

    assert received(other) == response_of(without)
    assert without.body == with_both.body
    assert received(buyer, shared) == response_of(own)


async def test_managed_buyer_reads_nothing_that_its_partner_received_V14_V19(client: Client, factory: Factory) -> None:
    """For an offer to a partner and its account, the partner reads both lists and the account only its own."""
    partner = await factory.partner()
    buyer = (await factory.managed_account(partner)).company
    offer = await factory.offer(await factory.company(), [partner, buyer])

    up = await client(buyer.admin, RECEIVED, id=partner.id)
    down = await client(partner.admin, RECEIVED, id=buyer.id)

    assert received(partner) == response_of(up)
    assert received(buyer, offer) == response_of(down)


async def test_seller_reads_its_own_offers_at_its_buyer_V19(client: Client, factory: Factory) -> None:
    """In a buyer's list of received offers, a seller reads and counts only its own."""
    seller, rival, buyer = await factory.company(), await factory.company(), await factory.company()
    ours = await factory.offer(seller, [buyer])
    await factory.offer(rival, [buyer])

    answer = await client(seller.admin, RECEIVED, id=buyer.id)

    assert received(buyer, ours) == response_of(answer)


async def test_buyer_reads_the_offers_it_received_at_the_seller_V19(client: Client, factory: Factory) -> None:
    """In a seller's list of offers, or a product's, a buyer reads its own published ones."""
    seller, buyer, other = await factory.company(), await factory.company(), await factory.company()
    product = await factory.product(seller, visibility="PUBLIC")
    ours = await factory.offer(seller, [buyer], product=product)
    await factory.offer(seller, [buyer], product=product, status="DRAFT")
    await factory.offer(seller, [other], product=product)

    made, of_product = await client(buyer.admin, MADE, id=seller.id), await client(buyer.admin, OF_PRODUCT, id=product.id)

    assert payload({"company": {"offers": ids(ours)}}) == response_of(made)
    assert payload({"node": {"offers": ids(ours)}}) == response_of(of_product)


async def test_status_filter_does_not_reveal_drafts_V19_A16(client: Client, factory: Factory) -> None:
    """A filter for drafts finds a seller's own drafts, and none for a buyer."""
    seller, buyer = await factory.company(), await factory.company()
    draft = await factory.offer(seller, [buyer], status="DRAFT")
    query = "{ offers(filter: {status: DRAFT}) { nodes { id } totalCount } }"

    by_seller, by_buyer = await client(seller.admin, query), await client(buyer.admin, query)

    assert payload({"offers": ids(draft)}) == response_of(by_seller)
    assert payload({"offers": ids()}) == response_of(by_buyer)


async def test_offer_names_its_product_and_seller_R219_V18(client: Client, factory: Factory) -> None:
    """A buyer reads its offer's product and seller, however limited they are otherwise."""
    seller, buyer = await factory.company(), await factory.company()
    offer = await factory.offer(seller, [buyer])
    query = "{ offers { nodes { status product { id } seller { tradingName } contractEndDate expiresOn } } }"

    answer = await client(buyer.admin, query)

    named = {"status": "PUBLISHED", "product": {"id": offer.product.id}, "seller": {"tradingName": seller.name}}
    dates = {"contractEndDate": "2030-01-01", "expiresOn": "2029-01-01"}
    assert payload({"offers": nodes({**named, **dates})}) == response_of(answer)


async def test_managed_buyer_reads_amounts_only_if_prices_are_shown_X7_R121_R122(client: Client, factory: Factory) -> None:
    """Total, prices and instalments of an offer to a managed account follow its partner's pricing setting."""
    account = await factory.managed_account(await factory.partner())
    offer = await factory.offer(
        await factory.company(), [account.company], dimensions=[100_000], instalments=[40_000, 60_000], status="PUBLISHED"
    )

    before = await client(account.admin, PRICES, id=offer.id)
    await factory.setting(account, pricing=True)
    shown = await client(account.admin, PRICES, id=offer.id)
    await factory.setting(account, pricing=False)
    after = await client(account.admin, PRICES, id=offer.id)

    nothing = scheduled(None, None, None, None)
    assert payload({"node": nothing}, *hidden_amounts("HIDDEN_BY_PARTNER", instalments=True)) == response_of(before)
    assert payload({"node": scheduled("1000.00", "1000.00", "400.00", "600.00")}) == response_of(shown)
    assert before.body == after.body


async def test_managed_seller_does_not_read_amounts_of_its_own_offers_A16(client: Client, factory: Factory) -> None:
    """Every monetary field is hidden from a managed viewer whose prices are hidden, including its own offers'."""
    account = await factory.managed_account(await factory.partner())
    offer = await factory.offer(account.company, [await factory.company()], dimensions=[100, 200])

    answer = await client(account.admin, PRICES, id=offer.id)

    redactions = hidden_amounts("HIDDEN_BY_PARTNER", instalments=False)
    assert payload({"node": upfront(None, None, None)}, *redactions) == response_of(answer)


async def test_hidden_amounts_do_not_change_any_byte_X7_A16(client: Client, factory: Factory) -> None:
    """Two offers that differ only in amounts look the same to a managed buyer that sees no prices."""
    account = await factory.managed_account(await factory.partner())
    seller = await factory.company()
    product = await factory.product(seller)
    query = """{ offers { totalCount nodes {
        name totalValue { amount } dimensions { price { amount } } instalments { chargeDate amount { amount } }
    } } }"""

    cheap = await factory.offer(seller, [account.company], product=product, dimensions=[0], instalments=[0, 0])
    of_cheap = await client(account.admin, query)
    await factory.delete(cheap)
    await factory.offer(seller, [account.company], product=product, dimensions=[999], instalments=[998, 1])
    of_dear = await client(account.admin, query)

    assert of_cheap.body == of_dear.body


async def test_partner_reads_the_amounts_of_offers_to_its_accounts_A17_X7(client: Client, factory: Factory) -> None:
    """The partner, which decides and pays, reads what is hidden from a managed buyer. So do seller and operator."""
    partner, operator, seller = await factory.partner(), await factory.operator(), await factory.company()
    account = await factory.managed_account(partner, pricing=False)
    offer = await factory.offer(seller, [account.company], dimensions=[100, 200])

    answers = [response_of(await client(who.admin, PRICES, id=offer.id)) for who in (partner, operator, seller)]

    assert [payload({"node": upfront("3.00", "1.00", "2.00")})] * 3 == answers


@pytest.mark.parametrize("kind", ["DIRECT", "PARTNER", "MANAGED"])
async def test_marketplace_editor_reads_offers_without_amounts_V23(client: Client, factory: Factory, kind: str) -> None:
    """An editor reads an offer to its company but not its amounts, even if its partner shows prices."""
    account = await factory.managed_account(await factory.partner(), pricing=True)
    buyer = account.company if kind == "MANAGED" else await factory.company(kind=kind)
    offer = await factory.offer(await factory.company(), [buyer], dimensions=[100], instalments=[100])
    editor = await factory.user(buyer, "MARKETPLACE_EDITOR")

    answer = await client(editor.email, PRICES, id=offer.id)

    redactions = hidden_amounts("ROLE_REQUIRED", instalments=True)
    assert payload({"node": scheduled(None, None, None)}, *redactions) == response_of(answer)
