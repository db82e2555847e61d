"""Images: logos, visible and served while their profile is."""

from __future__ import annotations

from datetime import timedelta
from io import BytesIO
from urllib.parse import urlsplit
from uuid import UUID

import httpx
import pytest
from PIL.Image import open as open_image
from sqlalchemy.ext.asyncio import AsyncEngine

from models.base import now
from models.image import KEPT_UNUSED
from resolvers.image import purge_unused_images
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


async def fetch(client: Client, email: str | None, path: str) -> httpx.Response:
    """Fetch the file at a path as a user or a visitor."""
    headers = {} if email is None else {"Authorization": f"Bearer {await client._token(email)}"}
    return await client.http.get(path, headers=headers)


async def path_of(client: Client, email: str, profile: Thing) -> str:
    """Return the path that serves a profile's logo."""
    answer = await client(email, URL, id=profile.id)
    return str(urlsplit(answer.data["node"]["logo"]["url"]).path)


@pytest.mark.parametrize("kind", ["ANONYMOUS", "DIRECT", "PARTNER", "MANAGED", "OPERATOR"])
async def test_logo_of_a_public_profile_is_visible_to_everybody_R006_R010(client: Client, factory: Factory, kind: str) -> None:
    """Every viewer reads the logo of a public profile and can download the image."""
    company = await factory.company(name="Alpine")
    profile = await factory.profile(company)
    await factory.logo(company, profile)
    email = await factory.admin_of_kind(kind)

    answer = await client(email, LOGO, id=profile.id)
    served = await fetch(client, email, await path_of(client, company.admin, profile))

    assert payload({"node": {"logo": SMALL}}) == response_of(answer)
    assert (200, "image/png", b"logo of Alpine") == (served.status_code, served.headers["content-type"], served.content)


@pytest.mark.parametrize(("width", "height", "recommended"), [(200, 200, True), (200, 201, False), (4096, 1, False)])
async def test_recommended_logo_size_is_advice_R007_A2(
    client: Client, factory: Factory, width: int, height: int, recommended: bool
) -> None:
    """A logo of any size is shown, along with whether it has the recommended size."""
    company = await factory.company()
    profile = await factory.profile(company)
    await factory.logo(company, profile, width=width, height=height)

    answer = await client(ANONYMOUS, LOGO, id=profile.id)

    logo = {"width": width, "height": height, "mediaType": "PNG", "isRecommendedSize": recommended}
    assert payload({"node": {"logo": logo}}) == response_of(answer)


async def test_logo_is_hidden_with_its_profile_R011_A21(client: Client, factory: Factory) -> None:
    """When a profile becomes private, others get its image as one that never existed. Its company still gets it."""
    company = await factory.company()
    profile = await factory.profile(company)
    image = await factory.logo(company, profile)
    path = await path_of(client, company.admin, profile)
    await factory.change(profile, visibility="PRIVATE")

    own, hidden_one = await fetch(client, company.admin, path), await fetch(client, ANONYMOUS, path)
    await factory.change(profile, logo_id=None)
    await factory.delete(image)
    absent_one = await fetch(client, ANONYMOUS, path)

    assert (200, f"logo of {company.name}".encode()) == (own.status_code, own.content)
    assert 404 == hidden_one.status_code
    assert without_request_id(absent_one) == without_request_id(hidden_one)


def without_request_id(response: httpx.Response) -> object:
    """Return the body of a refusal without the id that each request has."""
    body = response.json()
    for error in body["errors"]:
        error["extensions"].pop("requestId", None)
    return response.status_code, body


async def test_operator_sees_the_logo_of_a_private_profile_R006(client: Client, factory: Factory) -> None:
    """The operator reads every profile, and its image with it."""
    company, operator = await factory.company(), await factory.operator()
    profile = await factory.profile(company, visibility="PRIVATE")
    await factory.logo(company, profile)

    answer = await client(operator.admin, LOGO, id=profile.id)
    served = await fetch(client, operator.admin, await path_of(client, company.admin, profile))

    assert payload({"node": {"logo": SMALL}}) == response_of(answer)
    assert 200 == served.status_code


@pytest.mark.parametrize("visibility", ["PUBLIC", "PRIVATE"])
async def test_managed_account_does_not_see_its_own_logo_R002_R116_A9(
    client: Client, factory: Factory, visibility: str
) -> None:
    """A logo is part of the profile: a managed account gets neither its own logo nor the image. Its partner gets both."""
    partner = await factory.partner()
    account = await factory.managed_account(partner)
    profile = await factory.profile(account.company, visibility=visibility)
    await factory.logo(account.company, profile)
    path = await path_of(client, partner.admin, profile)
    query = "{ viewer { company { marketplaceProfile { logo { url } } } } }"

    below, picture = await client(account.admin, query), await fetch(client, account.admin, path)
    by_partner, for_partner = await client(partner.admin, LOGO, id=profile.id), await fetch(client, partner.admin, path)

    redaction = redaction_at("viewer.company.marketplaceProfile", "NOT_FOR_MANAGED_ACCOUNTS")
    assert payload({"viewer": {"company": {"marketplaceProfile": None}}}, redaction) == response_of(below)
    assert 404 == picture.status_code
    assert payload({"node": {"logo": SMALL}}) == response_of(by_partner)
    assert 200 == for_partner.status_code


@pytest.mark.parametrize("kind", ["DIRECT", "PARTNER", "MANAGED"])
async def test_logo_of_a_private_profile_is_hidden_from_others_R011_A9(client: Client, factory: Factory, kind: str) -> None:
    """A viewer that knows the URL of a private profile's logo gets nothing there, nor does another partner."""
    partner = await factory.partner()
    account = await factory.managed_account(partner)
    profile = await factory.profile(account.company, visibility="PRIVATE")
    await factory.logo(account.company, profile)
    email = await factory.admin_of_kind(kind)

    served = await fetch(client, email, await path_of(client, partner.admin, profile))

    assert 404 == served.status_code


@pytest.mark.parametrize("kind", ["DIRECT", "MANAGED"])
async def test_company_that_is_no_partner_does_not_see_a_logo_A18_A9(client: Client, factory: Factory, kind: str) -> None:
    """A company that can't manage accounts gets no logo of one that wrongly names it as its partner."""
    company = await factory.company() if kind == "DIRECT" else (await factory.managed_account(await factory.partner())).company
    account, operator = await factory.managed_account(company), await factory.operator()
    profile = await factory.profile(account.company, visibility="PRIVATE")
    await factory.logo(account.company, profile)

    served = await fetch(client, company.admin, await path_of(client, operator.admin, profile))

    assert 404 == served.status_code


async def test_logo_is_not_a_node_A21(client: Client, factory: Factory) -> None:
    """The file name of an image isn't a valid id for `node`. The error is the same whether or not the viewer can see the image."""
    company = await factory.company()
    image = await factory.logo(company, await factory.profile(company, visibility="PRIVATE"))

    own, others = await client(company.admin, NODE, id=image.id), await client(ANONYMOUS, NODE, id=image.id)

    assert ({"node": None}, ["INVALID_ID"]) == (own.data, own.codes)
    assert own.body == others.body


ROLES = ["ACCOUNT_ADMIN", "NETWORK_ADMIN", "MARKETPLACE_EDITOR", "FINANCE", "VIEWER"]
EDITORS = {"ACCOUNT_ADMIN", "MARKETPLACE_EDITOR"}


async def refusal(factory: Factory, response: httpx.Response) -> tuple[int, str, int]:
    """Return the status and code of a refused upload, and the number of stored images."""
    (error,) = response.json()["errors"]
    return response.status_code, error["extensions"]["code"], await factory.count("Image")


@pytest.mark.parametrize(("kind", "media_type"), [("PNG", "image/png"), ("JPEG", "image/jpeg")])
@pytest.mark.parametrize(("size", "recommended"), [((200, 200), True), ((640, 20), False)])
async def test_uploaded_image_becomes_a_logo_R006_R007_R008_A2(
    client: Client, factory: Factory, kind: str, media_type: str, size: tuple[int, int], recommended: bool
) -> None:
    """A PNG or JPEG of any size is stored and described as in GraphQL. Once a public profile has it, everybody sees it."""
    company = await factory.company()
    profile = await factory.profile(company)

    response = await upload(client, company.admin, picture(kind, size))
    image = thing(response)
    before = await fetch(client, ANONYMOUS, urlsplit(response.json()["url"]).path)
    await factory.change(profile, logo_id=image.key)
    answer = await client(ANONYMOUS, LOGO, id=profile.id)
    after = await fetch(client, ANONYMOUS, urlsplit(response.json()["url"]).path)

    facts = {"width": size[0], "height": size[1], "mediaType": kind, "isRecommendedSize": recommended}
    assert (201, {"id": image.id, "url": f"http://localhost:8000/files/{image.id}", **facts}) == told_of(response)
    assert payload({"node": {"logo": facts}}) == response_of(answer)
    assert (404, 200, media_type) == (before.status_code, after.status_code, after.headers["Content-Type"])


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "BMP"])
async def test_only_png_and_jpeg_are_accepted_R008_A2(client: Client, factory: Factory, kind: str) -> None:
    """An image in another format is refused and not stored, even if it's declared as a PNG."""
    company = await factory.company()

    response = await upload(client, company.admin, picture(kind), media_type="image/png")

    assert (415, "UNSUPPORTED_IMAGE", 0) == await refusal(factory, response)


@pytest.mark.parametrize("size", [(4097, 1), (1, 4097), (65_000, 65_000)])
async def test_image_has_4096_pixels_a_side_at_most_A2(client: Client, factory: Factory, size: tuple[int, int]) -> None:
    """An image that declares a larger size is refused and not stored."""
    company = await factory.company()

    response = await upload(client, company.admin, claiming(*size))

    assert (422, "IMAGE_TOO_LARGE", 0) == await refusal(factory, response)


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("kind", ["DIRECT", "PARTNER"])
async def test_editors_upload_images_V9_R006(client: Client, factory: Factory, kind: str, role: str) -> None:
    """Account administrators and Marketplace editors upload for their company, with or without its id. Other roles can't."""
    company = await factory.company(kind=kind)
    user = await factory.user(company, role)

    responses = [await upload(client, user.email, picture(), name) for name in (None, company.id)]

    if role in EDITORS:
        assert [201, 201] == [response.status_code for response in responses]
        assert 2 == await factory.count("Image")
    else:
        assert [(403, "FORBIDDEN", 0)] * 2 == [await refusal(factory, response) for response in responses]


@pytest.mark.parametrize("role", ROLES)
async def test_managed_viewer_uploads_nothing_R002_R116(client: Client, factory: Factory, role: str) -> None:
    """No role and no setting lets a managed viewer upload an image for its own company or its partner's."""
    account = await factory.managed_account(await factory.partner())
    await factory.setting(account, **dict.fromkeys(("pricing", "chat_support", "dashboard", "company_profile"), True))
    user = await factory.user(account.company, role)

    responses = [await upload(client, user.email, picture(), name) for name in (None, account.company.id, account.partner.id)]

    assert [(403, "FORBIDDEN", 0)] * 3 == [await refusal(factory, response) for response in responses]


@pytest.mark.parametrize("role", ROLES)
async def test_partner_uploads_for_its_account_A9(client: Client, factory: Factory, role: str) -> None:
    """A partner's editors upload for a company that it manages. The image belongs to that company, and the partner reads it."""
    partner = await factory.partner()
    account = await factory.managed_account(partner)
    user = await factory.user(partner, role)

    response = await upload(client, user.email, picture(), account.company.id)

    if role not in EDITORS:
        assert (403, "FORBIDDEN", 0) == await refusal(factory, response)
        return
    path = urlsplit(response.json()["url"]).path
    served = [(await fetch(client, email, path)).status_code for email in (partner.admin, account.admin, ANONYMOUS)]
    assert (201, [200, 404, 404]) == (response.status_code, served)
    assert (account.company.key, partner.key) == await factory.owner(thing(response))


async def test_other_companies_do_not_upload_for_a_company_A9_A21(client: Client, factory: Factory) -> None:
    """For a visible company the upload is forbidden. A hidden one is answered as if it didn't exist."""
    shown, stranger = await factory.company(), await factory.company()
    await factory.profile(shown)
    account = await factory.managed_account(await factory.partner())
    other = await factory.partner()
    absent = Thing("Company", UUID(int=7))

    told_no = await upload(client, stranger.admin, picture(), shown.id)
    responses = [await upload(client, other.admin, picture(), name) for name in (account.company.id, absent.id)]

    assert (403, "FORBIDDEN", 0) == await refusal(factory, told_no)
    assert (404, "NOT_FOUND", 0) == await refusal(factory, responses[0])
    assert without_request_id(responses[1]) == without_request_id(responses[0])


async def test_operator_and_visitors_upload_nothing_V9(client: Client, factory: Factory) -> None:
    """The operator's staff edits no Marketplace profile, not even its own, in any role. A visitor has to sign in."""
    company, operator = await factory.company(), await factory.operator()
    editor = await factory.user(operator, "SUPPORT", "ACCOUNT_ADMIN", "MARKETPLACE_EDITOR")

    responses = [await upload(client, email, picture(), company.id) for email in (operator.admin, editor.email)]
    own = await upload(client, editor.email, picture())
    visitor = await upload(client, ANONYMOUS, picture(), company.id)

    assert [(403, "FORBIDDEN", 0)] * 3 == [await refusal(factory, response) for response in (*responses, own)]
    assert (401, "UNAUTHENTICATED", 0) == await refusal(factory, visitor)


@pytest.mark.parametrize("kind", ["DIRECT", "MANAGED"])
async def test_company_that_is_no_partner_uploads_for_nobody_A18_A9(client: Client, factory: Factory, kind: str) -> None:
    """A company that can't manage accounts uploads nothing for one that wrongly names it as its partner."""
    company = await factory.company() if kind == "DIRECT" else (await factory.managed_account(await factory.partner())).company
    account = await factory.managed_account(company)

    response = await upload(client, company.admin, picture(), account.company.id)

    assert (404, "NOT_FOUND", 0) == await refusal(factory, response)


async def test_unused_image_is_visible_to_its_company_only_R011_V9(client: Client, factory: Factory) -> None:
    """An image that no profile uses yet is read by every role of its company and by the operator, and by nobody else."""
    company, operator = await factory.company(), await factory.operator()
    await factory.profile(company)
    response = await upload(client, company.admin, picture())
    insiders = [(await factory.user(company, role)).email for role in ROLES] + [operator.admin]
    outsiders = [await factory.admin_of_kind(kind) for kind in ("ANONYMOUS", "DIRECT", "PARTNER", "MANAGED")]

    path = urlsplit(response.json()["url"]).path
    inside, outside = [[(await fetch(client, email, path)).status_code for email in who] for who in (insiders, outsiders)]

    assert [200] * 6 == inside
    assert [404] * 4 == outside


def thing(response: httpx.Response) -> Thing:
    """Return the uploaded image as a Thing."""
    return Thing("Image", identifiers.parse(response.json()["id"], "id", "Image").key)


def told_of(response: httpx.Response) -> tuple[int, object]:
    """Return the status and body of a response."""
    return response.status_code, response.json()


SIZED = """query ($id: ID!) { node(id: $id) { ... on MarketplaceProfile {
    logo { SMALL: url(size: SMALL) MEDIUM: url(size: MEDIUM) LARGE: url(size: LARGE) }
} } }"""


@pytest.mark.parametrize(
    ("kind", "mode", "size", "expected"),
    [
        ("PNG", "RGBA", (800, 400), {"SMALL": (64, 32), "MEDIUM": (200, 100), "LARGE": (400, 200)}),
        ("PNG", "L", (100, 300), {"SMALL": (21, 64), "MEDIUM": (67, 200), "LARGE": (100, 300)}),
        ("JPEG", "CMYK", (64, 64), {"SMALL": (64, 64), "MEDIUM": (64, 64), "LARGE": (64, 64)}),
    ],
)
async def test_image_is_served_in_sizes_R007_R008(
    client: Client,
    factory: Factory,
    kind: str,
    mode: str,
    size: tuple[int, int],
    expected: dict[str, tuple[int, int]],
) -> None:
    """Each size is WebP, made once and kept by browsers. Proportions stay, and small images aren't enlarged."""
    company = await factory.company()
    profile = await factory.profile(company)
    image = thing(await upload(client, company.admin, picture(kind, size, mode=mode)))
    await factory.change(profile, logo_id=image.key)

    urls = (await client(ANONYMOUS, SIZED, id=profile.id)).data["node"]["logo"]
    served = {name: await fetch(client, ANONYMOUS, urlsplit(url).path) for name, url in urls.items()}
    again = {name: await fetch(client, ANONYMOUS, urlsplit(url).path) for name, url in urls.items()}
    opened = {name: open_image(BytesIO(response.content)) for name, response in served.items()}

    assert expected == {name: each.size for name, each in opened.items()}
    assert {("WEBP", "image/webp", "private, max-age=31536000, immutable")} == {
        (opened[name].format, response.headers["content-type"], response.headers["cache-control"])
        for name, response in served.items()
    }
    assert [response.content for response in served.values()] == [response.content for response in again.values()]
    assert 3 == await factory.count("ImageRendition")


async def test_sizes_are_hidden_with_their_image_R011_A21(client: Client, factory: Factory) -> None:
    """A size that was made while the profile was public isn't served afterwards, and goes with its image."""
    company = await factory.company()
    profile = await factory.profile(company)
    image = thing(await upload(client, company.admin, picture()))
    await factory.change(profile, logo_id=image.key)
    path = f"/files/{image.id}.64.webp"

    public = await fetch(client, ANONYMOUS, path)
    await factory.change(profile, visibility="PRIVATE")
    hidden, own = await fetch(client, ANONYMOUS, path), await fetch(client, company.admin, path)
    missing = await fetch(client, company.admin, f"/files/{image.id}.65.webp")
    await factory.change(profile, logo_id=None)
    await factory.delete(image)

    assert [200, 404, 200, 404] == [response.status_code for response in (public, hidden, own, missing)]
    assert 0 == await factory.count("ImageRendition")


async def test_unused_image_with_sizes_is_deleted_V64(client: Client, factory: Factory, rules_engine: AsyncEngine) -> None:
    """Looking at an upload in a small size doesn't keep it."""
    company = await factory.company()
    image = thing(await upload(client, company.admin, picture()))
    await fetch(client, company.admin, f"/files/{image.id}.64.webp")
    await factory.change(image, created_at=now() - KEPT_UNUSED - timedelta(hours=1))

    await purge_unused_images(rules_engine, "")

    assert [0, 0] == [await factory.count(table) for table in ("Image", "ImageRendition")]
