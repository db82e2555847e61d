"""How fields of the mutation type are declared: an input, a payload, and the command that is carried out."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Any

import strawberry
from strawberry.annotation import StrawberryAnnotation
from strawberry.types import Info
from strawberry.types.arguments import StrawberryArgument
from strawberry.types.base import StrawberryObjectDefinition
from strawberry.types.field import StrawberryField
from strawberry.types.unset import UNSET

from resolvers.mutation import Command, Mutation, Outcome
from resolvers.text import camel


@strawberry.type(description="What is wrong with an input, or why it was not carried out.")
class UserError:
    code: str = strawberry.field(description="Stable, for programs.")
    message: str = strawberry.field(description="For people. May change.")
    field: list[str] | None = strawberry.field(
        description="The path to the value inside the input, positions in lists as numbers. Null where no single value is to blame."
    )


@strawberry.interface(description="What came of a mutation.")
class Payload:
    is_type_of = staticmethod(lambda _payload, _info: True)  # each mutation has a payload type of its own

    user_errors: list[UserError] = strawberry.field(
        description="Everything that is wrong. Nothing was changed unless it is empty."
    )


class Change(StrawberryField):
    """A field that carries out a mutation."""

    mutation: Mutation

    @property
    def is_basic_field(self) -> bool:
        """It is resolved by what it carries out."""
        return False

    def __copy__(self) -> Change:
        copied: Change = super().__copy__()
        copied.mutation = self.mutation
        return copied

    def get_result(
        self,
        source: Any,  # noqa: ARG002 (Strawberry calls it so)
        info: Info[Any, Any] | None,
        args: list[Any],  # noqa: ARG002
        kwargs: Any,
    ) -> Awaitable[Outcome]:
        """What came of the mutation."""
        assert info is not None  # noqa: S101 (only basic fields are resolved without)
        return self.mutation(info.context, given(kwargs["input"]), str(info.path.key))


def given(value: Any) -> Any:
    """An input without the classes of the schema: a dictionary of what was given, null or not."""
    if isinstance(getattr(type(value), "__strawberry_definition__", None), StrawberryObjectDefinition):
        return {name: given(inner) for name, inner in vars(value).items() if inner is not UNSET}
    return [given(each) for each in value] if isinstance(value, list) else value


def changes(name: str, command: Command, kind: type, description: str) -> Any:
    """A field that carries out a command for one input of that kind. `name` is the field's own, in Python."""
    field = Change(description=description)
    field.mutation = Mutation(camel(name), command)
    field.arguments = [StrawberryArgument("input", None, StrawberryAnnotation(kind), description="What is to be done.")]
    return field
