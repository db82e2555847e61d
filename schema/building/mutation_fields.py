"""How fields of the mutation type are declared: an input, a payload, and the command that is carried out."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Any

import strawberry
from strawberry.annotation import StrawberryAnnotation
from strawberry.types import Info
from strawberry.types.arguments import StrawberryArgument
from strawberry.types.field import StrawberryField

from resolvers.values.text import camel
from resolvers.writing.runner import Command, Mutation, MutationResult
from schema.building.fields import plain


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


class MutationField(StrawberryField):
    """A field that carries out a mutation."""

    mutation: Mutation

    @property
    def is_basic_field(self) -> bool:
        """It is resolved by what it carries out."""
        return False

    def __copy__(self) -> MutationField:
        copied: MutationField = super().__copy__()
        copied.mutation = self.mutation
        return copied

    def get_result(
        self,
        source: Any,  # noqa: ARG002 (Strawberry calls it so)
        info: Info[Any, Any] | None,
        args: list[Any],  # noqa: ARG002
        kwargs: Any,
    ) -> Awaitable[MutationResult]:
        """What came of the mutation."""
        assert info is not None  # noqa: S101 (only basic fields are resolved without)
        return self.mutation(info.context, plain(kwargs["input"], nulls=True), str(info.path.key))


def mutation_field(command: Command, kind: type, description: str) -> Any:
    """A field that carries out a command for one input of that kind. Both have the same name, under which it is recorded."""
    field = MutationField(description=description)
    field.mutation = Mutation(camel(command.__name__), command)
    field.arguments = [StrawberryArgument("input", None, StrawberryAnnotation(kind), description="What is to be done.")]
    return field
