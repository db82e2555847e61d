"""Images: logos, visible and served while their profile is."""

from __future__ import annotations

from urllib.parse import urlsplit
from uuid import UUID

import httpx
import pytest

from resolvers.values import identifiers
from tests.client import ANONYMOUS, Client
from tests.factory import Factory, Thing
from tests.pictures import claiming, picture, upload
from tests.rules.answers import payload, redaction_at, response_of

LOGO = """query ($id: ID!) { node(id: $id) { ... on MarketplaceProfile {
    logo { width height mediaType isRecommendedSize }
} } }"""
URL = "query ($id: ID!) { node(id: $id) { ... on MarketplaceProfile { logo { url } } } }"
NODE = "query ($id: ID!) { node(id: $id) { id } }"
SMALL = {"width": 200, "height": 200, "mediaType": "PNG", "isRecommendedSize": True}


async def fetch(ask: Client, email: str | None, path: str) -> httpx.Response:
    """Fetch the file at a path as a user or a visitor."""
    headers = {} if email is None else {"Authorization": f"Bearer {await ask._token(email)}"}
    return await ask.client.get(path, headers=headers)


async def path_of(ask: Client, email: str, profile: Thing) -> str:
    """Return the path that serves a profile's logo."""
    answer = await ask(email, URL, id=profile.id)
    return str(urlsplit(answer.data["node"]["logo"]["url"]).path)


@pytest.mark.parametrize("kind", ["ANONYMOUS", "DIRECT", "PARTNER", "MANAGED", "OPERATOR"])
async def test_logo_of_a_public_profile_is_visible_to_everybody_R006_R010(ask: Client, given: Factory, kind: str) -> None:
    """Every viewer reads the logo of a public profile and can download the image."""
    company = await given.company(name="Alpine")
    profile = await given.profile(company)
    await given.logo(company, profile)
    email = await given.somebody(kind)

    answer = await ask(email, LOGO, id=profile.id)
    served = await fetch(ask, email, await path_of(ask, company.admin, profile))

    assert payload({"node": {"logo": SMALL}}) == response_of(answer)
    assert (200, "image/png", b"logo of Alpine") == (served.status_code, served.headers["content-type"], served.content)


@pytest.mark.parametrize(("width", "height", "recommended"), [(200, 200, True), (200, 201, False), (4096, 1, False)])
async def test_recommended_logo_size_is_advice_R007_A2(
    ask: Client, given: Factory, width: int, height: int, recommended: bool
) -> None:
    """A logo of any size is shown, along with whether it has the recommended size."""
    company = await given.company()
    profile = await given.profile(company)
    await given.logo(company, profile, width=width, height=height)

    answer = await ask(ANONYMOUS, LOGO, id=profile.id)

    logo = {"width": width, "height": height, "mediaType": "PNG", "isRecommendedSize": recommended}
    assert payload({"node": {"logo": logo}}) == response_of(answer)


async def test_logo_is_hidden_with_its_profile_R011_A21(ask: Client, given: Factory) -> None:
    """When a profile becomes private, others get its image as one that never existed. Its company still gets it."""
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
    """Return the body of a refusal without the id that each request has."""
    body = response.json()
    for error in body["errors"]:
        error["extensions"].pop("requestId", None)
    return response.status_code, body


async def test_operator_sees_the_logo_of_a_private_profile_R006(ask: Client, given: Factory) -> None:
    """The operator reads every profile, and its image with it."""
    company, operator = await given.company(), await given.operator()
    profile = await given.profile(company, visibility="PRIVATE")
    await given.logo(company, profile)

    answer = await ask(operator.admin, LOGO, id=profile.id)
    served = await fetch(ask, operator.admin, await path_of(ask, company.admin, profile))

    assert payload({"node": {"logo": SMALL}}) == response_of(answer)
    assert 200 == served.status_code


@pytest.mark.parametrize("visibility", ["PUBLIC", "PRIVATE"])
async def test_managed_account_does_not_see_its_own_logo_R002_R116_A9(ask: Client, given: Factory, visibility: str) -> None:
    """A logo is part of the profile: a managed account gets neither its own logo nor the image. Its partner gets both."""
    partner = await given.partner()
    account = await given.managed_account(partner)
    profile = await given.profile(account.company, visibility=visibility)
    await given.logo(account.company, profile)
    path = await path_of(ask, partner.admin, profile)
    query = "{ viewer { company { marketplaceProfile { logo { url } } } } }"

    below, picture = await ask(account.admin, query), await fetch(ask, account.admin, path)
    by_partner, for_partner = await ask(partner.admin, LOGO, id=profile.id), await fetch(ask, partner.admin, path)

    redaction = redaction_at("viewer.company.marketplaceProfile", "NOT_FOR_MANAGED_ACCOUNTS")
    assert payload({"viewer": {"company": {"marketplaceProfile": None}}}, redaction) == response_of(below)
    assert 404 == picture.status_code
    assert payload({"node": {"logo": SMALL}}) == response_of(by_partner)
    assert 200 == for_partner.status_code


@pytest.mark.parametrize("kind", ["DIRECT", "PARTNER", "MANAGED"])
async def test_logo_of_a_private_profile_is_hidden_from_others_R011_A9(ask: Client, given: Factory, kind: str) -> None:
    """A viewer that knows the URL of a private profile's logo gets nothing there, nor does another partner."""
    partner = await given.partner()
    account = await given.managed_account(partner)
    profile = await given.profile(account.company, visibility="PRIVATE")
    await given.logo(account.company, profile)
    email = await given.somebody(kind)

    served = await fetch(ask, email, await path_of(ask, partner.admin, profile))

    assert 404 == served.status_code


@pytest.mark.parametrize("kind", ["DIRECT", "MANAGED"])
async def test_company_that_is_no_partner_does_not_see_a_logo_A18_A9(ask: Client, given: Factory, kind: str) -> None:
    """A company that may not manage accounts gets no logo of one that wrongly names it as its partner."""
    company = await given.company() if kind == "DIRECT" else (await given.managed_account(await given.partner())).company
    account, operator = await given.managed_account(company), await given.operator()
    profile = await given.profile(account.company, visibility="PRIVATE")
    await given.logo(account.company, profile)

    served = await fetch(ask, company.admin, await path_of(ask, operator.admin, profile))

    assert 404 == served.status_code


async def test_logo_is_not_a_node_A21(ask: Client, given: Factory) -> None:
    """The file name of an image isn't a valid id for `node`. The error is the same whether the viewer may see the image or not."""
    company = await given.company()
    image = await given.logo(company, await given.profile(company, visibility="PRIVATE"))

    own, others = await ask(company.admin, NODE, id=image.id), await ask(ANONYMOUS, NODE, id=image.id)

    assert ({"node": None}, ["INVALID_ID"]) == (own.data, own.codes)
    assert own.body == others.body


ROLES = ["ACCOUNT_ADMIN", "NETWORK_ADMIN", "MARKETPLACE_EDITOR", "FINANCE", "VIEWER"]
EDITORS = {"ACCOUNT_ADMIN", "MARKETPLACE_EDITOR"}


async def refusal(given: Factory, response: httpx.Response) -> tuple[int, str, int]:
    """Return the status and code of a refused upload, and the number of stored images."""
    (error,) = response.json()["errors"]
    return response.status_code, error["extensions"]["code"], await given.count("Image")


@pytest.mark.parametrize(("kind", "media_type"), [("PNG", "image/png"), ("JPEG", "image/jpeg")])
@pytest.mark.parametrize(("size", "recommended"), [((200, 200), True), ((640, 20), False)])
async def test_uploaded_image_becomes_a_logo_R006_R007_R008_A2(
    ask: Client, given: Factory, kind: str, media_type: str, size: tuple[int, int], recommended: bool
) -> None:
    """A PNG or JPEG of any size is stored and described as in GraphQL. Once a public profile has it, everybody sees it."""
    company = await given.company()
    profile = await given.profile(company)

    response = await upload(ask, company.admin, picture(kind, size))
    image = thing(response)
    before = await fetch(ask, ANONYMOUS, urlsplit(response.json()["url"]).path)
    await given.change(profile, logo_id=image.key)
    answer = await ask(ANONYMOUS, LOGO, id=profile.id)
    after = await fetch(ask, ANONYMOUS, urlsplit(response.json()["url"]).path)

    facts = {"width": size[0], "height": size[1], "mediaType": kind, "isRecommendedSize": recommended}
    assert (201, {"id": image.id, "url": f"http://localhost:8000/files/{image.id}", **facts}) == told_of(response)
    assert payload({"node": {"logo": facts}}) == response_of(answer)
    assert (404, 200, media_type) == (before.status_code, after.status_code, after.headers["Content-Type"])


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "BMP"])
async def test_only_png_and_jpeg_are_accepted_R008_A2(ask: Client, given: Factory, kind: str) -> None:
    """An image in another format is refused and not stored, even if it's declared as a PNG."""
    company = await given.company()

    response = await upload(ask, company.admin, picture(kind), media_type="image/png")

    assert (415, "UNSUPPORTED_IMAGE", 0) == await refusal(given, response)


@pytest.mark.parametrize("size", [(4097, 1), (1, 4097), (65_000, 65_000)])
async def test_image_has_4096_pixels_a_side_at_most_A2(ask: Client, given: Factory, size: tuple[int, int]) -> None:
    """An image that declares a larger size is refused and not stored."""
    company = await given.company()

    response = await upload(ask, company.admin, claiming(*size))

    assert (422, "IMAGE_TOO_LARGE", 0) == await refusal(given, response)


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("kind", ["DIRECT", "PARTNER"])
async def test_editors_upload_images_V9_R006(ask: Client, given: Factory, kind: str, role: str) -> None:
    """Account administrators and Marketplace editors upload for their company, with or without its id. Other roles can't."""
    company = await given.company(kind=kind)
    user = await given.user(company, role)

    responses = [await upload(ask, user.email, picture(), name) for name in (None, company.id)]

    if role in EDITORS:
        assert [201, 201] == [response.status_code for response in responses]
        assert 2 == await given.count("Image")
    else:
        assert [(403, "FORBIDDEN", 0)] * 2 == [await refusal(given, response) for response in responses]


@pytest.mark.parametrize("role", ROLES)
async def test_managed_viewer_uploads_nothing_R002_R116(ask: Client, given: Factory, role: str) -> None:
    """No role and no setting lets a managed viewer upload an image for its own company or its partner's."""
    account = await given.managed_account(await given.partner())
    await given.setting(account, **dict.fromkeys(("pricing", "chat_support", "dashboard", "company_profile"), True))
    user = await given.user(account.company, role)

    responses = [await upload(ask, user.email, picture(), name) for name in (None, account.company.id, account.partner.id)]

    assert [(403, "FORBIDDEN", 0)] * 3 == [await refusal(given, response) for response in responses]


@pytest.mark.parametrize("role", ROLES)
async def test_partner_uploads_for_its_account_A9(ask: Client, given: Factory, role: str) -> None:
    """A partner's editors upload for a company that it manages. The image belongs to that company, and the partner reads it."""
    partner = await given.partner()
    account = await given.managed_account(partner)
    user = await given.user(partner, role)

    response = await upload(ask, user.email, picture(), account.company.id)

    if role not in EDITORS:
        assert (403, "FORBIDDEN", 0) == await refusal(given, response)
        return
    path = urlsplit(response.json()["url"]).path
    served = [(await fetch(ask, email, path)).status_code for email in (partner.admin, account.admin, ANONYMOUS)]
    assert (201, [200, 404, 404]) == (response.status_code, served)
    assert (account.company.key, partner.key) == await given.owner(thing(response))


async def test_other_companies_do_not_upload_for_a_company_A9_A21(ask: Client, given: Factory) -> None:
    """For a visible company the upload is forbidden. A hidden one is answered as if it didn't exist."""
    shown, stranger = await given.company(), await given.company()
    await given.profile(shown)
    account = await given.managed_account(await given.partner())
    other = await given.partner()
    absent = Thing("Company", UUID(int=7))

    told_no = await upload(ask, stranger.admin, picture(), shown.id)
    responses = [await upload(ask, other.admin, picture(), name) for name in (account.company.id, absent.id)]

    assert (403, "FORBIDDEN", 0) == await refusal(given, told_no)
    assert (404, "NOT_FOUND", 0) == await refusal(given, responses[0])
    assert without_request_id(responses[1]) == without_request_id(responses[0])


async def test_operator_and_visitors_upload_nothing_V9(ask: Client, given: Factory) -> None:
    """The operator's staff edits no Marketplace profile, not even its own, in any role. A visitor has to sign in."""
    company, operator = await given.company(), await given.operator()
    editor = await given.user(operator, "SUPPORT", "ACCOUNT_ADMIN", "MARKETPLACE_EDITOR")

    responses = [await upload(ask, email, picture(), company.id) for email in (operator.admin, editor.email)]
    own = await upload(ask, editor.email, picture())
    visitor = await upload(ask, ANONYMOUS, picture(), company.id)

    assert [(403, "FORBIDDEN", 0)] * 3 == [await refusal(given, response) for response in (*responses, own)]
    assert (401, "UNAUTHENTICATED", 0) == await refusal(given, visitor)


@pytest.mark.parametrize("kind", ["DIRECT", "MANAGED"])
async def test_company_that_is_no_partner_uploads_for_nobody_A18_A9(ask: Client, given: Factory, kind: str) -> None:
    """A company that may not manage accounts uploads nothing for one that wrongly names it as its partner."""
    company = await given.company() if kind == "DIRECT" else (await given.managed_account(await given.partner())).company
    account = await given.managed_account(company)

    response = await upload(ask, company.admin, picture(), account.company.id)

    assert (404, "NOT_FOUND", 0) == await refusal(given, response)


async def test_unused_image_is_visible_to_its_company_only_R011_V9(ask: Client, given: Factory) -> None:
    """An image that no profile uses yet is read by every role of its company and by the operator, and by nobody else."""
    company, operator = await given.company(), await given.operator()
    await given.profile(company)
    response = await upload(ask, company.admin, picture())
    insiders = [(await given.user(company, role)).email for role in ROLES] + [operator.admin]
    outsiders = [await given.somebody(kind) for kind in ("ANONYMOUS", "DIRECT", "PARTNER", "MANAGED")]

    path = urlsplit(response.json()["url"]).path
    inside, outside = [[(await fetch(ask, email, path)).status_code for email in who] for who in (insiders, outsiders)]

    assert [200] * 6 == inside
    assert [404] * 4 == outside


def thing(response: httpx.Response) -> Thing:
    """Return the uploaded image as a Thing."""
    return Thing("Image", identifiers.parse(response.json()["id"], "id", "Image").key)


def told_of(response: httpx.Response) -> tuple[int, object]:
    """Return the status and body of a response."""
    return response.status_code, response.json()
