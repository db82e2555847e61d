"""An inquiry reaches a public profile's provider by email. The profile's editors read it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any, Final

import httpx
import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from models import Inquiry, Mail
from resolvers.notifying.outbox import deliver
from tests.client import ANONYMOUS, Client
from tests.decoding import decoded, headers_of
from tests.factory import Factory, Thing
from tests.mailbox import mail_server
from tests.rules.answers import ids, nodes, payload, response_of
from tests.rules.mutations import queued_mails, recorded_changes, send, stored_rows, user_error
from transport.smtp import SmtpMailer

SEND: Final = "sendInquiry"
TO: Final = "marketplaceProfile { id }"
TEXT: Final = {"name": "Kim Sample", "email": "kim@visitor.example", "message": "Do you have a port in Ulm?"}
INQUIRIES: Final = "{ inquiries { nodes { name email company message profile { id } } totalCount } }"
FOUND: Final = "{ inquiries { nodes { id } totalCount } }"
BY_ID: Final = "query ($id: ID!) { node(id: $id) { id } }"


def sent(profile: Thing) -> dict[str, Any]:
    """Return the payload of an inquiry that was sent."""
    return {"marketplaceProfile": {"id": profile.id}, "userErrors": []}


def unsent(*problems: dict[str, Any]) -> dict[str, Any]:
    """Return the payload of an inquiry that wasn't sent."""
    return {"marketplaceProfile": None, "userErrors": list(problems)}


async def last(engine: AsyncEngine) -> Thing:
    """Return the latest inquiry."""
    async with engine.connect() as connection:
        key = await connection.scalar(sa.select(Inquiry.id).order_by(Inquiry.id.desc()).limit(1))
    assert key is not None
    return Thing("Inquiry", key)


@pytest.mark.parametrize("kind", ["ANONYMOUS", "DIRECT", "PARTNER", "MANAGED", "OPERATOR"])
async def test_everybody_sends_inquiries_to_a_public_provider_R018_V22(
    client: Client, factory: Factory, rules_engine: AsyncEngine, kind: str
) -> None:
    """Inquiries of visitors and users go to the profile's contact address and nowhere else."""
    profile = await factory.profile(await factory.company(), name="Sample AG", contact_email="sales@sample.example")

    answer = await send(client, await factory.admin_of_kind(kind), SEND, TO, **TEXT, company="Visitors", profileId=profile.id)

    assert sent(profile) == answer
    ((mail, to, text),) = await queued_mails(rules_engine)
    assert ("PROFILE_INQUIRY", "sales@sample.example") == (mail, to)
    assert [] == [part for part in (*TEXT.values(), "Visitors", "Sample AG") if part not in text]


async def test_visitor_never_reads_the_contact_address_R018_V22(client: Client, factory: Factory) -> None:
    """The payload of an inquiry hides it as the profile does."""
    profile = await factory.profile(await factory.company(), contact_email="sales@sample.example")
    query = f"mutation ($input: SendInquiryInput!) {{ {SEND}(input: $input) {{ marketplaceProfile {{ contactEmail }} }} }}"

    answer = await client(ANONYMOUS, query, input={**TEXT, "profileId": profile.id})

    assert {SEND: {"marketplaceProfile": {"contactEmail": None}}} == answer.data
    assert b"sales@" not in answer.body


async def test_profile_can_be_named_by_its_slug_A3_R018(client: Client, factory: Factory) -> None:
    """A former slug works too."""
    profile = await factory.profile(await factory.company(), slug="sample")
    await factory.former_slug(profile, "former")

    answers = [await send(client, ANONYMOUS, SEND, TO, **TEXT, slug=slug) for slug in ("sample", "former")]

    assert [sent(profile)] * 2 == answers


async def test_private_profile_is_not_found_R011_R018_A21(client: Client, factory: Factory, rules_engine: AsyncEngine) -> None:
    """A private profile is answered like a missing one, by its id, its slug or a former slug. Nothing is sent."""
    profile = await factory.profile(await factory.company(), visibility="PRIVATE", slug="sample")
    await factory.former_slug(profile, "former")
    before = await stored_rows(rules_engine)

    by_id = await send(client, ANONYMOUS, SEND, TO, **TEXT, profileId=profile.id)
    by_slug = [await send(client, ANONYMOUS, SEND, TO, **TEXT, slug=slug) for slug in ("sample", "former", "nobody")]

    assert unsent(user_error("NOT_FOUND", "profileId")) == by_id
    assert [unsent(user_error("NOT_FOUND", "slug"))] * 3 == by_slug
    assert before == await stored_rows(rules_engine)


async def test_managed_viewer_does_not_send_to_its_own_profile_R116_A21(client: Client, factory: Factory) -> None:
    """The viewer can't find out whether its company has a profile, public or not."""
    account = await factory.managed_account(await factory.partner())
    profile = await factory.profile(account.company)

    answer = await send(client, account.admin, SEND, TO, **TEXT, profileId=profile.id)

    assert unsent(user_error("NOT_FOUND", "profileId")) == answer


async def test_all_errors_are_reported_at_once_R018(client: Client, factory: Factory, rules_engine: AsyncEngine) -> None:
    """Nothing is sent unless everything is valid."""
    before = await stored_rows(rules_engine)
    await factory.profile(await factory.company())
    wrong = {"name": " ", "email": "kim", "message": "x" * 5001, "company": "a\0b"}

    answer = await send(client, ANONYMOUS, SEND, TO, **wrong)

    told_of = [("REQUIRED", "slug"), ("REQUIRED", "name"), ("INVALID_VALUE", "email"), ("TOO_LONG", "message")]
    assert unsent(*(user_error(*each) for each in told_of), user_error("INVALID_TEXT", "company")) == answer
    assert before["inquiry"] == before["mail"] == (await stored_rows(rules_engine))["mail"] == []


@pytest.mark.parametrize("role", ["ACCOUNT_ADMIN", "MARKETPLACE_EDITOR"])
async def test_editors_read_their_companys_inquiries_R018_V9(client: Client, factory: Factory, role: str) -> None:
    """Newest first, as they were sent."""
    company = await factory.company()
    profile, other = await factory.profile(company), await factory.profile(await factory.company())
    for name, to in (("First", profile), ("Second", profile), ("Third", other)):
        await send(client, ANONYMOUS, SEND, TO, **{**TEXT, "name": name}, profileId=to.id)
    user = await factory.user(company, role)

    answer = await client(user.email, INQUIRIES)

    facts = {"email": TEXT["email"], "company": None, "message": TEXT["message"], "profile": {"id": profile.id}}
    found = nodes({"name": "Second", **facts}, {"name": "First", **facts})
    assert payload({"inquiries": {**found, "totalCount": 2}}) == response_of(answer)


async def test_other_viewers_read_no_inquiries_R018_R116_V9_A21(
    client: Client, factory: Factory, rules_engine: AsyncEngine
) -> None:
    """Other roles, the sender and other companies read none. Only its partner reads a managed company's. The operator reads all."""
    partner, operator, sender = await factory.partner(), await factory.operator(), await factory.company()
    account, company = await factory.managed_account(partner), await factory.company()
    roles = [(await factory.user(company, role)).email for role in ("NETWORK_ADMIN", "FINANCE", "VIEWER")]
    managed, own = await factory.profile(account.company), await factory.profile(company)

    await send(client, sender.admin, SEND, TO, **TEXT, profileId=own.id)
    to_own = await last(rules_engine)
    await send(client, sender.admin, SEND, TO, **TEXT, profileId=managed.id)
    to_managed = await last(rules_engine)

    others = [ANONYMOUS, sender.admin, account.admin, *roles]
    lists = [response_of(await client(email, FOUND)) for email in others]
    by_id = [response_of(await client(email, BY_ID, id=thing.id)) for email in others for thing in (to_own, to_managed)]
    assert [payload({"inquiries": ids()})] * 6 == lists
    assert [payload({"node": None})] * 12 == by_id
    assert payload({"inquiries": ids(to_managed)}) == response_of(await client(partner.admin, FOUND))
    assert payload({"inquiries": ids(to_own)}) == response_of(await client(company.admin, FOUND))
    assert payload({"inquiries": ids(to_managed, to_own)}) == response_of(await client(operator.admin, FOUND))


@asynccontextmanager
async def coming_from(client: Client, address: str) -> AsyncIterator[Client]:
    """Return a client of the same gateway with another network address."""
    transport = httpx.ASGITransport(client.app, client=(address, 4711))
    async with httpx.AsyncClient(transport=transport, base_url="http://gateway") as http:
        yield Client(client.app, http)


async def an_hour_later(engine: AsyncEngine) -> None:
    """Move all inquiries one hour into the past."""
    async with engine.begin() as connection:
        await connection.execute(sa.update(Inquiry).values(created_at=Inquiry.created_at - timedelta(hours=1)))


async def test_visitor_sends_five_inquiries_an_hour_to_a_provider_R018(
    client: Client, factory: Factory, rules_engine: AsyncEngine
) -> None:
    """A network address is limited whatever sender it claims. Another provider and a signed-in user aren't affected."""
    profile, other = await factory.profile(await factory.company()), await factory.profile(await factory.company())
    user = await factory.company()
    texts = [{**TEXT, "email": f"{name}@visitor.example"} for name in ("kim", "pat", "sam", "jo", "alex", "max")]

    five = [await send(client, ANONYMOUS, SEND, TO, **text, profileId=profile.id) for text in texts[:5]]
    before = await stored_rows(rules_engine)
    sixth = await send(client, ANONYMOUS, SEND, TO, **texts[5], profileId=profile.id)
    after = await stored_rows(rules_engine)
    free = [
        await send(client, ANONYMOUS, SEND, TO, **TEXT, profileId=other.id),
        await send(client, user.admin, SEND, TO, **TEXT, profileId=profile.id),
    ]
    await an_hour_later(rules_engine)
    later = await send(client, ANONYMOUS, SEND, TO, **TEXT, profileId=profile.id)

    assert [sent(profile)] * 5 == five
    assert unsent(user_error("TOO_MANY")) == sixth
    assert before == after
    assert [sent(other), sent(profile), sent(profile)] == [*free, later]


async def test_others_cannot_exhaust_an_honest_senders_limit_R018(client: Client, factory: Factory) -> None:
    """An inquiry counts for its actual sender, not for the email address it claims."""
    profile = await factory.profile(await factory.company())

    async with coming_from(client, "198.51.100.7") as forger, coming_from(client, "203.0.113.9") as honest:
        forged = [await send(forger, ANONYMOUS, SEND, TO, **TEXT, profileId=profile.id) for _ in range(6)]
        answer = await send(honest, ANONYMOUS, SEND, TO, **TEXT, profileId=profile.id)

    assert [*[sent(profile)] * 5, unsent(user_error("TOO_MANY"))] == forged
    assert sent(profile) == answer


async def test_sender_sends_twenty_inquiries_an_hour_in_total_R018(
    client: Client, factory: Factory, rules_engine: AsyncEngine
) -> None:
    """Visitors of one IPv6 network are one sender, whatever the rest of their addresses. Users are identified by sign-in."""
    company = await factory.company()
    profiles = [await factory.profile(await factory.company()) for _ in range(5)]

    answers = []
    for number in range(21):
        async with coming_from(client, f"2001:db8::{number}") as visitor:
            answers.append(await send(visitor, ANONYMOUS, SEND, TO, **TEXT, profileId=profiles[number % 5].id))
    async with coming_from(client, "2001:db8:0:1::1") as neighbour:
        answers.append(await send(neighbour, ANONYMOUS, SEND, TO, **TEXT, profileId=profiles[0].id))
    users = [await send(client, company.admin, SEND, TO, **TEXT, profileId=profiles[number % 5].id) for number in range(21)]

    problems = [[error["code"] for error in answer["userErrors"]] for answer in (*answers, *users)]
    assert [*[[]] * 20, ["TOO_MANY"], [], *[[]] * 20, ["TOO_MANY"]] == problems
    assert 41 == len(await queued_mails(rules_engine))


async def test_provider_gets_sixty_visitors_inquiries_an_hour_R018(client: Client, factory: Factory) -> None:
    """The limit holds for any number of visitors' addresses. Users still reach the provider."""
    profile, user = await factory.profile(await factory.company()), await factory.company()

    answers = []
    for number in range(13):
        async with coming_from(client, f"198.51.100.{number}") as visitor:
            answers += [await send(visitor, ANONYMOUS, SEND, TO, **TEXT, profileId=profile.id) for _ in range(5)]
    answer = await send(client, user.admin, SEND, TO, **TEXT, profileId=profile.id)

    assert [*[sent(profile)] * 60, *[unsent(user_error("TOO_MANY"))] * 5, sent(profile)] == [*answers, answer]


async def test_operation_sends_ten_inquiries_at_most_R018(client: Client, factory: Factory, rules_engine: AsyncEngine) -> None:
    """An operation with more of them does nothing at all."""
    profile = await factory.profile(await factory.company())
    fields = " ".join(f"a{number}: sendInquiry(input: $input) {{ userErrors {{ code }} }}" for number in range(60))

    answer = await client(
        ANONYMOUS, f"mutation ($input: SendInquiryInput!) {{ {fields} }}", input={**TEXT, "profileId": profile.id}
    )

    assert (400, ["MUTATION_REPEATED"], []) == (answer.status, answer.codes, await queued_mails(rules_engine))


async def test_email_says_that_the_sender_is_unverified_R018(
    client: Client, factory: Factory, rules_engine: AsyncEngine
) -> None:
    """It says so before any text of the sender, whose exact words arrive through a mail server."""
    profile = await factory.profile(await factory.company(), name="Sample AG", contact_email="sales@sample.example")
    name = "=?utf-8?q?x=0D=0AContent-Type:_text/html=0D=0A=0D=0A<a_href=3D//evil.example>Sign_in</a><!--?="

    answer = await send(client, ANONYMOUS, SEND, TO, **{**TEXT, "name": name}, company="Renée Élysée", profileId=profile.id)
    async with mail_server() as box, rules_engine.connect() as connection:
        key = await connection.scalar(sa.select(Mail.id))
        assert key is not None
        await deliver(rules_engine, SmtpMailer(box.url, "gateway@operator.example"), key)

    head = headers_of(box.raw[0])
    body = box.mails[0].get_content()
    assert sent(profile) == answer
    assert [f"Inquiry about Sample AG from {name} (Renée Élysée)"] == [
        decoded(value) for key, value in head if key == "Subject"
    ]
    assert ["text/plain"] == [value.split(";")[0] for key, value in head if key == "Content-Type"]
    assert 0 < body.index("not verified") < min(body.index(name), body.index(TEXT["email"]), body.index(TEXT["message"]))


async def test_concurrent_inquiries_are_counted_R018(client: Client, factory: Factory, rules_engine: AsyncEngine) -> None:
    """Of eight concurrent inquiries five are sent."""
    profile = await factory.profile(await factory.company())

    answers = await asyncio.gather(*(send(client, ANONYMOUS, SEND, TO, **TEXT, profileId=profile.id) for _ in range(8)))

    assert 5 == len([each for each in answers if each == sent(profile)]) == len(await queued_mails(rules_engine))


async def test_audit_log_does_not_reveal_the_inquiry_R018(client: Client, factory: Factory, rules_engine: AsyncEngine) -> None:
    """The log has the inquiry and its lead, but not the sender or the text."""
    profile = await factory.profile(await factory.company())

    await send(client, ANONYMOUS, SEND, TO, **TEXT, company="Visitors", profileId=profile.id)

    (action, table, changes), (_, lead_table, lead) = await recorded_changes(rules_engine)
    assert (SEND, "inquiry", "lead") == (action, table, lead_table)
    names = ("sender_name", "sender_email", "sender_company", "message", "peer")
    assert [[None, "…"]] * 5 == [changes[name] for name in names]
    assert [[None, "…"]] * 4 == [lead[name] for name in ("contact_name", "contact_email", "contact_company", "message")]
