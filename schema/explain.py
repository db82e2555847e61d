"""How policy decided, as it is told."""

from __future__ import annotations

from typing import Final

import strawberry
from strawberry import ID

PLACE: Final = "as FILE:LINE"
EXPLAINED: Final = {
    "type_name": (str, "The type of the thing, as `Port`."),
    "id": (ID, "The thing's global id."),
    "field": (str | None, "A field of the type, as the schema names it; the thing itself if not given."),
    "view_as": (ID | None, "A company or a user, to be told of it in place of the viewer."),
    "action": (str | None, "What is to be done to the thing, as `UPDATE`; `READ` if not given."),
}


@strawberry.type(description="One of the conditions that a rule joins by `and`.")
class DecisionPart:
    text: str = strawberry.field(description="The condition as it is written.")
    holds: bool | None = strawberry.field(
        description="Whether it is true, and all parts before it. Null where it asks for linked rows and the asker may not"
        " know which of them there are."
    )
    by_viewer: bool = strawberry.field(description="Whether who looks decides that alone, whatever the thing is.")
    rules: list[str] = strawberry.field(description=f"Where the rules stand that it asks, {PLACE}.")


@strawberry.type(description="A rule of policy that has a say in a decision.")
class Decision:
    effect: str = strawberry.field(description="What it does where it holds: ALLOW or DENY. A DENY always wins.")
    name: str = strawberry.field(
        description="What it speaks of: `allow` and `deny` of the thing, `allow_field` and `deny_field`."
    )
    rule: str = strawberry.field(description="The rule as it is written.")
    file: str = strawberry.field(description="The policy file that it stands in.")
    line: int = strawberry.field(description="The line on which it begins.")
    sentence: str = strawberry.field(description="What it says to people: the comment above it.")
    reason: str | None = strawberry.field(description="The reason that it gives where it refuses.")
    condition: str = strawberry.field(description="What it asks of the thing once it is known who looks.")
    holds: bool = strawberry.field(description="Whether it is true of this thing and this viewer.")
    failing: str | None = strawberry.field(
        description="The first of its parts that is not true. Null where it holds, or where the asker may not know which part fails."
    )
    parts: list[DecisionPart] = strawberry.field(description="Its parts, in their order.")


@strawberry.type(description="Whether policy allows something, why not, and which rules decided.")
class Explanation:
    allowed: bool = strawberry.field(description="Whether it is allowed: by some rule, and denied by none.")
    reason: str | None = strawberry.field(
        description="Why it is refused, as in `extensions.redactions`; null if it is allowed."
    )
    decisions: list[Decision] = strawberry.field(
        description="The rules that have a say, those on the thing first, then those on its field. Empty for whoever does not"
        " administer the viewer that it is about: those are its account's partner and the operator."
    )
