"""Text from callers: every value gets an answer or a clear error with its own code, never an internal error."""

from __future__ import annotations

from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resolvers.values.text import MAX_SEARCH_LENGTH, InvalidText, storable
from tests.client import ANONYMOUS, OPERATOR, Client
from tests.schema import hostile

PLACES: Final = hostile.places()
CLEAR: Final = {
    "BAD_USER_INPUT",
    "FORBIDDEN_FILTER",
    "INVALID_AMOUNT",
    "INVALID_CURSOR",
    "INVALID_ID",
    "INVALID_PAGE",
    "INVALID_QUESTION",
    "INVALID_QUOTE",
    "INVALID_TEXT",
    "VIEW_AS_REFUSED",
}
HASHED: Final = {"invitation.token"}  # PostgreSQL gets its hash, which has no NUL
FILTERED_BY_TEXT: Final = [
    place for place, attacks in PLACES.items() if place not in HASHED and any(a.text == "a\0b" for a in attacks)
]
HALVES: Final = ("\\ud800", "\\udfff", "a\\ud83d", "\\udd86\\ud83e")
MARKETPLACE: Final = (
    "query ($search: String) { marketplaceProfiles(search: $search, first: 1000) { nodes { companyName bio } } }"
)


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("viewer", [OPERATOR, ANONYMOUS])
async def test_hostile_value_gets_an_answer_or_a_clear_error(demo_client: Client, place: str, viewer: str | None) -> None:
    """Every argument and every input field takes any value: the query succeeds, or an error says what is wrong with the value."""
    unclear = []
    for attack in PLACES[place]:
        answer = await demo_client(viewer, attack.document, **attack.variables)
        wrong = [code for code in answer.codes if code not in CLEAR]
        if wrong or answer.status not in (200, 400):
            unclear.append((repr(attack.value)[:80], answer.status, wrong))

    assert [] == unclear


@pytest.mark.parametrize("place", FILTERED_BY_TEXT)
async def test_text_with_NUL_is_refused_by_argument(demo_client: Client, place: str) -> None:
    """PostgreSQL can't store NUL, so no row can match it: the error names the argument."""
    (attack,) = [attack for attack in PLACES[place] if attack.text == "a\0b"]
    answer = await demo_client(OPERATOR, attack.document, **attack.variables)

    (error,) = answer.errors
    whole = {"BAD_USER_INPUT", "VIEW_AS_REFUSED"}  # their codes say what is wrong
    named = {"INVALID_TEXT", "INVALID_ID", "INVALID_CURSOR", "INVALID_QUESTION", "FORBIDDEN_FILTER"}
    assert error["extensions"]["code"] in named | whole
    if error["extensions"]["code"] not in whole:
        names = set(error["extensions"].values()) & {*place.split("."), "ids"}
        assert set() != names


@pytest.mark.parametrize("half", HALVES)
async def test_unpaired_surrogate_makes_the_request_invalid(demo_client: Client, half: str) -> None:
    """JSON can encode what isn't text. Such a body is refused as a whole, in a variable and in the document."""
    bodies = [
        f'{{"query": "query ($slug: String!) {{ marketplaceProfile(slug: $slug) {{ id }} }}", "variables": {{"slug": "{half}"}}}}',
        f'{{"query": "{{ marketplaceProfile(slug: \\"{half}\\") {{ id }} }}"}}',
    ]
    headers = {"Content-Type": "application/json", "Accept": "application/graphql-response+json"}
    answers = [await demo_client.http.post("/graphql", content=body, headers=headers) for body in bodies]

    assert [400, 400] == [answer.status_code for answer in answers]
    assert not [answer for answer in answers if "INTERNAL" in answer.text]


@pytest.mark.parametrize("half", HALVES)
async def test_unpaired_surrogate_in_a_literal_is_a_syntax_error(demo_client: Client, half: str) -> None:
    """A GraphQL string can't contain one either."""
    answer = await demo_client(ANONYMOUS, f'{{ marketplaceProfile(slug: "{half}") {{ id }} }}')

    assert (400, False) == (answer.status, "INTERNAL" in answer.codes)


@pytest.mark.parametrize("argument", ["slug", "search"])
@pytest.mark.parametrize("text", ["\0", "a\0", "\ud800", "a\udfffb"])
def test_text_that_cannot_be_stored_is_refused(text: str, argument: str) -> None:
    """NUL and unpaired surrogates are errors that name the argument."""
    with pytest.raises(InvalidText, match=f"Argument '{argument}'"):
        storable(text, argument)


@given(text=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")))
def test_text_that_can_be_stored_is_unchanged(text: str) -> None:
    """Every other text is returned as it is."""
    assert text == storable(text, "search")


async def test_search_finds_beginnings_of_words(demo_client: Client) -> None:
    """Each word of the search is a prefix of a word of the provider's name or text, ignoring case; text without words finds none.

    White space finds everything, and words beyond the length of a search don't count.
    """
    everything = (await demo_client(ANONYMOUS, MARKETPLACE)).data["marketplaceProfiles"]["nodes"]
    name = everything[0]["companyName"]
    begun = " ".join(word[:3].upper() for word in name.split())

    found = (await demo_client(ANONYMOUS, MARKETPLACE, search=begun.ljust(MAX_SEARCH_LENGTH) + "beyond")).data[
        "marketplaceProfiles"
    ]["nodes"]
    blank = (await demo_client(ANONYMOUS, MARKETPLACE, search="  ")).data["marketplaceProfiles"]["nodes"]
    signs = (await demo_client(ANONYMOUS, MARKETPLACE, search="&!|")).data["marketplaceProfiles"]["nodes"]

    assert (True, everything, []) == (everything[0] in found, blank, signs)
    assert [] == [each for each in found if not begins(each, begun.lower().split())]


def begins(profile: dict[str, Any], beginnings: list[str]) -> bool:
    """Return whether each prefix starts a word of a profile."""
    words = f"{profile['companyName']} {profile['bio'] or ''}".lower().replace("-", " ").split()
    return all(any(word.strip("(,.").startswith(beginning) for word in words) for beginning in beginnings)
