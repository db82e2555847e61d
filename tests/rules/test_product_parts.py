"""Dimensions and logos of products: whoever reads a product reads them, and nobody else does."""

from __future__ import annotations

from typing import Any, Final

import pytest

from tests.client import ANONYMOUS, Client
from tests.factory import Factory
from tests.rules.mutations import send

PRODUCT: Final = "query ($id: ID!) { node(id: $id) { ... on Product { logo { url } dimensions { id name unit } } } }"
DIMENSION: Final = "query ($id: ID!) { node(id: $id) { ... on ProductDimension { name unit viewerCan } } }"
STATES: Final[dict[str, dict[str, Any]]] = {
    "unpublished": {"visibility": "LIMITED", "published_at": None},
    "limited": {"visibility": "LIMITED"},
    "public": {"visibility": "PUBLIC"},
    "restricted": {"visibility": "RESTRICTED"},
    "removed": {"visibility": "REMOVED"},
}
BUYERS: Final = {"buyer", "the buyer's partner"}
ALWAYS: Final = {"seller", "the seller's partner", "operator"}
READERS: Final = {
    "unpublished": ALWAYS,
    "limited": ALWAYS | BUYERS | {"test account"},
    "public": ALWAYS | BUYERS | {"test account", "stranger", "visitor"},
    "restricted": ALWAYS | BUYERS,
    "removed": ALWAYS | BUYERS,
}


@pytest.mark.parametrize("state", STATES)
async def test_who_reads_a_product_reads_its_dimensions_and_logo_R210_R219_R220_R250_R254_R264_V14_V18_V29(
    client: Client, factory: Factory, state: str
) -> None:
    """Each dimension can also be read by its ID, by the same viewers. The file of the logo is for them too."""
    sellers_partner, buyers_partner = await factory.partner(), await factory.partner()
    seller = (await factory.managed_account(sellers_partner)).company
    buyer = (await factory.managed_account(buyers_partner)).company
    tester, stranger, operator = await factory.company(), await factory.company(), await factory.operator()
    product = await factory.product(seller)
    await factory.test_account(product, tester)
    await factory.offer(seller, [buyer], product=product)
    dimension, logo = await factory.dimension(product, seller), await factory.image(seller)
    await factory.change(product, logo_id=logo.key, **STATES[state])
    viewers = {
        "seller": seller.admin,
        "the seller's partner": sellers_partner.admin,
        "operator": operator.admin,
        "buyer": buyer.admin,
        "the buyer's partner": buyers_partner.admin,
        "test account": tester.admin,
        "stranger": stranger.admin,
        "visitor": ANONYMOUS,
    }

    shown = {name: (await client(viewer, PRODUCT, id=product.id)).data["node"] for name, viewer in viewers.items()}
    by_id = {name: (await client(viewer, DIMENSION, id=dimension.id)).data["node"] for name, viewer in viewers.items()}

    readers = READERS[state]
    assert readers == {name for name, node in shown.items() if node is not None}
    assert readers == {name for name, node in by_id.items() if node is not None}
    assert {"name": "Day", "unit": "day", "viewerCan": ["READ"]} == by_id["seller"]
    assert all(shown[name]["dimensions"] == [{"id": dimension.id, "name": "Day", "unit": "day"}] for name in readers)
    # A managed account never reads its own images, whatever they are used for (R116).
    assert readers - {"seller"} == {name for name in readers if shown[name]["logo"] is not None}


async def test_nothing_changes_or_removes_a_dimension_R250_R251(client: Client, factory: Factory) -> None:
    """Whoever reads a dimension can do nothing to it. A request can only name new ones."""
    seller = await factory.company()
    await factory.seller_registration(seller)
    product = await factory.product(seller, supports=["PORTS"])
    dimension = await factory.dimension(product, seller)

    can = (await client(seller.admin, DIMENSION, id=dimension.id)).data["node"]["viewerCan"]
    again = await send(
        client,
        seller.admin,
        "addProductDimensions",
        "changeRequest { id }",
        productId=product.id,
        dimensions=[{"name": "Day", "unit": "hour"}],
    )

    assert ["READ"] == can
    assert ["DUPLICATE"] == [error["code"] for error in again["userErrors"]]
