"""Portal origins: who sets them, who sees them, and what a verified one allows."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any, Final
from uuid import uuid4

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from models import PortalOrigin
from models.base import now
from models.portal_origin import CHECK_INTERVAL, MAX_ORIGINS
from resolvers.values.identifiers import TAGS, global_id
from tests.client import ANONYMOUS, Client, open_client
from tests.event_streams import PATIENCE, Closed, Socket, opened
from tests.factory import Company, Factory
from tests.portal_site import PROOF, Site, running_site
from tests.rules.answers import payload, redaction_at, response_of
from tests.rules.identity import mutate, person
from tests.rules.mutations import recorded_changes, send, stored_rows, user_error
from tests.rules.test_api_key import key_of
from tests.rules.test_embed_session import WHO, as_page, company_with_portal, create, embed, refused
from tests.rules.test_recent_sign_in import token_after
from transport import portal_proofs
from transport.portal_proofs import PortalProofs
from transport.public_network import PublicNetwork

SET: Final = "company { version portalOrigins { origin verifiedAt } }"
READ: Final = "query ($id: ID!) { company(id: $id) { portalOrigins { origin verifiedAt } } }"
PROOFS: Final = "query ($id: ID!) { company(id: $id) { portalOrigins { origin proof proofUrl } } }"
OURS: Final = "https://ours.example"  # allowed by the settings
PREFLIGHT: Final = {"Access-Control-Request-Method": "POST"}


@pytest.fixture(scope="module")
async def strict_gateway(rules_url: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Client]:
    """A gateway whose settings allow one origin only."""
    async with open_client(rules_url, tmp_path_factory.mktemp("strict"), allowed_origins=(OURS,)) as client:
        yield client


@pytest.fixture
async def strict_client(strict_gateway: Client, factory: Factory) -> Client:  # noqa: ARG001 (it empties the database)
    """A client of that gateway, with no tokens of other tests' users."""
    return Client(strict_gateway.app, strict_gateway.http)


@pytest.fixture(scope="module")
async def local_gateway(rules_url: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Client]:
    """A gateway in development mode, whose settings allow one origin."""
    directory = tmp_path_factory.mktemp("local")
    async with open_client(rules_url, directory, allowed_origins=(OURS,), development=True) as client:
        yield client


@pytest.fixture
async def local_client(local_gateway: Client, factory: Factory) -> Client:  # noqa: ARG001 (it empties the database)
    """A client of that gateway, with no tokens of other tests' users."""
    return Client(local_gateway.app, local_gateway.http)


def unproven(*origins: str) -> list[dict[str, Any]]:
    """Return origins as a company lists them before it has proven them."""
    return [{"origin": origin, "verifiedAt": None} for origin in origins]


def not_set(code: str, *field: str) -> dict[str, Any]:
    """Return the payload of a refused mutation."""
    return {"company": None, "userErrors": [user_error(code, *field)]}


async def admits(client: Client, origin: str) -> bool:
    """Return whether a preflight of an origin is answered with its permission."""
    response = await client.http.options("/graphql", headers={"Origin": origin, **PREFLIGHT})
    return (response.status_code, response.headers.get("Access-Control-Allow-Origin")) == (200, origin)


async def admits_in_the_end(client: Client, origin: str, expected: bool = True) -> None:
    """Wait until the gateway has heard of a change."""
    async with asyncio.timeout(PATIENCE):
        while await admits(client, origin) is not expected:  # noqa: ASYNC110 (the gateway doesn't report it)
            await asyncio.sleep(0.01)


async def opens_socket(client: Client, origin: str) -> bool:
    """Return whether the handshake of an origin's page succeeds."""
    try:
        async with opened(client.app, [(b"origin", origin.encode()), (b"host", b"gateway")]):
            return True
    except (AssertionError, KeyError):
        return False


async def initialise(socket: Socket, token: str) -> Any:
    """Send a token over a socket, and return the answer."""
    await socket.send({"type": "connection_init", "payload": {"Authorization": f"Bearer {token}"}})
    return await socket.receive()


# Who sets and reads origins


@pytest.mark.parametrize("kind", ["DIRECT", "PARTNER", "OPERATOR"])
async def test_account_administrator_sets_the_portal_origins_V52(client: Client, factory: Factory, kind: str) -> None:
    """Origins are stored as browsers send them, each once, and none counts before it's proven."""
    company = await factory.company(kind=kind)
    admin = (await factory.user(company, "ACCOUNT_ADMIN")).email
    given = ["https://Portal.Example.com:443/", "https://münchen.example:8443", "https://portal.example.com"]

    done = await send(client, admin, "setPortalOrigins", SET, version=1, origins=given)
    fewer = await send(client, admin, "setPortalOrigins", SET, version=2, origins=["https://new.example", given[1]])
    none = await send(client, admin, "setPortalOrigins", SET, version=3, origins=[])

    first, second = "https://portal.example.com", "https://xn--mnchen-3ya.example:8443"
    assert [] == done["userErrors"] == fewer["userErrors"] == none["userErrors"]
    assert {"version": 2, "portalOrigins": unproven(first, second)} == done["company"]
    assert {"version": 3, "portalOrigins": unproven(second, "https://new.example")} == fewer["company"]
    assert {"version": 4, "portalOrigins": []} == none["company"]


async def test_origins_that_stay_keep_their_proof_and_each_has_its_own_V52(client: Client, factory: Factory) -> None:
    """A proof can't be guessed, and is the same line until its origin is removed."""
    company, other = await factory.company(), await factory.company()
    origins = ["https://one.example", "https://two.example"]

    async def proofs(of: Company, version: int, origins: list[str]) -> dict[str, str]:
        await send(client, of.admin, "setPortalOrigins", SET, version=version, origins=origins)
        listed = (await client(of.admin, PROOFS, id=of.id)).data["company"]["portalOrigins"]
        assert [f"{each}/.well-known/crossgate-portal.txt" for each in origins] == [each["proofUrl"] for each in listed]
        return {each["origin"]: each["proof"] for each in listed}

    first, others = await proofs(company, 1, origins), await proofs(other, 1, origins)
    fewer = await proofs(company, 2, origins[:1])
    again = await proofs(company, 3, origins)

    assert 5 == len({*first.values(), *others.values(), *again.values()})
    assert first[origins[0]] == fewer[origins[0]] == again[origins[0]]
    assert all(len(proof) >= 32 for proof in first.values())


async def test_partner_sets_the_origins_of_its_accounts_and_the_account_reads_them_V14_V52(
    client: Client, factory: Factory
) -> None:
    """The account's own administrator can't change them."""
    partner = await factory.partner()
    account = await factory.managed_account(partner)
    values = {"companyId": account.company.id, "version": 1, "origins": ["https://one.example"]}

    done = await send(client, partner.admin, "setPortalOrigins", SET, **values)
    refusal = await send(client, account.admin, "setPortalOrigins", SET, **{**values, "version": 2, "origins": []})
    read = await client(account.admin, READ, id=account.company.id)

    assert unproven("https://one.example") == done["company"]["portalOrigins"] == read.data["company"]["portalOrigins"]
    assert not_set("FORBIDDEN", "companyId") == refusal


@pytest.mark.parametrize("role", ["NETWORK_ADMIN", "MARKETPLACE_EDITOR", "FINANCE", "VIEWER"])
async def test_other_roles_neither_set_nor_read_the_origins_V52(client: Client, factory: Factory, role: str) -> None:
    """Only account administrators do."""
    company = await factory.company()
    member = await factory.user(company, role)
    await factory.portal_origin(company, "https://one.example")

    refusal = await send(client, member.email, "setPortalOrigins", SET, version=1, origins=[])
    hidden = await client(member.email, READ, id=company.id)

    assert not_set("FORBIDDEN") == refusal
    assert payload({"company": {"portalOrigins": None}}, redaction_at("company.portalOrigins", "ROLE_REQUIRED")) == response_of(
        hidden
    )


async def test_nobody_outside_a_company_sets_its_origins_and_only_the_operator_reads_them_V21_V52(
    client: Client, factory: Factory
) -> None:
    """Other partners, companies and visitors find nothing."""
    company, operator = await factory.company(), await factory.operator()
    await factory.profile(company)
    await factory.portal_origin(company, "https://one.example", is_verified=False)
    others = (operator.admin, (await factory.partner()).admin, (await factory.company()).admin, ANONYMOUS)

    for viewer in others:
        refusal = await send(client, viewer, "setPortalOrigins", SET, companyId=company.id, version=1, origins=[])
        read = await client(viewer, READ, id=company.id)

        assert not_set("FORBIDDEN", "companyId") == refusal, viewer
        seen = unproven("https://one.example") if viewer == operator.admin else None
        assert {"portalOrigins": seen} == read.data["company"], viewer


async def test_origins_are_set_after_a_recent_sign_in_only_V52_V66(
    client: Client, factory: Factory, rules_engine: AsyncEngine
) -> None:
    """A password of 16 minutes ago isn't enough, and nothing changes."""
    admin = await person(factory, rules_engine)
    token = await token_after(client, rules_engine, admin.email, minutes=16)
    before = await stored_rows(rules_engine)

    refusal = await mutate(client, token, "setPortalOrigins", SET, version=1, origins=["https://one.example"])

    assert not_set("RECENT_SIGN_IN_REQUIRED") == refusal
    assert before == await stored_rows(rules_engine)


async def test_keys_and_embed_sessions_set_no_origins_V52(client: Client, factory: Factory) -> None:
    """They are never account administrators, so they can't allow more pages."""
    company = await company_with_portal(factory)
    secret = await key_of(client, company, "MARKETPLACE_EDITOR")
    token = await embed(client, secret, company)

    by_key = await mutate(client, secret, "setPortalOrigins", SET, version=1, origins=[])
    by_page = (
        await as_page(
            client,
            token,
            "mutation ($input: SetPortalOriginsInput!) { setPortalOrigins(input: $input) { userErrors { code } } }",
            input={"version": 1, "origins": []},
        )
    ).data["setPortalOrigins"]

    assert (not_set("FORBIDDEN"), {"userErrors": [{"code": "FORBIDDEN"}]}) == (by_key, by_page)


@pytest.mark.parametrize("state", ["UNVERIFIED", "PENDING", "REJECTED"])
async def test_unverified_company_sets_no_origins_V47_V52(client: Client, factory: Factory, state: str) -> None:
    """A company has to be verified before pages can act for it."""
    company = await factory.company(verification_status=state)

    refusal = await send(client, company.admin, "setPortalOrigins", SET, version=1, origins=["https://one.example"])

    assert not_set("COMPANY_NOT_VERIFIED") == refusal


@pytest.mark.parametrize(
    ("origins", "code", "field"),
    [
        *(
            (["https://one.example", origin], "INVALID_VALUE", ("origins", "1"))
            for origin in (
                "http://portal.example.com",
                "http://localhost:5173",
                "http://127.0.0.1",
                "https://*.example.com",
                "https://portal.example.com/page",
                "https://portal.example.com?a=1",
                "https://user@portal.example.com",
                "ftp://portal.example.com",
                "portal.example.com",
                "null",
                "*",
                "",
                "https://" + "a." * 200 + "example",
            )
        ),
        ([f"https://{number}.example" for number in range(MAX_ORIGINS + 1)], "TOO_MANY", ("origins",)),
    ],
)
async def test_what_is_no_https_origin_is_refused_V52(
    client: Client, factory: Factory, origins: list[str], code: str, field: tuple[str, ...]
) -> None:
    """Every invalid origin is named, and nothing is stored."""
    company = await factory.company()

    assert not_set(code, *field) == await send(client, company.admin, "setPortalOrigins", SET, version=1, origins=origins)
    assert 0 == await factory.count("PortalOrigin")


async def test_edit_of_an_older_version_is_refused_V52(client: Client, factory: Factory) -> None:
    """Nobody overwrites a list that they haven't seen."""
    company = await factory.company()
    await send(client, company.admin, "setPortalOrigins", SET, version=1, origins=["https://one.example"])

    refusal = await send(client, company.admin, "setPortalOrigins", SET, version=1, origins=[])

    assert (not_set("CONFLICT", "version"), 1) == (refusal, await factory.count("PortalOrigin"))


async def test_changes_of_origins_are_audited_V52(client: Client, factory: Factory, rules_engine: AsyncEngine) -> None:
    """Each added and each removed origin is an event."""
    company = await factory.company()
    await send(client, company.admin, "setPortalOrigins", SET, version=1, origins=["https://one.example"])
    await send(client, company.admin, "setPortalOrigins", SET, version=2, origins=[])

    changes = [each["origin"] for _, table, each in await recorded_changes(rules_engine) if table == "portal_origin"]

    assert [[None, "https://one.example"], ["https://one.example", None]] == changes


# What a verified origin allows


async def test_embed_session_needs_a_verified_origin_of_the_keys_company_V52(strict_client: Client, factory: Factory) -> None:
    """An origin that nobody has proven, or another company has, gets no token. One of the settings does."""
    company, other = await factory.company(), await factory.company()
    await factory.portal_origin(company, "https://proven.example")
    await factory.portal_origin(company, "https://unproven.example", is_verified=False)
    await factory.portal_origin(other, "https://other.example")
    secret = await key_of(strict_client, company)

    for origin in ("https://unproven.example", "https://other.example", "https://unknown.example", "http://localhost:5173"):
        assert refused("ORIGIN_NOT_VERIFIED", "origin") == await create(strict_client, secret, company, origin=origin), origin
    for origin in ("https://proven.example", OURS):
        token = await embed(strict_client, secret, company, origin=origin)
        statuses = [
            (await as_page(strict_client, token, WHO, origin=each)).status for each in (origin, "https://other.example")
        ]
        assert [200, 401] == statuses, origin


async def test_settings_that_allow_all_pages_prove_no_origin_V52(client: Client, factory: Factory) -> None:
    """With `*`, any page's preflight is answered, but a session needs a verified origin and works from no other."""
    company = await company_with_portal(factory)
    secret = await key_of(client, company)
    token = await embed(client, secret, company)

    unlisted = [
        await create(client, secret, company, origin=origin) for origin in ("https://thief.example", "http://localhost")
    ]
    stolen = await as_page(client, token, WHO, origin="https://thief.example")

    assert [refused("ORIGIN_NOT_VERIFIED", "origin")] * 2 == unlisted
    assert (200, 401, True) == (
        (await as_page(client, token, WHO)).status,
        stolen.status,
        client.app.state.services.origins.origins == {"*"},
    )


async def test_session_of_a_listed_origin_ends_when_the_settings_no_longer_list_it_V52(
    client: Client, strict_client: Client, factory: Factory
) -> None:
    """A gateway with the same keys and other settings refuses the token."""
    company = await factory.company()
    secret = await key_of(strict_client, company)
    session = await embed(strict_client, secret, company, origin=OURS)
    facts = strict_client.app.state.tokens.verify(session)

    again = client.app.state.tokens.issue_embedded(facts.user_id, facts.embed, 60)

    assert (200, 401) == (
        (await as_page(strict_client, session, WHO, origin=OURS)).status,
        (await as_page(client, again, WHO, origin=OURS)).status,
    )


async def test_session_works_in_the_gateways_own_frames_V52_V63(client: Client, factory: Factory) -> None:
    """The gateway's own pages name its origin or, when they read, say that it's the same. Other relations aren't enough."""
    company, url = await company_with_portal(factory), client.app.state.services.public_url
    token = await embed(client, await key_of(client, company), company)

    async def status(**headers: str) -> int:
        sent = {"Authorization": f"Bearer {token}", **headers}
        return (await client.http.get("/graphql", params={"query": WHO}, headers=sent)).status_code

    assert [200, 200] == [await status(Origin=url), await status(**{"Sec-Fetch-Site": "same-origin"})]
    assert [401] * 4 == [
        await status(**{"Sec-Fetch-Site": "same-site"}),
        await status(**{"Sec-Fetch-Site": "none"}),
        await status(Origin="https://thief.example", **{"Sec-Fetch-Site": "same-origin"}),
        await status(Origin=f"{url}0"),
    ]


async def frame(client: Client, company: str, element: str = "ports") -> tuple[int, str, str]:
    """Return status, the pages that can frame it, and the text of a framed page."""
    page = await client.http.get(f"/kit/v1/frame/{element}", params={"company": company})
    _, _, ancestors = page.headers.get("content-security-policy", "").partition("frame-ancestors ")
    return page.status_code, ancestors, page.text


async def test_frames_are_for_the_verified_origins_of_their_company_V52(strict_client: Client, factory: Factory) -> None:
    """Neither unproven origins, nor another company's, nor those of the settings can frame it."""
    company, other = await factory.company(), await factory.company()
    for origin in ("https://b.example", "https://a.example"):
        await factory.portal_origin(company, origin)
    await factory.portal_origin(company, "https://unproven.example", is_verified=False)
    await factory.portal_origin(other, "https://other.example")
    await admits_in_the_end(strict_client, "https://other.example")

    status, ancestors, text = await frame(strict_client, company.id)

    assert (200, "https://a.example https://b.example") == (status, ancestors)
    assert 'data-framing="https://a.example https://b.example"' in text


async def test_frame_does_not_say_whether_a_company_exists_V18_V52(strict_client: Client, factory: Factory) -> None:
    """A company without verified origins, another thing's ID, and nonsense have the same page, which no page can frame."""
    company = await factory.company()
    port = await factory.port(company)
    await factory.portal_origin(company, "https://unproven.example", is_verified=False)
    ids = (company.id, port.id, global_id(TAGS["Company"], uuid4()), "", "x", "https://evil.example", "*", "é" * 24)

    answers = {await frame(strict_client, each) for each in ids}

    ((status, ancestors, text),) = answers
    assert (200, "'none'", True) == (status, ancestors, 'data-framing=""' in text)


async def test_removed_origin_frames_nothing_more_V52(strict_client: Client, factory: Factory) -> None:
    """The gateway learns of it from the database, and no browser keeps the page."""
    company, origin = await factory.company(), "https://soon-gone.example"
    added = await factory.portal_origin(company, origin)
    await admits_in_the_end(strict_client, origin)
    before = await frame(strict_client, company.id)
    await factory.delete(added)
    await admits_in_the_end(strict_client, origin, expected=False)

    after = await frame(strict_client, company.id)

    assert (origin, "'none'") == (before[1], after[1])


async def test_frames_ask_no_database_V70(strict_client: Client, factory: Factory) -> None:
    """Anyone can request them, so the gateway answers from memory, for every company alike."""
    company = await factory.company()
    await factory.portal_origin(company, "https://framed.example")
    await admits_in_the_end(strict_client, "https://framed.example")

    with strict_client.counting(all_statements=True) as statements:
        for each in (company.id, global_id(TAGS["Company"], uuid4())):
            await frame(strict_client, each)

    assert [] == statements


async def test_this_machine_frames_in_development_only_V52(
    client: Client, strict_client: Client, local_client: Client, factory: Factory
) -> None:
    """There, as for calls, it needs no proof. Settings that allow all pages to call let none of them frame."""
    company = await factory.company()

    framing = [(await frame(each, company.id))[1] for each in (client, strict_client, local_client)]

    assert ["'none'", "'none'", "http://localhost:* http://127.0.0.1:*"] == framing


async def test_partners_origins_count_for_its_accounts_V14_V52(strict_client: Client, factory: Factory) -> None:
    """They do for the partner's key and for the account's own, but not for another partner's."""
    partner, stranger = await factory.partner(), await factory.partner()
    account, foreign = await factory.managed_account(partner), await factory.managed_account(stranger)
    await factory.portal_origin(partner, "https://partner.example")
    await factory.portal_origin(account.company, "https://account.example")

    for owner, company in ((partner, partner), (partner, account.company), (account.company, account.company)):
        session = await create(strict_client, await key_of(strict_client, owner), company, origin="https://partner.example")
        assert [] == session["userErrors"]
    own = await create(strict_client, await key_of(strict_client, partner), account.company, origin="https://account.example")
    outside = await create(
        strict_client, await key_of(strict_client, stranger), foreign.company, origin="https://partner.example"
    )

    assert ([], refused("ORIGIN_NOT_VERIFIED", "origin")) == (own["userErrors"], outside)


@pytest.mark.parametrize("is_strict", [False, True])
async def test_removing_an_origin_ends_its_sessions_and_closes_their_sockets_V52_V59(
    client: Client, strict_client: Client, factory: Factory, is_strict: bool
) -> None:
    """The next request with such a token is refused, also if the settings allow any origin. Sessions of other origins go on."""
    used = strict_client if is_strict else client
    company = await factory.company()
    removed, kept = "https://removed.example", "https://kept.example"
    for origin in (removed, kept):
        await factory.portal_origin(company, origin)
    secret = await key_of(used, company)
    gone, stays = [await embed(used, secret, company, origin=origin) for origin in (removed, kept)]
    if is_strict:
        await admits_in_the_end(used, removed)

    async with opened(used.app, [(b"origin", removed.encode())]) as socket:
        assert {"type": "connection_ack"} == await initialise(socket, gone)
        before = (await as_page(used, gone, WHO, origin=removed)).status
        await send(used, company.admin, "setPortalOrigins", SET, version=1, origins=[kept])
        with pytest.raises(Closed) as closed:
            await socket.receive()

    after = [(await as_page(used, token, WHO, origin=origin)).status for token, origin in ((gone, removed), (stays, kept))]
    assert (200, 4403, [401, 200]) == (before, closed.value.code, after)


async def test_origin_that_is_added_again_revives_no_session_V52_V59(client: Client, factory: Factory) -> None:
    """The session was of the removed origin, which has to be proven again."""
    company = await factory.company()
    await factory.portal_origin(company, "https://one.example")
    token = await embed(client, await key_of(client, company), company, origin="https://one.example")

    for version, origins in ((1, []), (2, ["https://one.example"])):
        await send(client, company.admin, "setPortalOrigins", SET, version=version, origins=origins)

    assert 401 == (await as_page(client, token, WHO, origin="https://one.example")).status


async def test_preflights_and_handshakes_of_verified_origins_are_answered_V70(strict_client: Client, factory: Factory) -> None:
    """They carry no token, so the verified origins of any company count. Others are refused, and so are removed ones."""
    company, origin = await factory.company(), "https://answered.example"
    await factory.portal_origin(company, "https://waiting.example", is_verified=False)
    before = await admits(strict_client, origin), await opens_socket(strict_client, origin)
    added = await factory.portal_origin(company, origin)
    await admits_in_the_end(strict_client, origin)

    allowed = [await opens_socket(strict_client, each) for each in (origin, OURS)]
    others = [
        await check(strict_client, each)
        for check in (admits, opens_socket)
        for each in (
            "https://waiting.example",
            "https://unknown.example",
            "null",
            f"{origin}.evil.example",
            "http://answered.example",
        )
    ]
    await factory.delete(added)
    await admits_in_the_end(strict_client, origin, expected=False)

    assert ((False, False), [True, True]) == (before, allowed)
    assert not any(others)
    assert (True, False) == (await admits(strict_client, OURS), await opens_socket(strict_client, origin))


async def test_preflights_ask_no_database_V70(strict_client: Client, factory: Factory) -> None:
    """Anyone can send them, so the gateway answers from memory."""
    await factory.portal_origin(await factory.company(), "https://memory.example")
    await admits_in_the_end(strict_client, "https://memory.example")

    with strict_client.counting(all_statements=True) as statements:
        answers = [await admits(strict_client, origin) for origin in ("https://memory.example", "https://unknown.example")]

    assert ([True, False], []) == (answers, statements)


async def test_change_that_was_missed_while_the_database_was_away_is_loaded_V70(
    strict_client: Client, factory: Factory
) -> None:
    """A gateway loads the origins again whenever it has connected to the database's notifications."""
    origins = strict_client.app.state.origins
    await factory.portal_origin(await factory.company(), "https://missed.example")
    await admits_in_the_end(strict_client, "https://missed.example")
    origins._all = frozenset()

    strict_client.app.state.services.change_listener._connected[0]()

    await admits_in_the_end(strict_client, "https://missed.example")


@pytest.mark.parametrize("origin", ["http://localhost:5173", "http://127.0.0.1:8080", "http://localhost"])
async def test_development_needs_no_proof_for_this_machine_V52(local_client: Client, factory: Factory, origin: str) -> None:
    """In development mode, an origin of this machine counts at once, also without being listed."""
    company = await factory.company()
    secret = await key_of(local_client, company)

    unlisted = await create(local_client, secret, company, origin=origin)
    done = await send(local_client, company.admin, "setPortalOrigins", SET, version=1, origins=[origin, "https://one.example"])
    token = await embed(local_client, secret, company, origin=origin)

    verified = [each["verifiedAt"] is not None for each in done["company"]["portalOrigins"]]
    assert ([], [True, False], 200) == (
        unlisted["userErrors"],
        verified,
        (await as_page(local_client, token, WHO, origin=origin)).status,
    )
    assert (True, False) == (await admits(local_client, origin), await admits(local_client, "http://portal.example:5173"))


# How an origin is proven


@pytest.fixture
async def site(strict_client: Client) -> AsyncIterator[Site]:
    """A portal on this machine, which the gateway reaches and trusts."""
    async with running_site() as running:
        with strict_client.configured(read_proof=PortalProofs(PublicNetwork(local=True), running.trusted)):
            yield running


async def listed(client: Client, company: Company, origin: str) -> str:
    """Let a company list an origin, and return the proof that it has to serve."""
    query = "company { portalOrigins { proof } }"
    done = await send(client, company.admin, "setPortalOrigins", query, version=1, origins=[origin])
    proof: str = done["company"]["portalOrigins"][0]["proof"]
    return proof


async def verify(client: Client, viewer: str | None, origin: str, **more: Any) -> dict[str, Any]:
    """Ask for the check of an origin."""
    return await send(
        client, viewer, "verifyPortalOrigin", "company { portalOrigins { origin verifiedAt } }", origin=origin, **more
    )


async def is_verified(client: Client, company: Company) -> bool:
    """Return whether the company's only origin counts."""
    (origin,) = (await client(company.admin, READ, id=company.id)).data["company"]["portalOrigins"]
    return origin["verifiedAt"] is not None


async def test_origin_that_serves_the_proof_counts_V52_V70(strict_client: Client, factory: Factory, site: Site) -> None:
    """The company's server shows the line, among others, and from then on its pages embed the portal."""
    company = await factory.company()
    proof = await listed(strict_client, company, site.origin)
    secret = await key_of(strict_client, company)
    before = await create(strict_client, secret, company, origin=site.origin)
    site.body = f"# of another company\r\ncrossgate-portal-other\r\n  {proof}\r\n".encode()

    done = await verify(strict_client, company.admin, f"{site.origin}/")
    token = await embed(strict_client, secret, company, origin=site.origin)
    await admits_in_the_end(strict_client, site.origin)

    assert ([], True) == (done["userErrors"], done["company"]["portalOrigins"][0]["verifiedAt"] is not None)
    assert (refused("ORIGIN_NOT_VERIFIED", "origin"), [PROOF]) == (before, site.paths)
    assert 200 == (await as_page(strict_client, token, WHO, origin=site.origin)).status


async def test_origin_that_is_verified_is_not_asked_again_V52(strict_client: Client, factory: Factory, site: Site) -> None:
    """The origin counts until it's removed from the list."""
    company = await factory.company()
    site.body = (await listed(strict_client, company, site.origin)).encode()
    first = await verify(strict_client, company.admin, site.origin)

    again = await verify(strict_client, company.admin, site.origin)

    assert (first, 1) == (again, len(site.paths))


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, "another-line"),
        (200, ""),
        (200, "prefix{proof}"),
        (200, "<p>{proof}</p>"),
        (200, "{proof}\n" + "x" * 4096),
        (404, "{proof}"),
        (302, "{proof}"),
        (500, "{proof}"),
    ],
)
async def test_answer_without_the_exact_proof_verifies_nothing_V52(
    strict_client: Client, factory: Factory, site: Site, status: int, body: str
) -> None:
    """The answer has to be 200, short, and have the proof as a line. No redirect is followed."""
    company = await factory.company()
    proof = await listed(strict_client, company, site.origin)
    site.status, site.body = status, body.replace("{proof}", proof).encode()

    refusal = await verify(strict_client, company.admin, site.origin)

    assert (not_set("PROOF_NOT_FOUND", "origin"), [PROOF], False) == (
        refusal,
        site.paths,
        await is_verified(strict_client, company),
    )


async def test_proof_of_one_company_proves_nothing_for_another_V52(strict_client: Client, factory: Factory, site: Site) -> None:
    """An origin can be of two companies, each with a line of its own."""
    company, thief = await factory.company(), await factory.company()
    site.body = (await listed(strict_client, company, site.origin)).encode()
    await listed(strict_client, thief, site.origin)

    theirs, ours = (
        await verify(strict_client, thief.admin, site.origin),
        await verify(strict_client, company.admin, site.origin),
    )

    assert (not_set("PROOF_NOT_FOUND", "origin"), []) == (theirs, ours["userErrors"])


async def test_slow_server_is_not_waited_for_V52(
    strict_client: Client, factory: Factory, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The check ends after a few seconds, whatever the server does."""
    monkeypatch.setattr(portal_proofs, "PROOF_SECONDS", 0.2)
    company = await factory.company()
    site.body, site.delay = (await listed(strict_client, company, site.origin)).encode(), 60

    assert not_set("PROOF_NOT_FOUND", "origin") == await verify(strict_client, company.admin, site.origin)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "[::ffff:127.0.0.1]", "2130706433"])
async def test_gateway_never_asks_its_own_network_V52(client: Client, factory: Factory, site: Site, host: str) -> None:
    """The address is checked after the name is resolved. Nothing arrives at the server."""
    company = await factory.company()
    origin = site.origin.replace("localhost", host)
    await listed(client, company, origin)

    refusal = await verify(client, company.admin, origin)

    assert (not_set("PROOF_NOT_FOUND", "origin"), 0) == (refusal, site.connections)


async def test_server_without_a_trusted_certificate_proves_nothing_V52(
    strict_client: Client, factory: Factory, site: Site
) -> None:
    """Whoever can redirect the gateway's connection still has no certificate for the name."""
    company = await factory.company()
    site.body = (await listed(strict_client, company, site.origin)).encode()

    with strict_client.configured(read_proof=PortalProofs(PublicNetwork(local=True))):
        refusal = await verify(strict_client, company.admin, site.origin)

    assert (not_set("PROOF_NOT_FOUND", "origin"), []) == (refusal, site.paths)


async def test_origin_is_checked_once_in_ten_seconds_V52(
    strict_client: Client, factory: Factory, site: Site, rules_engine: AsyncEngine
) -> None:
    """Others' servers aren't asked too often."""
    company = await factory.company()
    site.body = (await listed(strict_client, company, site.origin)).encode()
    site.status = 404
    await verify(strict_client, company.admin, site.origin)
    site.status = 200

    early = await verify(strict_client, company.admin, site.origin)
    async with rules_engine.connect() as connection:
        await connection.execute(sa.update(PortalOrigin).values(checked_at=now() - CHECK_INTERVAL))
    late = await verify(strict_client, company.admin, site.origin)

    assert (not_set("TOO_MANY", "origin"), [], 2) == (early, late["userErrors"], len(site.paths))


async def test_only_administrators_verify_and_only_listed_origins_V52(
    strict_client: Client, factory: Factory, site: Site
) -> None:
    """Nobody else makes the gateway ask a server."""
    company, operator = await factory.company(), await factory.operator()
    await factory.profile(company)
    member = await factory.user(company, "MARKETPLACE_EDITOR")
    site.body = (await listed(strict_client, company, site.origin)).encode()

    for viewer in (member.email, operator.admin, (await factory.partner()).admin, ANONYMOUS):
        refusal = await verify(strict_client, viewer, site.origin, companyId=company.id)
        assert not_set("FORBIDDEN", "companyId") == refusal, viewer
    for origin in ("https://unlisted.example", "nowhere", f"{site.origin}/page"):
        assert not_set("NOT_FOUND", "origin") == await verify(strict_client, company.admin, origin)
    assert 0 == site.connections


async def test_check_of_an_origin_that_is_replaced_meanwhile_verifies_nothing_V52(
    strict_client: Client, factory: Factory, site: Site
) -> None:
    """The proof that was read belongs to the removed origin, not to the one that is listed now."""
    company = await factory.company()
    site.body = (await listed(strict_client, company, site.origin)).encode()
    read_proof = strict_client.app.state.services.read_proof

    async def meanwhile(address: str) -> str | None:
        for version, origins in ((2, []), (3, [site.origin])):
            await send(strict_client, company.admin, "setPortalOrigins", "company { id }", version=version, origins=origins)
        text: str | None = await read_proof(address)
        return text

    with strict_client.configured(read_proof=meanwhile):
        refusal = await verify(strict_client, company.admin, site.origin)

    assert not_set("NOT_FOUND", "origin") == refusal
    assert not await is_verified(strict_client, company)
