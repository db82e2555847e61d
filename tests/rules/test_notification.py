"""Notifications: who gets which ones, and that nobody else reads them."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from choices import MemberRole
from models.notification import NotificationKind
from models.port import PortStatus
from resolvers.notifying.announcements import everybody, members_of, of_users
from resolvers.notifying.notifications import Message, notify_company, queue_mail
from resolvers.values.identifiers import Identifier
from tests.client import Client
from tests.expected_notifications import Announcer
from tests.factory import Factory, Thing
from tests.rules.answers import ids, nodes, payload, response_of
from tests.rules.mutations import send, stored_rows, user_error

TITLES = "{ notifications { nodes { kind title body subjectId readAt } } }"
COUNT = "{ notifications { nodes { id } totalCount } }"
BADGE = "{ viewer { unreadNotifications } }"
UNREAD = "{ notifications(unread: true) { nodes { id } totalCount } }"
TOLD = "{ notifications { nodes { kind title body } } }"
HAVE_ENDED = {PortStatus.DECOMMISSIONED, PortStatus.CANCELLED}
BY_ID = "query ($id: ID!) { node(id: $id) { id } }"
PAGE = """query ($first: Int, $after: String, $last: Int, $before: String) {
    notifications(first: $first, after: $after, last: $last, before: $before) {
        nodes { id } pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    }
}"""


async def test_user_reads_its_notifications_newest_first_X6(client: Client, factory: Factory) -> None:
    """Each notification links to its subject, and the newest comes first."""
    company = await factory.company()
    await factory.notification(company.user, company, title="First")
    await factory.notification(
        company.user, company, kind="MAINTENANCE", title="Second", subject_type="Company", subject_key=company.key
    )

    answer = await client(company.admin, TITLES)

    rest = {"body": "Sample text.", "readAt": None}
    second = {"kind": "MAINTENANCE", "title": "Second", "subjectId": company.id, **rest}
    first = {"kind": "SECURITY", "title": "First", "subjectId": None, **rest}
    assert payload({"notifications": nodes(second, first)}) == response_of(answer)


async def test_pages_of_notifications_run_from_the_newest_X6(client: Client, factory: Factory) -> None:
    """Forward pages run to older notifications, backward pages to newer ones."""
    company = await factory.company()
    oldest, middle, newest = [await factory.notification(company.user, company) for _ in range(3)]

    start = (await client(company.admin, PAGE, first=2)).data["notifications"]
    rest = (await client(company.admin, PAGE, first=2, after=start["pageInfo"]["endCursor"])).data["notifications"]
    back = (await client(company.admin, PAGE, last=1, before=rest["pageInfo"]["startCursor"])).data["notifications"]

    pages = [[node["id"] for node in page["nodes"]] for page in (start, rest, back)]
    assert [[newest.id, middle.id], [oldest.id], [middle.id]] == pages
    assert [True, False, True] == [page["pageInfo"]["hasNextPage"] for page in (start, rest, back)]


async def test_unread_notifications_are_filtered_X6(client: Client, factory: Factory) -> None:
    """`unread` excludes read notifications, from the count too."""
    company = await factory.company()
    read, unread = [await factory.notification(company.user, company) for _ in range(2)]
    await factory.change(read, read_at=factory.now)

    assert payload({"notifications": ids(unread)}) == response_of(await client(company.admin, UNREAD))
    assert payload({"viewer": {"unreadNotifications": 1}}) == response_of(await client(company.admin, BADGE))
    assert payload({"notifications": ids(unread, read)}) == response_of(await client(company.admin, COUNT))


@pytest.mark.parametrize("caller", ["a colleague", "its partner", "the operator", "a stranger", "nobody"])
async def test_other_users_do_not_read_a_notification_X6(client: Client, factory: Factory, caller: str) -> None:
    """A notification belongs to its user, and not to the user's company, its partner or the operator."""
    account = await factory.managed_account(partner := await factory.partner())
    notice = await factory.notification(account.company.user, account.company)
    colleague, operator, stranger = await factory.user(account.company), await factory.operator(), await factory.company()
    email = {
        "a colleague": colleague.email,
        "its partner": partner.admin,
        "the operator": operator.admin,
        "a stranger": stranger.admin,
        "nobody": None,
    }[caller]

    assert payload({"notifications": ids()}) == response_of(await client(email, COUNT))
    assert payload({"viewer": {"unreadNotifications": 0}}) == response_of(await client(email, BADGE))
    assert payload({"node": None}) == response_of(await client(email, BY_ID, id=notice.id))
    assert payload({"notifications": ids(notice)}) == response_of(await client(account.admin, COUNT))


async def test_member_of_two_companies_reads_those_of_the_signed_in_company_X6(client: Client, factory: Factory) -> None:
    """Notifications for another company of the same user aren't returned."""
    first, second = await factory.company(), await factory.company()
    here = await factory.notification(first.user, first)
    there = await factory.notification(first.user, second)

    assert payload({"notifications": ids(here)}) == response_of(await client(first.admin, COUNT))
    assert payload({"node": None}) == response_of(await client(first.admin, BY_ID, id=there.id))


async def test_members_with_the_role_are_notified_here_and_by_email_X6(
    client: Client, factory: Factory, announcer: Announcer
) -> None:
    """Each member with one of the roles gets a notification and an email that link to the subject. Others get nothing."""
    company = await factory.company()
    finance = await factory.user(company, "FINANCE", "NETWORK_ADMIN")
    viewer = await factory.user(company, "VIEWER")
    port = await factory.port(company)

    async with announcer.transaction() as session:
        roles = (MemberRole.ACCOUNT_ADMIN, MemberRole.FINANCE)
        about = Identifier("Port", port.key)
        await notify_company(
            session, NotificationKind.SECURITY, company.key, Message("A line", "Text."), roles=roles, subject=about
        )

    notice = {"kind": "SECURITY", "title": "A line", "body": "Text.", "subjectId": port.id, "readAt": None}
    for email in (company.admin, finance.email):
        assert payload({"notifications": nodes(notice)}) == response_of(await client(email, TITLES))
    assert payload({"notifications": nodes()}) == response_of(await client(viewer.email, TITLES))
    assert [(email, "A line", "Text.") for email in (company.admin, finance.email)] == await announcer.mails()


async def test_rolled_back_change_notifies_nobody_X6(client: Client, factory: Factory, announcer: Announcer) -> None:
    """A notification belongs to the change's transaction: without the change, there is neither notification nor email."""
    company = await factory.company()

    async with announcer.transaction() as session:
        await notify_company(session, NotificationKind.SECURITY, company.key, Message("A line", "Text."))
        await session.rollback()

    assert payload({"notifications": nodes()}) == response_of(await client(company.admin, TITLES))
    assert [] == await announcer.mails()


async def test_contact_address_gets_email_only_R018(client: Client, factory: Factory, announcer: Announcer) -> None:
    """Mail for a profile's contact address goes to that address and creates no notification."""
    company = await factory.company()
    await factory.profile(company, contact_email="sales@sample.example")

    async with announcer.transaction() as session:
        await queue_mail(session, NotificationKind.PROFILE_INQUIRY, "sales@sample.example", Message("Inquiry", "Text."))

    assert payload({"notifications": nodes()}) == response_of(await client(company.admin, TOLD))
    assert [("sales@sample.example", "Inquiry", "Text.")] == await announcer.mails()


@pytest.mark.parametrize("supported_by", ["PARTNER", "OPERATOR"])
async def test_maintenance_of_a_managed_account_notifies_its_partner_R117_R118_A15(
    client: Client, factory: Factory, announcer: Announcer, supported_by: str
) -> None:
    """The partner gets one message with its accounts' names, no matter who supports them. The accounts get none."""
    partner, location = await factory.partner(), await factory.location()
    engineer, viewer = await factory.user(partner, "NETWORK_ADMIN"), await factory.user(partner, "VIEWER")
    accounts = [await factory.managed_account(partner, name=name, supported_by=supported_by) for name in ("Beta", "Alpha")]
    for account in accounts:
        await factory.port(account.company, location)
        await factory.port(account.company, location)
    elsewhere = await factory.managed_account(partner, name="Gamma", supported_by=supported_by)
    await factory.port(elsewhere.company)

    await announcer.maintenance(location)

    body = "Sample text.\n\nThis affects these accounts that you manage. We don't notify them, so please do:\n- Alpha\n- Beta"
    notice = {"kind": "MAINTENANCE", "title": "Maintenance: Sample", "body": body}
    for email in (partner.admin, engineer.email):
        assert payload({"notifications": nodes(notice)}) == response_of(await client(email, TOLD))
    for email in (viewer.email, elsewhere.admin, *(account.admin for account in accounts)):
        assert payload({"notifications": nodes()}) == response_of(await client(email, TOLD))
    assert [(email, "Maintenance: Sample", body) for email in (partner.admin, engineer.email)] == await announcer.mails()


async def test_maintenance_of_other_companies_notifies_themselves_R117(
    client: Client, factory: Factory, announcer: Announcer
) -> None:
    """Direct companies, and partners for their own ports, are notified of locations where they have ports, and no others."""
    here, there = await factory.location(), await factory.location()
    direct, partner, other = await factory.company(), await factory.partner(), await factory.company()
    await factory.port(direct, here)
    await factory.port(partner, here)
    await factory.port(other, there)

    await announcer.maintenance(here)
    notice = {"kind": "MAINTENANCE", "title": "Maintenance: Sample", "body": "Sample text."}

    for email in (direct.admin, partner.admin):
        assert payload({"notifications": nodes(notice)}) == response_of(await client(email, TOLD))
    assert payload({"notifications": nodes()}) == response_of(await client(other.admin, TOLD))


@pytest.mark.parametrize(("status", "times"), [(each.value, int(each not in HAVE_ENDED)) for each in PortStatus])
async def test_maintenance_concerns_every_port_that_has_not_ended_R117(
    client: Client, factory: Factory, announcer: Announcer, status: str, times: int
) -> None:
    """A port that has ended concerns nobody. A port in any other status does, so a new status is included too."""
    company = await factory.company()
    await factory.port(company, status=status)

    await announcer.maintenance()

    notice = {"kind": "MAINTENANCE", "title": "Maintenance: Sample", "body": "Sample text."}
    assert payload({"notifications": nodes(*[notice] * times)}) == response_of(await client(company.admin, TOLD))


async def test_security_event_notifies_affected_users_managed_or_not_R119(
    client: Client, factory: Factory, announcer: Announcer
) -> None:
    """A managed account's user is notified directly, in any role. Its partner isn't."""
    account = await factory.managed_account(partner := await factory.partner())
    affected = await factory.user(account.company, "VIEWER")

    await announcer.security(of_users([affected.email.upper()]))

    notice = {"kind": "SECURITY", "title": "Security: Sample", "body": "Sample text."}
    assert payload({"notifications": nodes(notice)}) == response_of(await client(affected.email, TOLD))
    for email in (account.admin, partner.admin):
        assert payload({"notifications": nodes()}) == response_of(await client(email, TOLD))
    assert [(affected.email, "Security: Sample", "Sample text.")] == await announcer.mails()


async def test_security_event_of_a_company_notifies_all_its_members_R119(
    client: Client, factory: Factory, announcer: Announcer
) -> None:
    """Every member of the company is notified, in any role, and nobody else."""
    account = await factory.managed_account(partner := await factory.partner())
    viewer = await factory.user(account.company, "VIEWER")

    await announcer.security(members_of(account.company.key))

    notice = {"kind": "SECURITY", "title": "Security: Sample", "body": "Sample text."}
    for email in (account.admin, viewer.email):
        assert payload({"notifications": nodes(notice)}) == response_of(await client(email, TOLD))
    assert payload({"notifications": nodes()}) == response_of(await client(partner.admin, TOLD))


async def test_security_event_for_everybody_emails_each_person_once_R119(
    client: Client, factory: Factory, announcer: Announcer
) -> None:
    """A member of two companies gets a notification in both and one email."""
    first, second = await factory.company(), await factory.company()
    await factory.member(first.user, second)

    await announcer.security(everybody())

    notice = {"kind": "SECURITY", "title": "Security: Sample", "body": "Sample text."}
    assert payload({"notifications": nodes(notice)}) == response_of(await client(first.admin, TOLD))
    assert [first.admin, second.admin] == [address for address, _, _ in await announcer.mails()]


async def marked(client: Client, viewer: str | None, notice: Thing, **more: bool) -> Any:
    """Mark a notification as read and return the payload."""
    return await send(client, viewer, "markNotificationsRead", "notification { id }", id=notice.id, **more)


async def test_user_marks_notifications_as_read_X6(client: Client, factory: Factory) -> None:
    """One notification, or everything up to one. Those of others, or for another company, don't change."""
    ours, theirs = await factory.company(), await factory.company()
    first, second, third = [await factory.notification(ours.user, ours) for _ in range(3)]
    await factory.member(ours.user, theirs)
    elsewhere = await factory.notification(ours.user, theirs)
    fourth = await factory.notification(ours.user, ours)

    alone = await marked(client, ours.admin, second)
    after_one = response_of(await client(ours.admin, UNREAD))
    up_to = await marked(client, ours.admin, third, andEarlier=True)
    after_all = response_of(await client(ours.admin, UNREAD))

    assert [{"notification": {"id": second.id}, "userErrors": []}, {"notification": {"id": third.id}, "userErrors": []}] == [
        alone,
        up_to,
    ]
    assert payload({"notifications": ids(fourth, third, first)}) == after_one
    assert payload({"notifications": ids(fourth)}) == after_all
    assert {"notification": None, "userErrors": [user_error("NOT_FOUND", "id")]} == await marked(
        client, theirs.admin, elsewhere
    )


@pytest.mark.parametrize("kind", ["ANONYMOUS", "DIRECT", "PARTNER", "OPERATOR"])
async def test_other_users_do_not_mark_a_notification_X6(
    client: Client, factory: Factory, rules_engine: AsyncEngine, kind: str
) -> None:
    """To others the notification doesn't exist, and it stays unread."""
    company, email = await factory.company(), await factory.admin_of_kind(kind)
    notice = await factory.notification(company.user, company)
    before = await stored_rows(rules_engine)

    answer = await marked(client, email, notice, andEarlier=True)

    assert {"notification": None, "userErrors": [user_error("NOT_FOUND", "id")]} == answer
    assert before == await stored_rows(rules_engine)


SUBJECTS = "{ notifications { nodes { subjectId subject { __typename id ... on Port { status monthlyRate { amount } } } } } }"


async def test_subject_is_what_the_viewer_reads_of_it_X6_V14_R121(client: Client, factory: Factory) -> None:
    """Hidden fields of the subject stay hidden, and a subject that the viewer can't read is null, like one that is gone."""
    account = await factory.managed_account(await factory.partner(), pricing=False)
    company = account.company
    port, other = await factory.port(company), await factory.port(await factory.company())
    for kind, key in (("Port", port.key), ("Port", other.key), ("Company", company.key), ("Port", uuid4())):
        await factory.notification(company.user, company, subject_type=kind, subject_key=key)

    answer = await client(company.admin, SUBJECTS)

    gone, own_company, hidden, own_port = [node["subject"] for node in answer.data["notifications"]["nodes"]]
    assert [None, None] == [gone, hidden]
    assert {"__typename": "Company", "id": company.id} == own_company
    assert {"__typename": "Port", "id": port.id, "status": "ACTIVE", "monthlyRate": None} == own_port
    assert [["notifications", "nodes", 3, "subject", "monthlyRate"]] == [redaction.path for redaction in answer.redactions]
