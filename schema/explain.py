"""Explanations of policy decisions."""

from __future__ import annotations

from typing import Final

import strawberry
from strawberry import ID

from policies.reason import Reason
from schema.building.policy_names import ActionName, TypeName

PLACE: Final = "as FILE:LINE"
EXPLAINED: Final = {
    "type_name": (str, "The type of the object, such as `Port`."),
    "id": (ID, "The global ID of the object."),
    "field": (str | None, "A field of the type. If omitted, the decision is about the object itself."),
    "view_as": (ID | None, "A company or user to explain the decision for, instead of the viewer."),
    "action": (str | None, "The action to explain, such as `UPDATE`. Defaults to `READ`."),
}
EXPLAINED_BY_NAME: Final = {
    **EXPLAINED,
    "type_name": (TypeName, "The type of the object."),
    "action": (ActionName | None, "The action to explain. Defaults to `READ`."),
}


@strawberry.type(name="DecisionPart", description="One of the conditions that a rule joins with `and`.")
class AppliedRulePart:
    text: str = strawberry.field(description="The source text of the condition.")
    holds: bool | None = strawberry.field(
        description="Whether this condition and all earlier ones hold. Null if the answer would reveal linked objects "
        "that the requester can't see."
    )
    by_viewer: bool = strawberry.field(description="Whether the condition depends only on the viewer, not on the object.")
    rules: list[str] = strawberry.field(description=f"The rules that the condition refers to, {PLACE}.")


@strawberry.type(name="Decision", description="A policy rule that applies to a decision.")
class AppliedRule:
    effect: str = strawberry.field(description="The effect of the rule if it holds: ALLOW or DENY. DENY always wins.")
    name: str = strawberry.field(
        description="The kind of rule: `allow` or `deny` for the object, `allow_field` or `deny_field` for a field."
    )
    rule: str = strawberry.field(description="The source text of the rule.")
    file: str = strawberry.field(description="The policy file that contains the rule.")
    line: int = strawberry.field(description="The line number where the rule begins.")
    sentence: str = strawberry.field(description="The rule in plain English, from the comment above it.")
    reason: Reason | None = strawberry.field(description="The reason that the rule gives when it denies access.")
    condition: str = strawberry.field(description="The condition that remains for the object once the viewer is known.")
    holds: bool = strawberry.field(description="Whether the rule holds for this object and this viewer.")
    failing: str | None = strawberry.field(
        description="The first condition that doesn't hold. Null if the rule holds, or if the requester can't know "
        "which condition fails."
    )
    parts: list[AppliedRulePart] = strawberry.field(description="The conditions of the rule, in order.")


@strawberry.type(description="The explanation of a policy decision: whether access is allowed, and which rules decided.")
class Explanation:
    allowed: bool = strawberry.field(
        description="Whether access is allowed. At least one rule must allow it and none may deny it."
    )
    reason: Reason | None = strawberry.field(
        description="Why access is denied, as in `extensions.redactions`. Null if it is allowed."
    )
    decisions: list[AppliedRule] = strawberry.field(
        description="The rules that apply, first those for the object, then those for the field. Only the viewer's "
        "administrators (the account's partner and the operator) see the rules; for anyone else the list "
        "is empty."
    )
