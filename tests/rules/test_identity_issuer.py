"""OpenID issuers of companies: who sets one, and whom its tokens let in."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack, asynccontextmanager
from datetime import timedelta
from typing import Any, Final
from unittest.mock import patch

import jwt
import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from models import FederatedIdentity, User
from models.base import now
from tests.client import Client, open_client
from tests.event_streams import Closed, Socket, opened
from tests.factory import Company, Factory
from tests.factory import User as Member
from tests.issuer import AUDIENCE, DISCOVERY, KEYS, Issuer, running_issuer
from tests.rules.answers import payload, redaction_at, response_of
from tests.rules.identity import ask, mutate, person
from tests.rules.mutations import recorded_changes, send, stored_rows, user_error
from tests.rules.test_recent_sign_in import token_after

SET: Final = "company { identityIssuer { issuer audience } }"
READ: Final = "query ($id: ID!) { company(id: $id) { identityIssuer { issuer audience } } }"
WHO: Final = "{ viewer { user { id email } company { id } roles } }"
HTTPS: Final = "https://login.example.com"
REFUSED: Final = "The token of the identity provider is not valid, or is for no member of its company."
RS256: Final = "RS256"


@pytest.fixture(scope="module")
async def local_gateway(rules_url: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Client]:
    """A gateway in development mode, where issuers can be on this machine."""
    async with open_client(rules_url, tmp_path_factory.mktemp("gateway"), development=True) as client:
        yield client


@pytest.fixture
async def client(local_gateway: Client, factory: Factory) -> Client:  # noqa: ARG001 (it empties the database)
    """A client of that gateway, with no tokens of other tests' users."""
    return Client(local_gateway.app, local_gateway.http)


@pytest.fixture
async def issuer() -> AsyncIterator[Issuer]:
    """An OpenID issuer on this machine."""
    async with running_issuer() as running:
        yield running


@pytest.fixture
async def company(factory: Factory, client: Client, issuer: Issuer, rules_engine: AsyncEngine) -> Company:
    """A company that has named the issuer, and whose administrator has a verified address."""
    created = await factory.company()
    await verify(rules_engine, created.admin)
    await name(client, created, issuer)
    return created


@pytest.fixture
def move_clock(client: Client) -> Iterator[Callable[[float], None]]:
    """Move the clock of the issuers' keys forward by seconds, until the test ends."""
    keys = [app.state.issuer_keys for app in client.apps]
    clock, passed = keys[0].clock, [0.0]

    def move(seconds: float) -> None:
        passed[0] += seconds

    with ExitStack() as patches:
        for each in keys:
            patches.enter_context(patch.object(each, "clock", lambda: clock() + passed[0]))
        yield move


async def verify(engine: AsyncEngine, *emails: str) -> None:
    """Let the users of these addresses have verified them."""
    async with engine.connect() as connection:
        await connection.execute(sa.update(User).where(User.email.in_(emails)).values(email_verified_at=now()))


async def name(client: Client, company: Company, issuer: Issuer, audience: str = AUDIENCE) -> None:
    """Name an issuer for a company."""
    named = await send(client, company.admin, "setIdentityIssuer", SET, issuer=issuer.url, audience=audience)
    assert {"issuer": issuer.url, "audience": audience} == named["company"]["identityIssuer"]


async def unset(client: Client, company: Company) -> None:
    """Remove the issuer of a company."""
    removed = await send(client, company.admin, "setIdentityIssuer", SET, issuer=None)
    assert {"company": {"identityIssuer": None}, "userErrors": []} == removed


async def status(client: Client, token: str) -> int:
    """Return the status of a query with a token."""
    code: int = (await ask(client, token, WHO))[0]
    return code


def viewer(company: Company, user: Member, *roles: str) -> dict[str, Any]:
    """Return the answer to WHO for a member."""
    return {"viewer": {"user": {"id": user.id, "email": user.email}, "company": {"id": company.id}, "roles": list(roles)}}


async def links(engine: AsyncEngine) -> int:
    """Return how many members are linked to subjects."""
    async with engine.connect() as connection:
        return int(await connection.scalar(sa.select(sa.func.count()).select_from(FederatedIdentity)) or 0)


# Who sets an issuer


@pytest.mark.parametrize("kind", ["DIRECT", "PARTNER", "MANAGED", "OPERATOR"])
async def test_account_administrator_sets_reads_and_removes_an_issuer_V53_V75(
    client: Client, factory: Factory, kind: str
) -> None:
    """The issuer is stored exactly as it's written, and replaced as a whole."""
    is_operator = kind == "OPERATOR"
    staff = await factory.user(await factory.operator(), "ACCOUNT_ADMIN")
    admin = staff.email if is_operator else await factory.admin_of_kind(kind)

    for issuer, audience in ((HTTPS, "one"), (f"{HTTPS}/", "two"), (f"{HTTPS}/tenant/v2.0", "two")):
        done = await send(client, admin, "setIdentityIssuer", SET, issuer=issuer, audience=audience)
        assert {"company": {"identityIssuer": {"issuer": issuer, "audience": audience}}, "userErrors": []} == done
    again = await send(client, admin, "setIdentityIssuer", SET, issuer=f"{HTTPS}/tenant/v2.0", audience="two")
    removed = [await send(client, admin, "setIdentityIssuer", SET, issuer=None) for _ in range(2)]

    assert done == again
    assert [{"company": {"identityIssuer": None}, "userErrors": []}] * 2 == removed


async def test_issuer_is_set_after_a_recent_sign_in_only_V66_V75(
    client: Client, factory: Factory, rules_engine: AsyncEngine
) -> None:
    """A password of 16 minutes ago isn't enough, and nothing changes."""
    admin = await person(factory, rules_engine)
    token = await token_after(client, rules_engine, admin.email, minutes=16)
    before = await stored_rows(rules_engine)

    refused = await mutate(client, token, "setIdentityIssuer", SET, issuer=HTTPS, audience="one")

    assert {"company": None, "userErrors": [user_error("RECENT_SIGN_IN_REQUIRED")]} == refused
    assert before == await stored_rows(rules_engine)


@pytest.mark.parametrize("state", ["UNVERIFIED", "PENDING", "REJECTED"])
async def test_unverified_company_sets_no_issuer_V47_V75(client: Client, factory: Factory, state: str) -> None:
    """A company has to be verified before it names who lets its members in."""
    company = await factory.company(verification_status=state)

    refused = await send(client, company.admin, "setIdentityIssuer", SET, issuer=HTTPS, audience="one")

    assert {"company": None, "userErrors": [user_error("COMPANY_NOT_VERIFIED")]} == refused


@pytest.mark.parametrize("role", ["NETWORK_ADMIN", "MARKETPLACE_EDITOR", "FINANCE", "VIEWER"])
async def test_other_roles_neither_set_nor_read_the_issuer_V53_V75(client: Client, factory: Factory, role: str) -> None:
    """Only account administrators do."""
    company = await factory.company()
    member = await factory.user(company, role)
    await send(client, company.admin, "setIdentityIssuer", SET, issuer=HTTPS, audience="one")

    refused = await send(client, member.email, "setIdentityIssuer", SET, issuer=None)
    hidden = await client(member.email, READ, id=company.id)
    kept = await client(company.admin, READ, id=company.id)

    assert {"company": None, "userErrors": [user_error("FORBIDDEN")]} == refused
    assert payload(
        {"company": {"identityIssuer": None}}, redaction_at("company.identityIssuer", "ROLE_REQUIRED")
    ) == response_of(hidden)
    assert {"company": {"identityIssuer": {"issuer": HTTPS, "audience": "one"}}} == kept.data


async def test_nobody_outside_a_company_sets_or_reads_its_issuer_V53_V75(client: Client, factory: Factory) -> None:
    """Not its partner, not the operator's staff, and no stranger."""
    partner, operator, stranger = await factory.partner(), await factory.operator(), await factory.company()
    account = await factory.managed_account(partner)
    await send(client, account.admin, "setIdentityIssuer", SET, issuer=HTTPS, audience="one")

    for admin in (partner.admin, operator.admin, stranger.admin):
        refused = await send(client, admin, "setIdentityIssuer", SET, companyId=account.company.id, issuer=None)
        read = await client(admin, READ, id=account.company.id)

        code = "NOT_FOUND" if admin == stranger.admin else "FORBIDDEN"
        assert {"company": None, "userErrors": [user_error(code, "companyId")]} == refused
        assert read.data["company"] in (None, {"identityIssuer": None})
    kept = await client(account.admin, READ, id=account.company.id)
    assert {"company": {"identityIssuer": {"issuer": HTTPS, "audience": "one"}}} == kept.data


async def test_two_companies_never_share_issuer_and_audience_V53(client: Client, factory: Factory) -> None:
    """A token is for one company, so a second one needs another audience at the same issuer."""
    first, second = await factory.company(), await factory.company()
    await send(client, first.admin, "setIdentityIssuer", SET, issuer=HTTPS, audience="one")

    taken = await send(client, second.admin, "setIdentityIssuer", SET, issuer=HTTPS, audience="one")
    free = await send(client, second.admin, "setIdentityIssuer", SET, issuer=HTTPS, audience="two")

    assert {"company": None, "userErrors": [user_error("TAKEN", "audience")]} == taken
    assert [] == free["userErrors"]


@pytest.mark.parametrize(
    ("values", "code", "field"),
    [
        *(
            ({"issuer": issuer, "audience": "one"}, "INVALID_VALUE", "issuer")
            for issuer in (
                "http://login.example.com",
                "ftp://login.example.com",
                "https://login.example.com?tenant=1",
                "https://login.example.com#tenant",
                "https://user:password@login.example.com",
                "https://LOGIN.example.com",
                "https://login.example.com/a/../b",
                "login.example.com",
                "http://10.0.0.1",
            )
        ),
        ({"issuer": HTTPS + "/a" * 1000, "audience": "one"}, "TOO_LONG", "issuer"),
        ({"issuer": "", "audience": "one"}, "REQUIRED", "issuer"),
        ({"audience": "one"}, "REQUIRED", "issuer"),
        ({"issuer": HTTPS}, "REQUIRED", "audience"),
        ({"issuer": HTTPS, "audience": " "}, "REQUIRED", "audience"),
        ({"issuer": HTTPS, "audience": "a" * 256}, "TOO_LONG", "audience"),
    ],
)
async def test_invalid_issuers_and_audiences_are_refused_V75(
    client: Client, factory: Factory, values: dict[str, Any], code: str, field: str
) -> None:
    """An issuer is an https URL in its usual form, without a user, a query and a fragment."""
    company = await factory.company()

    refused = await send(client, company.admin, "setIdentityIssuer", SET, **values)

    assert {"company": None, "userErrors": [user_error(code, field)]} == refused


async def test_issuers_of_this_machine_are_for_development_only_V53(
    client: Client, rules_gateway: Client, factory: Factory, issuer: Issuer
) -> None:
    """In production, an issuer needs https, and one whose name resolves to the gateway's own network is never connected to."""
    company = await factory.company()
    production = Client(rules_gateway.app, rules_gateway.http)
    inside = issuer.url.replace("http://127.0.0.1", "https://localhost")

    await name(client, company, issuer)
    refused = await send(production, company.admin, "setIdentityIssuer", SET, issuer=issuer.url, audience=AUDIENCE)
    named = await send(production, company.admin, "setIdentityIssuer", SET, issuer=inside, audience=AUDIENCE)
    signed_in = await status(production, issuer.token(company.admin, iss=inside))

    assert {"company": None, "userErrors": [user_error("INVALID_VALUE", "issuer")]} == refused
    assert ([], 401, 0) == (named["userErrors"], signed_in, issuer.connections)


async def test_changes_of_issuers_and_links_are_audited_V53_V75(
    client: Client, company: Company, issuer: Issuer, rules_engine: AsyncEngine
) -> None:
    """Naming, linking and removing are recorded, without a token."""
    token = issuer.token(company.admin)
    await status(client, token)
    await unset(client, company)

    changes = await recorded_changes(rules_engine)

    assert [
        ("setIdentityIssuer", "identity_issuer"),
        ("linkIdentity", "federated_identity"),
        ("setIdentityIssuer", "identity_issuer"),
    ] == [(action, table) for action, table, _ in changes]
    assert token not in str(changes)
    assert token not in str(await stored_rows(rules_engine))


# Whom a token lets in


@pytest.mark.parametrize(
    "algorithm", ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]
)
async def test_member_signs_in_with_its_companys_token_V53(
    client: Client, company: Company, issuer: Issuer, algorithm: str
) -> None:
    """Tokens that a public key verifies act for the member with the verified address."""
    issuer.rotate(f"key of {algorithm}", algorithm)

    answer = await ask(client, issuer.token(company.admin.upper()), WHO)

    assert (200, viewer(company, company.user, "ACCOUNT_ADMIN")) == answer


async def test_the_operators_members_sign_in_once_its_company_has_an_issuer_V53(
    client: Client, factory: Factory, issuer: Issuer, rules_engine: AsyncEngine
) -> None:
    """Only the operator's own issuer speaks for its staff."""
    operator, other = await factory.operator(), await factory.company()
    admin = await factory.user(operator, "ACCOUNT_ADMIN")
    await verify(rules_engine, operator.admin, other.admin)
    await name(client, other, issuer)

    by_other = await status(client, issuer.token(operator.admin))
    await send(client, admin.email, "setIdentityIssuer", SET, issuer=issuer.url, audience="operator")
    by_own = await ask(client, issuer.token(operator.admin, aud="operator"), WHO)

    assert 401 == by_other
    assert (200, viewer(operator, operator.user, "REVIEWER")) == by_own


async def test_subject_stays_the_member_when_addresses_change_V53(
    client: Client, company: Company, issuer: Issuer, rules_engine: AsyncEngine
) -> None:
    """The first token links the subject. From then on, the address in a token doesn't matter, but has to be verified."""
    first = await ask(client, issuer.token(company.admin, sub="ada"), WHO)
    renamed = await ask(client, issuer.token("ada@new.example", sub="ada"), WHO)
    unverified = await status(client, issuer.token("ada@new.example", sub="ada", email_verified=False))

    assert (200, viewer(company, company.user, "ACCOUNT_ADMIN")) == first == renamed
    assert (401, 1) == (unverified, await links(rules_engine))


async def test_address_alone_never_identifies_a_linked_member_V53(
    client: Client, company: Company, issuer: Issuer, rules_engine: AsyncEngine
) -> None:
    """Whoever gets the address of a member later, with another subject, doesn't become the member."""
    first = await status(client, issuer.token(company.admin, sub="ada"))
    second = await status(client, issuer.token(company.admin, sub="bob"))

    assert (200, 401, 1) == (first, second, await links(rules_engine))


async def test_member_whose_own_address_is_not_verified_is_refused_V53(
    client: Client, factory: Factory, company: Company, issuer: Issuer
) -> None:
    """Both sides have to have verified the address."""
    member = await factory.user(company, "VIEWER")

    assert 401 == await status(client, issuer.token(member.email))


async def test_issuer_speaks_for_its_own_companys_members_only_V53(
    client: Client, factory: Factory, company: Company, issuer: Issuer, rules_engine: AsyncEngine
) -> None:
    """Members of other companies and people without a company are refused, and nothing is linked."""
    other = await factory.company()
    await verify(rules_engine, company.admin, other.admin)

    for email in (other.admin, "nobody@sample.example"):
        assert 401 == await status(client, issuer.token(email))
    assert 0 == await links(rules_engine)


async def test_member_of_two_companies_acts_for_the_issuers_company_only_V53(
    client: Client, factory: Factory, company: Company, issuer: Issuer, rules_engine: AsyncEngine
) -> None:
    """An issuer doesn't reach a member's other company: neither by reading nor by switching, and it can't act as the person."""
    other = await factory.company()
    await verify(rules_engine, other.admin)
    await factory.member(other.user, company, "ACCOUNT_ADMIN")
    token = issuer.token(other.admin)
    query = (
        "query ($id: ID!) { company(id: $id) { id } viewer { company { id } memberships { company { id } } sessions { id } } }"
    )

    read = await ask(client, token, query, id=other.id)
    switched = await mutate(client, token, "switchCompany", "tokens { accessToken }", companyId=other.id)
    renamed = await mutate(client, token, "updateUser", "user { id }", version=1, name="Mallory")
    changed = await mutate(client, token, "changePassword", "changed", current="x", new="seven green boats row north")

    seen = {"company": {"id": company.id}, "memberships": [{"company": {"id": company.id}}], "sessions": []}
    assert (200, {"company": None, "viewer": seen}) == read
    assert (None, None, False) == (switched["tokens"], renamed["user"], changed["changed"])
    assert all(each["userErrors"] for each in (switched, renamed, changed))


async def test_token_for_the_audiences_of_two_companies_is_for_neither_V53(
    client: Client, factory: Factory, company: Company, issuer: Issuer, rules_engine: AsyncEngine
) -> None:
    """An audience of nobody doesn't matter, but a second company's does."""
    other = await factory.company()
    await verify(rules_engine, other.admin)
    await name(client, other, issuer, "other")

    alone = await status(client, issuer.token(company.admin, aud=[AUDIENCE, f"{issuer.url}/userinfo"]))
    both = await status(client, issuer.token(company.admin, aud=[AUDIENCE, "other"]))
    crossed = await status(client, issuer.token(other.admin, aud=AUDIENCE))

    assert (200, 401, 401) == (alone, both, crossed)


@pytest.mark.parametrize("minutes", [None, 0, 14, 16, -5])
async def test_auth_time_says_whether_the_sign_in_is_recent_V53_V66(
    client: Client, company: Company, issuer: Issuer, minutes: int | None
) -> None:
    """Without it, or after 15 minutes, no key is created. One in the future isn't believed."""
    token = issuer.token(company.admin, auth_time=None if minutes is None else timedelta(minutes=-minutes))

    created = await mutate(client, token, "createApiKey", "apiKey { name }", name="Export", roles=["VIEWER"])

    stale = {"apiKey": None, "userErrors": [user_error("RECENT_SIGN_IN_REQUIRED")]}
    fresh = {"apiKey": {"name": "Export"}, "userErrors": []}
    assert {None: stale, 0: fresh, 14: fresh, 16: stale, -5: 401}[minutes] == created


# Which tokens are refused


@pytest.mark.parametrize(
    "more",
    [
        {"aud": "another"},
        {"aud": None},
        {"aud": []},
        {"aud": [AUDIENCE] * 11},
        {"iss": "http://127.0.0.1:1"},
        {"iss": None},
        {"sub": None},
        {"sub": ""},
        {"sub": "\0"},
        {"sub": "s" * 256},
        {"email": None},
        {"email_verified": None},
        {"email_verified": False},
        {"email_verified": "true"},
        {"exp": None},
        {"exp": timedelta(seconds=-1)},
        {"exp": "tomorrow"},
        {"iat": None},
        {"iat": timedelta(hours=-25)},
        {"iat": timedelta(minutes=5)},
        {"nbf": timedelta(minutes=5)},
        {"header": {"typ": "logout+jwt"}},
        {"header": {"crit": ["b64"], "b64": False}},
    ],
    ids=str,
)
async def test_token_with_a_wrong_claim_is_refused_V53(
    client: Client, company: Company, issuer: Issuer, rules_engine: AsyncEngine, more: dict[str, Any]
) -> None:
    """Audience, issuer, times, subject and the verified address are checked."""
    token = issuer.token(company.admin, **more)

    answer = await ask(client, token, WHO)

    assert (401, None, 0) == (*answer, await links(rules_engine))


async def test_token_of_another_key_or_algorithm_is_refused_V53(client: Client, company: Company, issuer: Issuer) -> None:
    """No signature, a signature with the public key as a secret, a stranger's key and a key in the token don't count."""
    claims = issuer.claims(company.admin)
    jwk = issuer.public_jwk("first")
    stranger = Issuer(issuer.url, keys={"strange": RS256})
    secret = jwk["n"]  # a public value, as a secret
    good = issuer.token(company.admin)
    head, body, _ = good.split(".")
    forged = [
        jwt.encode(claims, "", "none", {"kid": "first"}),
        jwt.encode(claims, secret, "HS256", {"kid": "first"}),
        stranger.token(company.admin, header={"kid": "first"}),
        stranger.token(company.admin, header={"kid": "first", "jwk": stranger.public_jwk("strange")}),
        stranger.token(company.admin, header={"kid": "first", "jku": f"{issuer.url}{KEYS}"}),
        f"{head}.{body}.",
        f"{head}.{body}.{'A' * 342}",
    ]

    assert 200 == await status(client, good)
    assert [401] * len(forged) == [await status(client, token) for token in forged]


async def test_refused_token_is_accepted_once_its_time_has_come_V53(client: Client, company: Company, issuer: Issuer) -> None:
    """A refusal isn't remembered. The issuer's clock can be 30 seconds fast."""
    token = issuer.token(company.admin, nbf=timedelta(seconds=32))

    early = await status(client, token)
    async with asyncio.timeout(60):
        while (late := await status(client, token)) == 401:  # noqa: ASYNC110 (its time has to come)
            await asyncio.sleep(0.2)

    assert (401, 200) == (early, late)


async def test_key_of_another_purpose_is_not_used_V53(
    client: Client, company: Company, issuer: Issuer, move_clock: Callable[[float], None]
) -> None:
    """A key for encryption or for another algorithm, a private key and a secret one verify nothing."""
    jwk = issuer.public_jwk("first")
    wrong = (
        {"use": "enc"},
        {"alg": "RS512"},
        {"key_ops": ["encrypt"]},
        {"d": "AQAB"},
        {"kty": "oct", "k": "c2VjcmV0"},
        {"n": 7},
    )
    for each in wrong:
        issuer.answers = {KEYS: (200, json.dumps({"keys": [{**jwk, **each}, 7]}).encode())}
        move_clock(31)
        assert 401 == await status(client, issuer.token(company.admin)), each
    issuer.come_back()
    move_clock(31)

    assert (200, len(wrong) + 1) == (await status(client, issuer.token(company.admin)), issuer.fetches)


# How keys are fetched


@pytest.mark.one_process
async def test_keys_are_fetched_once_for_all_requests_V53(client: Client, company: Company, issuer: Issuer) -> None:
    """Requests at the same time share one fetch, and later ones none."""
    issuer.delay = 0.2
    token = issuer.token(company.admin)

    together = await asyncio.gather(*(status(client, token) for _ in range(10)))
    later = await status(client, issuer.token(company.admin, jti="later"))

    assert ([200] * 10, 200, [DISCOVERY, KEYS]) == (together, later, issuer.requests)


@pytest.mark.one_process
async def test_unknown_keys_are_fetched_once_in_thirty_seconds_V53(
    client: Client, company: Company, issuer: Issuer, move_clock: Callable[[float], None]
) -> None:
    """A rotated key is found, but a flood of tokens with invented keys asks the issuer no more often."""
    before = await status(client, issuer.token(company.admin))
    issuer.rotate("second", "ES256")
    flood = {await status(client, issuer.token(company.admin, header={"kid": f"invented {n}"})) for n in range(20)}
    move_clock(29)
    early = await status(client, issuer.token(company.admin)), issuer.fetches
    move_clock(2)
    late = await status(client, issuer.token(company.admin)), issuer.fetches
    old = await status(client, issuer.token(company.admin, kid="first"))

    assert (200, {401}, (401, 1), (200, 2), 401) == (before, flood, early, late, old)


async def test_issuer_that_nobody_has_named_is_never_asked_V53(client: Client, company: Company, issuer: Issuer) -> None:
    """Neither a token that names any URL nor one of a removed issuer makes the gateway send a request."""
    async with running_issuer() as unnamed:
        assert 401 == await status(client, unnamed.token(company.admin))
        assert 401 == await status(client, issuer.token(company.admin, aud="another"))
        await unset(client, company)
        assert 401 == await status(client, issuer.token(company.admin))

        assert ([], []) == (unnamed.requests, issuer.requests)


@pytest.mark.one_process
async def test_keys_stay_valid_for_a_day_while_the_issuer_is_away_V53(
    client: Client, company: Company, issuer: Issuer, move_clock: Callable[[float], None]
) -> None:
    """After an hour, keys are fetched again in the background. If that fails, they count for a day after the last success."""
    statuses = [await status(client, issuer.token(company.admin))]
    issuer.go_away()
    for seconds in (60 * 60, 22 * 60 * 60, 60 * 60 - 10):
        move_clock(seconds)
        statuses.append(await status(client, issuer.token(company.admin)))
    move_clock(31)
    after_a_day = await status(client, issuer.token(company.admin))
    issuer.come_back()
    move_clock(31)

    assert ([200] * 4, 401) == (statuses, after_a_day)
    assert 200 == await status(client, issuer.token(company.admin))


@pytest.mark.one_process
async def test_key_that_the_issuer_has_withdrawn_ends_within_an_hour_V53(
    client: Client, company: Company, issuer: Issuer, move_clock: Callable[[float], None]
) -> None:
    """The first request after an hour starts a fetch in the background, and the next one has its result."""
    token = issuer.token(company.admin)
    before = await status(client, token)
    issuer.rotate("second")
    move_clock(60 * 60)
    first = await status(client, token)
    async with asyncio.timeout(30):
        while issuer.fetches < 2:  # noqa: ASYNC110 (the issuer reports no request)
            await asyncio.sleep(0.01)
        while (after := await status(client, token)) == 200:  # noqa: ASYNC110 (nor what it did with the keys)
            await asyncio.sleep(0.01)

    assert (200, 200, 401) == (before, first, after)


@pytest.mark.parametrize(
    ("path", "answer"),
    [
        (DISCOVERY, (200, b'{"issuer": "https://login.example.com", "jwks_uri": "https://login.example.com/keys"}')),
        (DISCOVERY, (200, b"[]")),
        (DISCOVERY, (200, b"<html>")),
        (DISCOVERY, (302, b"")),
        (DISCOVERY, (500, b"{}")),
        (DISCOVERY, None),
        (KEYS, (200, b'{"keys": {}}')),
        (KEYS, (200, b'{"keys": []}')),
        (KEYS, (301, b"")),
        (KEYS, (200, b" " * 300_000)),
    ],
    ids=lambda value: repr(value)[:40],
)
async def test_invalid_documents_of_an_issuer_let_nobody_in_V53(
    client: Client, company: Company, issuer: Issuer, path: str, answer: tuple[int, bytes] | None
) -> None:
    """Another issuer's discovery document, a redirect, an error and a document that's too large don't count."""
    issuer.answers = {path: answer}

    assert 401 == await status(client, issuer.token(company.admin))


@pytest.mark.parametrize(
    "address", ["http://login.example.com/keys", "file:///etc/hosts", "ftp://127.0.0.1/", 7, "http://10.0.0.1/"]
)
async def test_keys_are_fetched_over_https_only_V53(client: Client, company: Company, issuer: Issuer, address: object) -> None:
    """The discovery document can't lead to another scheme, or to http on another machine."""
    issuer.answers = {DISCOVERY: (200, json.dumps({"issuer": issuer.url, "jwks_uri": address}).encode())}

    assert (401, [DISCOVERY]) == (await status(client, issuer.token(company.admin)), issuer.requests)


async def test_verified_token_costs_one_statement_V53(client: Client, company: Company, issuer: Issuer) -> None:
    """Once the member is linked and the key is known, the viewer is loaded as for every other token."""
    token = issuer.token(company.admin)
    await status(client, token)

    with client.counting() as statements:
        await ask(client, token, "{ __typename }")

    assert 1 == len(statements)


# When it ends


async def test_removed_member_is_refused_and_its_socket_closes_V50_V53_V59(
    client: Client, factory: Factory, company: Company, issuer: Issuer, rules_engine: AsyncEngine
) -> None:
    """A token of the issuer doesn't outlive the membership."""
    member = await factory.user(company, "VIEWER")
    await verify(rules_engine, member.email)
    token = issuer.token(member.email)

    async with socket_of(client, token) as socket:
        await send(client, company.admin, "removeMember", "membershipId", id=member.membership.id)
        with pytest.raises(Closed) as closed:
            await socket.receive()

    assert (4403, REFUSED, 401) == (closed.value.code, closed.value.reason, await status(client, token))


@pytest.mark.parametrize("change", ["unset", "replaced", "other audience"])
async def test_removed_issuer_is_refused_and_its_sockets_close_V53_V59_V75(
    client: Client, company: Company, issuer: Issuer, change: str
) -> None:
    """Removing or changing an issuer signs out at once whoever signed in with it."""
    token = issuer.token(company.admin)
    values: dict[str, dict[str, Any]] = {
        "unset": {"issuer": None},
        "replaced": {"issuer": HTTPS, "audience": AUDIENCE},
        "other audience": {"issuer": issuer.url, "audience": "other"},
    }

    async with socket_of(client, token) as socket:
        await send(client, company.admin, "setIdentityIssuer", SET, **values[change])
        with pytest.raises(Closed) as closed:
            await socket.receive()

    assert (4403, REFUSED, 401) == (closed.value.code, closed.value.reason, await status(client, token))


async def test_setting_the_same_issuer_again_signs_nobody_out_V75(client: Client, company: Company, issuer: Issuer) -> None:
    """Nothing changes."""
    token = issuer.token(company.admin)

    async with socket_of(client, token) as socket:
        await name(client, company, issuer)
        await socket.send({"type": "ping"})
        assert {"type": "pong"} == await socket.receive()


async def test_member_can_remove_the_issuer_that_it_signed_in_with_V75(
    client: Client, company: Company, issuer: Issuer
) -> None:
    """The answer is still the member's. The next request isn't."""
    token = issuer.token(company.admin)

    removed = await mutate(client, token, "setIdentityIssuer", SET, issuer=None)

    assert {"company": {"identityIssuer": None}, "userErrors": []} == removed
    assert 401 == await status(client, token)


async def test_expired_token_closes_its_socket_V53(client: Client, company: Company, issuer: Issuer) -> None:
    """A socket doesn't outlive its token."""
    token = issuer.token(company.admin, exp=timedelta(seconds=2))

    async with socket_of(client, token) as socket:
        with pytest.raises(Closed) as closed:
            await socket.receive()

    assert (4403, "The token has expired. Sign in again.") == (closed.value.code, closed.value.reason)


@asynccontextmanager
async def socket_of(client: Client, token: str) -> AsyncIterator[Socket]:
    """Open a socket with a token."""
    async with opened(client.app) as socket:
        await socket.send({"type": "connection_init", "payload": {"Authorization": f"Bearer {token}"}})
        assert {"type": "connection_ack"} == await socket.receive()
        yield socket
