"""Images: logos, seen and served while their profile is."""

from __future__ import annotations

from urllib.parse import urlsplit

import httpx
import pytest

from tests.asking import ANONYMOUS, Asking
from tests.given import Given, Thing
from tests.rules.answers import hidden, told, whole

LOGO = """query ($id: ID!) { node(id: $id) { ... on MarketplaceProfile {
    logo { width height mediaType isRecommendedSize }
} } }"""
URL = "query ($id: ID!) { node(id: $id) { ... on MarketplaceProfile { logo { url } } } }"
NODE = "query ($id: ID!) { node(id: $id) { id } }"
SMALL = {"width": 200, "height": 200, "mediaType": "PNG", "isRecommendedSize": True}


async def fetch(ask: Asking, email: str | None, path: str) -> httpx.Response:
    """The file at a path, as a user or a visitor gets it."""
    headers = {} if email is None else {"Authorization": f"Bearer {await ask._token(email)}"}
    return await ask.client.get(path, headers=headers)


async def path_of(ask: Asking, email: str, profile: Thing) -> str:
    """Where the logo of a profile is served."""
    answer = await ask(email, URL, id=profile.id)
    return str(urlsplit(answer.data["node"]["logo"]["url"]).path)


@pytest.mark.parametrize("kind", ["ANONYMOUS", "DIRECT", "PARTNER", "MANAGED", "OPERATOR"])
async def test_logo_of_a_public_profile_is_seen_by_everybody_R006_R010(ask: Asking, given: Given, kind: str) -> None:
    """Everybody reads the logo of a public profile, and gets the picture itself."""
    company = await given.company(name="Alpine")
    profile = await given.profile(company)
    await given.logo(company, profile)
    email = await given.somebody(kind)

    answer = await ask(email, LOGO, id=profile.id)
    served = await fetch(ask, email, await path_of(ask, company.admin, profile))

    assert told({"node": {"logo": SMALL}}) == whole(answer)
    assert (200, "image/png", b"logo of Alpine") == (served.status_code, served.headers["content-type"], served.content)


@pytest.mark.parametrize(("width", "height", "recommended"), [(200, 200, True), (200, 201, False), (4096, 1, False)])
async def test_recommended_size_of_a_logo_is_advice_R007_A2(
    ask: Asking, given: Given, width: int, height: int, recommended: bool
) -> None:
    """A logo of any size is shown, with a word on whether it is the recommended one."""
    company = await given.company()
    profile = await given.profile(company)
    await given.logo(company, profile, width=width, height=height)

    answer = await ask(ANONYMOUS, LOGO, id=profile.id)

    logo = {"width": width, "height": height, "mediaType": "PNG", "isRecommendedSize": recommended}
    assert told({"node": {"logo": logo}}) == whole(answer)


async def test_logo_is_hidden_with_its_profile_R011_A21(ask: Asking, given: Given) -> None:
    """When a profile turns private, its picture is gone for others, as one that was never there, but not for its company."""
    company = await given.company()
    profile = await given.profile(company)
    image = await given.logo(company, profile)
    path = await path_of(ask, company.admin, profile)
    await given.change(profile, visibility="PRIVATE")

    own, hidden_one = await fetch(ask, company.admin, path), await fetch(ask, ANONYMOUS, path)
    await given.change(profile, logo_id=None)
    await given.no_more(image)
    absent_one = await fetch(ask, ANONYMOUS, path)

    assert (200, f"logo of {company.name}".encode()) == (own.status_code, own.content)
    assert 404 == hidden_one.status_code
    assert without_request_id(absent_one) == without_request_id(hidden_one)


def without_request_id(response: httpx.Response) -> object:
    """What a refusal says, but for the id that each request has of its own."""
    body = response.json()
    for error in body["errors"]:
        error["extensions"].pop("requestId", None)
    return response.status_code, body


async def test_operator_sees_the_logo_of_a_private_profile_R006(ask: Asking, given: Given) -> None:
    """The operator reads every profile, and its picture with it."""
    company, operator = await given.company(), await given.operator()
    profile = await given.profile(company, visibility="PRIVATE")
    await given.logo(company, profile)

    answer = await ask(operator.admin, LOGO, id=profile.id)
    served = await fetch(ask, operator.admin, await path_of(ask, company.admin, profile))

    assert told({"node": {"logo": SMALL}}) == whole(answer)
    assert 200 == served.status_code


@pytest.mark.parametrize("visibility", ["PUBLIC", "PRIVATE"])
async def test_managed_account_does_not_see_its_own_logo_R002_R116_A9(ask: Asking, given: Given, visibility: str) -> None:
    """A logo is part of the profile: a managed account gets neither its own logo nor the picture, its partner both."""
    partner = await given.partner()
    account = await given.managed_account(partner)
    profile = await given.profile(account.company, visibility=visibility)
    await given.logo(account.company, profile)
    path = await path_of(ask, partner.admin, profile)
    query = "{ viewer { company { marketplaceProfile { logo { url } } } } }"

    below, picture = await ask(account.admin, query), await fetch(ask, account.admin, path)
    by_partner, for_partner = await ask(partner.admin, LOGO, id=profile.id), await fetch(ask, partner.admin, path)

    redaction = hidden("viewer.company.marketplaceProfile", "NOT_FOR_MANAGED_ACCOUNTS")
    assert told({"viewer": {"company": {"marketplaceProfile": None}}}, redaction) == whole(below)
    assert 404 == picture.status_code
    assert told({"node": {"logo": SMALL}}) == whole(by_partner)
    assert 200 == for_partner.status_code


@pytest.mark.parametrize("kind", ["DIRECT", "PARTNER", "MANAGED"])
async def test_logo_of_a_private_profile_is_for_nobody_else_R011_A9(ask: Asking, given: Given, kind: str) -> None:
    """Whoever knows where a private profile's logo is served gets nothing there, another partner neither."""
    partner = await given.partner()
    account = await given.managed_account(partner)
    profile = await given.profile(account.company, visibility="PRIVATE")
    await given.logo(account.company, profile)
    email = await given.somebody(kind)

    served = await fetch(ask, email, await path_of(ask, partner.admin, profile))

    assert 404 == served.status_code


@pytest.mark.parametrize("kind", ["DIRECT", "MANAGED"])
async def test_logo_is_not_for_a_company_that_is_no_partner_A18_A9(ask: Asking, given: Given, kind: str) -> None:
    """A company that may not manage accounts gets no logo of one that wrongly names it as its partner."""
    company = await given.company() if kind == "DIRECT" else (await given.managed_account(await given.partner())).company
    account, operator = await given.managed_account(company), await given.operator()
    profile = await given.profile(account.company, visibility="PRIVATE")
    await given.logo(account.company, profile)

    served = await fetch(ask, company.admin, await path_of(ask, operator.admin, profile))

    assert 404 == served.status_code


async def test_logo_is_no_node_A21(ask: Asking, given: Given) -> None:
    """The name of a picture's file is no id for `node`, the same answer for whoever may see the picture and who may not."""
    company = await given.company()
    image = await given.logo(company, await given.profile(company, visibility="PRIVATE"))

    own, others = await ask(company.admin, NODE, id=image.id), await ask(ANONYMOUS, NODE, id=image.id)

    assert ({"node": None}, ["INVALID_ID"]) == (own.data, own.codes)
    assert own.body == others.body
