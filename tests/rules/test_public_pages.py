"""Pages that `url` fields name: anybody can open them, and they show what visitors can see."""

from __future__ import annotations

import re
from http import HTTPStatus
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.client import Client, open_client
from tests.factory import Factory

URL_OF = "query ($id: ID!) { node(id: $id) { ... on MarketplaceProfile { url } ... on Product { url } ... on Offer { url } } }"


async def opened(client: Client, url: str, viewer: str | None = None) -> httpx.Response:
    """Return the page at a URL of the gateway, as a visitor opens it unless a viewer is given."""
    return await client.get(viewer, re.sub(r"^https?://[^/]+", "", url))


async def url_of(client: Client, viewer: str, thing: Any) -> str:
    """Return the URL of an object's page."""
    answer = await client(viewer, URL_OF, id=thing.id)
    url: str = answer.data["node"]["url"]
    return url


async def test_url_of_a_public_profile_leads_to_its_page_R014_V76(client: Client, factory: Factory) -> None:
    """It shows the name, the text and the contacts, and no value is taken for HTML."""
    company = await factory.company()
    profile = await factory.profile(
        company, visibility="PUBLIC", bio="<b>Fast</b>\n\nand near.", website="https://a.example/?b&c"
    )

    page = await opened(client, await url_of(client, company.admin, profile))

    assert HTTPStatus.OK == page.status_code
    assert "<p>&lt;b&gt;Fast&lt;/b&gt;</p>\n<p>and near.</p>" in page.text
    assert '<a href="https://a.example/?b&amp;c" rel="nofollow noreferrer">' in page.text
    assert "no-store" == page.headers["cache-control"]
    assert "default-src 'none'" in page.headers["content-security-policy"]


async def test_private_profile_and_unknown_one_have_the_same_page_R002_V76(client: Client, factory: Factory) -> None:
    """Also for the profile's owner: a page is public or it isn't there."""
    company = await factory.company()
    profile = await factory.profile(company, visibility="PRIVATE")
    url = await url_of(client, company.admin, profile)

    private, signed_in = await opened(client, url), await opened(client, url, company.admin)
    unknown, odd = await opened(client, "/marketplace/nobody"), await opened(client, "/marketplace/%00%FF")

    assert [HTTPStatus.NOT_FOUND] * 4 == [page.status_code for page in (private, signed_in, unknown, odd)]
    assert private.content == signed_in.content == unknown.content == odd.content


async def test_former_address_of_a_profile_leads_to_the_present_one_A3_V76(client: Client, factory: Factory) -> None:
    """Links stay good, but the former address of a private profile says nothing."""
    shown = await factory.company()
    public = await factory.profile(shown, visibility="PUBLIC")
    private = await factory.profile(await factory.company(), visibility="PRIVATE")
    await factory.former_slug(public, "former")
    await factory.former_slug(private, "former-private")

    moved, hidden = await opened(client, "/marketplace/former"), await opened(client, "/marketplace/former-private")

    assert (HTTPStatus.PERMANENT_REDIRECT, await url_of(client, shown.admin, public)) == (
        moved.status_code,
        moved.headers["location"],
    )
    assert HTTPStatus.NOT_FOUND == hidden.status_code


@pytest.mark.parametrize(("visibility", "status"), [("PUBLIC", 200), ("LIMITED", 404), ("RESTRICTED", 404)])
async def test_page_of_a_product_is_public_like_the_product_R314_A38_V76(
    client: Client, factory: Factory, visibility: str, status: int
) -> None:
    """A product that only test accounts or former buyers see has no page."""
    seller = await factory.company()
    facts: dict[str, Any] = {
        "title": "Route audit",
        "summary": "We look.",
        "description": "Twice.",
        "highlights": ["Fast", "Near"],
    }
    product = await factory.product(seller, visibility=visibility, **facts)
    await factory.dimension(product, seller)

    page = await opened(client, await url_of(client, seller.admin, product))

    assert status == page.status_code
    shown = ("<h1>Route audit</h1>\n<p>We look.</p>\n<p>Twice.</p>", f"<dd>{seller.name}</dd>", "Fast; Near", "Day (day)")
    assert [status == HTTPStatus.OK] * 4 == [text in page.text for text in shown]


async def test_page_of_an_offer_says_nothing_about_it_R246_V19_V76(client: Client, factory: Factory) -> None:
    """It's the same for every ID, and leads to the sign-in."""
    seller = await factory.company()
    offer = await factory.offer(seller, [await factory.company()], name="Secret terms")

    page = await opened(client, await url_of(client, seller.admin, offer))
    unknown = await opened(client, "/marketplace/offers/unknown")

    assert HTTPStatus.OK == page.status_code
    assert page.content == unknown.content
    assert '/account/sign-in">Sign in</a>' in page.text


async def test_another_site_serves_the_pages_itself_V76(
    client: Client, factory: Factory, rules_url: str, tmp_path: Path
) -> None:
    """With CROSSGATE_SITE_URL, `url` fields name that site, and the gateway has no pages."""
    company = await factory.company()
    profile = await factory.profile(company, visibility="PUBLIC")
    own = await url_of(client, company.admin, profile)
    async with open_client(rules_url, tmp_path, site_url="https://market.example/") as other:
        url = await url_of(other, company.admin, profile)
        page = await opened(other, url)

    assert HTTPStatus.OK == (await opened(client, own)).status_code
    assert url.startswith("https://market.example/marketplace/")
    assert HTTPStatus.NOT_FOUND == page.status_code
