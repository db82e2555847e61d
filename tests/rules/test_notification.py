"""Notifications: who is told what, and that nobody else reads it."""

from __future__ import annotations

import pytest

from tests.asking import Asking
from tests.given import Given
from tests.rules.answers import ids, nodes, told, whole

TITLES = "{ notifications { nodes { kind title body subjectId readAt } } }"
COUNT = "{ notifications { nodes { id } totalCount } }"
UNREAD = "{ notifications(unread: true) { nodes { id } totalCount } }"
BY_ID = "query ($id: ID!) { node(id: $id) { id } }"
PAGE = """query ($first: Int, $after: String, $last: Int, $before: String) {
    notifications(first: $first, after: $after, last: $last, before: $before) {
        nodes { id } pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    }
}"""


async def test_a_user_reads_what_it_was_told_newest_first_X6(ask: Asking, given: Given) -> None:
    """Each notification says what it is about, and the newest comes first."""
    company = await given.company()
    await given.notification(company.user, company, title="First")
    await given.notification(
        company.user, company, kind="MAINTENANCE", title="Second", subject_type="Company", subject_key=company.key
    )

    answer = await ask(company.admin, TITLES)

    rest = {"body": "Sample text.", "readAt": None}
    second = {"kind": "MAINTENANCE", "title": "Second", "subjectId": company.id, **rest}
    first = {"kind": "SECURITY", "title": "First", "subjectId": None, **rest}
    assert told({"notifications": nodes(second, first)}) == whole(answer)


async def test_pages_of_notifications_run_from_the_newest_X6(ask: Asking, given: Given) -> None:
    """Forward is towards the older ones, backward towards the newer ones."""
    company = await given.company()
    oldest, middle, newest = [await given.notification(company.user, company) for _ in range(3)]

    start = (await ask(company.admin, PAGE, first=2)).data["notifications"]
    rest = (await ask(company.admin, PAGE, first=2, after=start["pageInfo"]["endCursor"])).data["notifications"]
    back = (await ask(company.admin, PAGE, last=1, before=rest["pageInfo"]["startCursor"])).data["notifications"]

    pages = [[node["id"] for node in page["nodes"]] for page in (start, rest, back)]
    assert [[newest.id, middle.id], [oldest.id], [middle.id]] == pages
    assert [True, False, True] == [page["pageInfo"]["hasNextPage"] for page in (start, rest, back)]


async def test_unread_notifications_are_found_apart_X6(ask: Asking, given: Given) -> None:
    """`unread` leaves out what has been read, also of the count."""
    company = await given.company()
    read, unread = [await given.notification(company.user, company) for _ in range(2)]
    await given.change(read, read_at=given.now)

    assert told({"notifications": ids(unread)}) == whole(await ask(company.admin, UNREAD))
    assert told({"notifications": ids(unread, read)}) == whole(await ask(company.admin, COUNT))


@pytest.mark.parametrize("who", ["a colleague", "its partner", "the operator", "a stranger", "nobody"])
async def test_nobody_reads_what_another_was_told_X6(ask: Asking, given: Given, who: str) -> None:
    """A notification belongs to its user: not to its company, its partner or the operator."""
    account = await given.managed_account(partner := await given.partner())
    notice = await given.notification(account.company.user, account.company)
    colleague, operator, stranger = await given.user(account.company), await given.operator(), await given.company()
    asking = {
        "a colleague": colleague.email,
        "its partner": partner.admin,
        "the operator": operator.admin,
        "a stranger": stranger.admin,
        "nobody": None,
    }[who]

    assert told({"notifications": ids()}) == whole(await ask(asking, COUNT))
    assert told({"node": None}) == whole(await ask(asking, BY_ID, id=notice.id))
    assert told({"notifications": ids(notice)}) == whole(await ask(account.admin, COUNT))


async def test_a_member_of_two_companies_reads_of_the_one_that_it_is_signed_in_for_X6(ask: Asking, given: Given) -> None:
    """What concerns another company of the same user is not told here."""
    first, second = await given.company(), await given.company()
    here = await given.notification(first.user, first)
    there = await given.notification(first.user, second)

    assert told({"notifications": ids(here)}) == whole(await ask(first.admin, COUNT))
    assert told({"node": None}) == whole(await ask(first.admin, BY_ID, id=there.id))
