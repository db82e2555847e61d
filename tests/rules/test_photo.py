"""Photos of users: uploaded by the user itself, and read by whoever reads the user's name."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final
from urllib.parse import urlsplit

import httpx
import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from models import EmailToken, Image
from resolvers.endpoints.uploads import MAX_UNUSED_IMAGES
from resolvers.image import purge_unused_images
from tests.client import ANONYMOUS, Client
from tests.factory import Factory, User
from tests.pictures import certificate, claiming, opened, picture, upload
from tests.rules.answers import payload, response_of
from tests.rules.identity import ask, code_in_mail, expire_codes, mutate, person
from tests.rules.mutations import send, stored_rows, user_error
from tests.rules.test_register_company import newcomer
from tests.rules.test_sign_up import EMAIL, complete, sign_up

PHOTO: Final = "user { version photo { width height mediaType isRecommendedSize } }"
NAMED: Final = "query ($id: ID!) { node(id: $id) { ... on User { name photo { width } } } }"
SHOWN: Final = {"width": 200, "height": 200, "mediaType": "PNG", "isRecommendedSize": True}
ROLES: Final = ["ACCOUNT_ADMIN", "NETWORK_ADMIN", "MARKETPLACE_EDITOR", "FINANCE", "VIEWER"]


async def uploaded(client: Client, email: str | None, content: bytes | None = None, **more: Any) -> httpx.Response:
    """Upload a photo."""
    return await upload(client, email, content or picture(), purpose="PHOTO", **more)


async def wear(client: Client, email: str, photo: str | None, version: int = 1) -> dict[str, Any]:
    """Make an image the user's photo, and return the payload with PHOTO."""
    return await send(client, email, "updateUser", PHOTO, version=version, photoId=photo)


async def photographed(client: Client, user: User) -> str:
    """Give a user a photo, and return its URL."""
    response = (await uploaded(client, user.email)).json()
    assert [] == (await wear(client, user.email, response["id"]))["userErrors"]
    return str(response["url"])


async def status(client: Client, email: str | None, url: str) -> int:
    """Return the status of fetching a file as a user or a visitor."""
    headers = {} if email is None else {"Authorization": f"Bearer {await client._token(email)}"}
    return (await client.http.get(urlsplit(url).path, headers=headers)).status_code


async def images(engine: AsyncEngine) -> int:
    """Count all images."""
    async with engine.connect() as connection:
        return int(await connection.scalar(sa.select(sa.func.count()).select_from(Image)) or 0)


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("kind", ["DIRECT", "PARTNER", "MANAGED"])
async def test_user_sets_replaces_and_removes_its_photo_R407_R408(
    client: Client, factory: Factory, kind: str, role: str
) -> None:
    """A photo is optional. Each role sets its own, at any time."""
    company = (await factory.managed_account(await factory.partner())).company if kind == "MANAGED" else None
    user = await factory.user(company or await factory.company(kind=kind), role)
    first, second = [(await uploaded(client, user.email)).json()["id"] for _ in range(2)]

    answers = [await wear(client, user.email, photo, version) for version, photo in enumerate((first, second, second, None), 1)]
    kept = await send(client, user.email, "updateUser", PHOTO, version=5, name="Ada")

    photos = [SHOWN, SHOWN, SHOWN, None]
    assert [{"user": {"version": 2 + n, "photo": each}, "userErrors": []} for n, each in enumerate(photos)] == answers
    assert {"user": {"version": 6, "photo": None}, "userErrors": []} == kept


async def test_omitted_photo_stays_R407_R408(client: Client, factory: Factory) -> None:
    """Changing the name leaves the photo."""
    company = await factory.company()
    await photographed(client, company.user)

    renamed = await send(client, company.admin, "updateUser", PHOTO, version=2, name="Ada")

    assert SHOWN == renamed["user"]["photo"]


@pytest.mark.parametrize(
    "caller", ["itself", "a colleague", "its partner", "the operator", "a visitor", "a stranger", "an invitee"]
)
async def test_photo_is_for_whoever_reads_the_name_R407_V14_V21_V23(client: Client, factory: Factory, caller: str) -> None:
    """The photo and its file are visible to exactly those who can read the user's name."""
    account, other = await factory.managed_account(await factory.partner()), await factory.partner()
    operator, user = await factory.operator(), await factory.user(account.company, "FINANCE")
    await factory.profile(account.company)
    await factory.invitation(account.company, other.admin)
    emails = {
        "itself": user.email,
        "a colleague": (await factory.user(account.company, "VIEWER")).email,
        "its partner": (await factory.user(account.partner, "VIEWER")).email,
        "the operator": (await factory.user(operator, "SUPPORT")).email,
        "a visitor": ANONYMOUS,
        "a stranger": (await factory.managed_account(other)).admin,
        "an invitee": other.admin,
    }
    url = await photographed(client, user)

    answer, served = await client(emails[caller], NAMED, id=user.id), await status(client, emails[caller], url)

    if caller in ("itself", "a colleague", "its partner", "the operator"):
        assert payload({"node": {"name": "Sam Sample", "photo": {"width": 200}}}) == response_of(answer)
        assert 200 == served
    else:
        assert payload({"node": None}) == response_of(answer)
        assert 404 == served


@pytest.mark.parametrize("caller", ["a colleague", "its partner", "a stranger", "a visitor"])
async def test_photo_of_an_api_keys_user_is_for_its_company_and_partner_V14_V51(
    client: Client, factory: Factory, caller: str
) -> None:
    """Whoever reads the user that an API key acts as reads its photo, if it has one."""
    account, stranger = await factory.managed_account(await factory.partner()), await factory.company()
    user = await factory.api_key_user(account.company)
    photo = await factory.photo(user)
    emails = {
        "a colleague": account.admin,
        "its partner": account.partner.admin,
        "a stranger": stranger.admin,
        "a visitor": None,
    }

    answer, served = await client(emails[caller], NAMED, id=user.id), await status(client, emails[caller], f"/files/{photo.id}")

    may = caller in ("a colleague", "its partner")
    assert (200 if may else 404) == served
    assert ({"node": {"name": "Program", "photo": {"width": 200}}} if may else {"node": None}) == answer.data


@pytest.mark.parametrize("caller", ["a colleague", "its partner", "the operator", "a visitor"])
async def test_unused_photo_is_its_users_alone_V64(
    client: Client, factory: Factory, rules_engine: AsyncEngine, caller: str
) -> None:
    """Before a user shows it, and after it was replaced, nobody else reads the file. Nobody else can use it at any time."""
    account = await factory.managed_account(await factory.partner())
    operator, user = await factory.operator(), await factory.user(account.company, "FINANCE")
    emails = {
        "a colleague": account.admin,
        "its partner": account.partner.admin,
        "the operator": operator.admin,
        "a visitor": ANONYMOUS,
    }
    email = emails[caller]
    response = (await uploaded(client, user.email)).json()
    photo, url = response["id"], response["url"]

    async def stolen() -> Any:
        before = await stored_rows(rules_engine)
        answer = None if email is None else (await wear(client, email, photo))["userErrors"]
        assert before == await stored_rows(rules_engine)
        return answer

    unused = (await status(client, email, url), await stolen())
    await wear(client, user.email, photo)
    used = await stolen()
    await wear(client, user.email, None, 2)
    replaced = (await status(client, email, url), await status(client, user.email, url))

    missing = email and [user_error("NOT_FOUND", "photoId")]
    assert (404, missing) == unused
    assert (email and [user_error("INVALID_VALUE", "photoId")]) == used
    assert (404, 200) == replaced


async def test_companies_and_users_do_not_share_images_V64(client: Client, factory: Factory, rules_engine: AsyncEngine) -> None:
    """A logo is nobody's photo, and a photo nobody's logo."""
    company = await factory.company()
    logo = (await upload(client, company.admin, picture())).json()["id"]
    photo = (await uploaded(client, company.admin)).json()["id"]
    profile = {"companyName": "Alpine", "bio": "We connect.", "contactEmail": "sales@sample.example"}
    before = await stored_rows(rules_engine)

    worn = await wear(client, company.admin, logo)
    shown = await send(client, company.admin, "saveMarketplaceProfile", "marketplaceProfile { id }", **profile, logoId=photo)

    assert {"user": None, "userErrors": [user_error("INVALID_VALUE", "photoId")]} == worn
    assert user_error("INVALID_VALUE", "logoId") in shown["userErrors"]
    assert before == await stored_rows(rules_engine)


async def test_user_without_a_company_has_a_photo_V45_V71(client: Client, rules_engine: AsyncEngine) -> None:
    """A user uploads and shows a photo before it has a company, and reads it."""
    token = await newcomer(client, rules_engine)
    bearer = {"Authorization": f"Bearer {token}"}
    response = await client.http.post("/files", params={"purpose": "PHOTO"}, content=picture(), headers=bearer)
    photo = response.json()

    answer = await mutate(client, token, "updateUser", PHOTO, version=1, photoId=photo["id"])
    served = await client.http.get(urlsplit(photo["url"]).path, headers=bearer)

    assert {"user": {"version": 2, "photo": SHOWN}, "userErrors": []} == answer
    assert 200 == served.status_code


@pytest.mark.parametrize(
    ("content", "refused"),
    [
        (b"GIF89a", (415, "UNSUPPORTED_IMAGE")),
        (certificate(), (415, "UNSUPPORTED_IMAGE")),
        (claiming(4097, 1), (422, "IMAGE_TOO_LARGE")),
        (bytes(2 * 1024 * 1024 + 1), (413, "PAYLOAD_TOO_LARGE")),
    ],
)
async def test_photo_is_checked_by_its_content_V71(
    client: Client, factory: Factory, rules_engine: AsyncEngine, content: bytes, refused: tuple[int, str]
) -> None:
    """What isn't a picture of at most 2 MiB is refused, and nothing is stored."""
    company = await factory.company()

    response = await uploaded(client, company.admin, content, media_type="image/png")

    assert refused == (response.status_code, response.json()["errors"][0]["extensions"]["code"])
    assert 0 == await images(rules_engine)


async def test_photo_is_encoded_again_A2(client: Client, factory: Factory) -> None:
    """What a camera or anybody appended to the picture isn't stored."""
    company = await factory.company()
    response = (await uploaded(client, company.admin, picture("JPEG", comment=b"at home") + b"<script>")).json()

    token = await client._token(company.admin)
    served = await client.http.get(urlsplit(response["url"]).path, headers={"Authorization": f"Bearer {token}"})

    assert (200, 200) == opened(served.content).size
    assert b"at home" not in served.content
    assert b"<script>" not in served.content


@pytest.mark.parametrize("caller", ["a visitor", "a user for a company"])
async def test_photo_is_uploaded_by_its_user_V64_V71(
    client: Client, factory: Factory, rules_engine: AsyncEngine, caller: str
) -> None:
    """Visitors upload nothing, and nobody uploads a photo for a company."""
    company = await factory.company()

    anonymous = caller == "a visitor"
    response = await uploaded(client, None if anonymous else company.admin, company=None if anonymous else company.id)

    expected = (401, "UNAUTHENTICATED") if anonymous else (400, "BAD_REQUEST")
    assert expected == (response.status_code, response.json()["errors"][0]["extensions"]["code"])
    assert 0 == await images(rules_engine)


async def test_unused_photos_are_limited_and_removed_after_a_day_V64(
    client: Client, factory: Factory, rules_engine: AsyncEngine
) -> None:
    """A user keeps its latest uploads. After a day only the photo that it shows is left."""
    company = await factory.company()
    url = await photographed(client, company.user)
    for _ in range(MAX_UNUSED_IMAGES + 1):
        await uploaded(client, company.admin)
    limited = await images(rules_engine)

    await purge_unused_images(rules_engine, "")
    young = await images(rules_engine)
    async with rules_engine.connect() as connection:
        await connection.execute(sa.update(Image).values(created_at=Image.created_at - timedelta(days=2)))
    await purge_unused_images(rules_engine, "")

    assert (MAX_UNUSED_IMAGES + 1, MAX_UNUSED_IMAGES + 1, 1) == (limited, young, await images(rules_engine))
    assert 200 == await status(client, company.admin, url)


async def upload_for_sign_up(client: Client, code: str, purpose: str = "PHOTO", content: bytes | None = None) -> httpx.Response:
    """Upload a file with the code of a sign-up."""
    bearer = {"Authorization": f"Bearer {code}"}
    return await client.http.post("/files", params={"purpose": purpose}, content=content or picture(), headers=bearer)


async def test_sign_up_can_have_a_photo_R407_V64(client: Client, rules_engine: AsyncEngine) -> None:
    """Before there is a user, the code from the email uploads the photo. A second upload replaces the first."""
    await sign_up(client)
    code = await code_in_mail(rules_engine, EMAIL)
    first, second = [
        (await upload_for_sign_up(client, code.lower(), content=picture(size=(side, 9)))).json() for side in (7, 8)
    ]
    unused = await status(client, ANONYMOUS, second["url"])

    replaced = await complete(client, code, photoId=first["id"])
    answer = await complete(client, code, photoId=second["id"])

    token = answer["tokens"]["accessToken"]
    _, data = await ask(client, token, "{ viewer { user { photo { width } } } }")
    served = await client.http.get(urlsplit(second["url"]).path, headers={"Authorization": f"Bearer {token}"})
    assert {"tokens": None, "userErrors": [user_error("NOT_FOUND", "photoId")]} == replaced
    assert {"viewer": {"user": {"photo": {"width": 8}}}} == data
    assert (404, 200, 404) == (unused, served.status_code, await status(client, ANONYMOUS, second["url"]))
    assert 1 == await images(rules_engine)


@pytest.mark.parametrize("whose", ["another sign-up", "a user", "a company"])
async def test_sign_up_uses_its_own_photo_only_V64(
    client: Client, factory: Factory, rules_engine: AsyncEngine, whose: str
) -> None:
    """Another's image is answered as an absent one. The code still works without a photo."""
    company = await factory.company()
    await sign_up(client, "eve@newcomer.example")
    other = await code_in_mail(rules_engine, "eve@newcomer.example")
    responses = {
        "another sign-up": upload_for_sign_up(client, other),
        "a user": uploaded(client, company.admin),
        "a company": upload(client, company.admin, picture()),
    }
    found = {name: (await response).json()["id"] for name, response in responses.items()}
    await sign_up(client)
    code = await code_in_mail(rules_engine, EMAIL)

    refused = await complete(client, code, photoId=found[whose])
    allowed = await complete(client, code)

    assert {"tokens": None, "userErrors": [user_error("NOT_FOUND", "photoId")]} == refused
    assert [] == allowed["userErrors"]


@pytest.mark.parametrize("code", ["a wrong code", "a used code", "an expired code", "the code of a reset"])
async def test_only_a_valid_sign_up_uploads_V42_V64(
    client: Client, factory: Factory, rules_engine: AsyncEngine, code: str
) -> None:
    """All other codes are refused alike, before the body is read, and nothing is stored."""
    user = await person(factory, rules_engine)
    await send(client, None, "requestPasswordReset", "sent", email=user.email)
    reset = await code_in_mail(rules_engine, user.email)
    await sign_up(client)
    own = await code_in_mail(rules_engine, EMAIL)
    if code == "a used code":
        await complete(client, own)
    if code == "an expired code":
        await expire_codes(rules_engine)
    tried = {"a wrong code": "K7Q2-9XMD-0B3F-ZR8T-5WCA", "the code of a reset": reset}.get(code, own)

    response = await upload_for_sign_up(client, tried)

    assert (401, "UNAUTHENTICATED") == (response.status_code, response.json()["errors"][0]["extensions"]["code"])
    assert tried not in response.text
    assert 0 == await images(rules_engine)


@pytest.mark.parametrize("purpose", ["LOGO", "CERTIFICATE"])
async def test_sign_up_uploads_photos_only_V71(client: Client, rules_engine: AsyncEngine, purpose: str) -> None:
    """Everything else needs a user."""
    await sign_up(client)

    response = await upload_for_sign_up(client, await code_in_mail(rules_engine, EMAIL), purpose)

    assert (401, "UNAUTHENTICATED") == (response.status_code, response.json()["errors"][0]["extensions"]["code"])
    assert 0 == await images(rules_engine)


async def test_photo_of_a_sign_up_is_checked_and_goes_with_it_V64_V71(client: Client, rules_engine: AsyncEngine) -> None:
    """Its content is checked like any photo's. If the sign-up is never completed, the photo is removed."""
    await sign_up(client)
    code = await code_in_mail(rules_engine, EMAIL)

    refused = await upload_for_sign_up(client, code, content=b"GIF89a")
    await upload_for_sign_up(client, code)
    stored = await images(rules_engine)
    await expire_codes(rules_engine)
    async with rules_engine.connect() as connection:
        await connection.execute(sa.delete(EmailToken))

    assert (415, 1, 0) == (refused.status_code, stored, await images(rules_engine))
