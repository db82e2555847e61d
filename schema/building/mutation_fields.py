"""Declarations of mutation fields: an input, a payload, and the command to run."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Any, Final

import strawberry
from strawberry import ID
from strawberry.annotation import StrawberryAnnotation
from strawberry.types import Info
from strawberry.types.arguments import StrawberryArgument
from strawberry.types.field import StrawberryField

from models.concept import snake
from resolvers.values.text import camel
from resolvers.writing.bulk import BulkMutation, Items
from resolvers.writing.procedures import Procedure, ProcedureCommand
from resolvers.writing.runner import Command, Mutation, MutationResult
from resolvers.writing.user_errors import ErrorCode
from schema.building.fields import plain
from schema.building.inputs import required

MODE: Final = "Whether one change that fails stops the others."
RESULTS: Final = "One result for each change, in the order of the input. Empty if the list itself is invalid."


@strawberry.type(description="A value in the message of a user error.")
class UserErrorParam:
    name: str = strawberry.field(description="The name of the value, such as `limit`.")
    value: str = strawberry.field(description="The value as a text.")


@strawberry.type(description="A problem with a mutation's input, or the reason why the mutation failed.")
class UserError:
    code: ErrorCode = strawberry.field(description="A stable code, for use in programs.")
    message: str = strawberry.field(description="A message for people. Its wording can change.")
    params: list[UserErrorParam] = strawberry.field(
        description="The values in the message, such as a limit, for clients that word messages themselves."
    )
    field: list[str] | None = strawberry.field(
        description="The path to the invalid value in the input. A position in a list is a number from 0, as text. Null if the "
        "error isn't about a single value."
    )


@strawberry.interface(description="The result of a mutation.")
class Payload:
    is_type_of = staticmethod(lambda _payload, _info: True)  # each mutation has its own payload type

    user_errors: list[UserError] = strawberry.field(
        description="The errors that prevented the mutation. If it isn't empty, nothing was changed."
    )


class MutationField(StrawberryField):
    """A field that runs a mutation."""

    mutation: Mutation | Procedure | BulkMutation

    @property
    def is_basic_field(self) -> bool:
        """Always False: the field is resolved by its mutation."""
        return False

    def __copy__(self) -> MutationField:
        copied: MutationField = super().__copy__()
        copied.mutation = self.mutation
        return copied

    def get_result(
        self,
        source: Any,  # noqa: ARG002 (Strawberry passes it by name)
        info: Info[Any, Any] | None,
        args: list[Any],  # noqa: ARG002
        kwargs: Any,
    ) -> Awaitable[MutationResult]:
        """Run the mutation and return its result."""
        assert info is not None  # noqa: S101 (only basic fields are resolved without info)
        return self.mutation(info.context, plain(kwargs.get("input"), nulls=True) or {}, str(info.path.key))


def mutation_field(command: Command, kind: type, description: str) -> Any:
    """Declare a mutation that runs a command with one input of type `kind`. The command's name is also recorded in the audit log."""
    return _field(Mutation(camel(command.__name__), command), kind, description)


def procedure_field(command: ProcedureCommand, kind: Any, description: str, **rejected: Any) -> Any:
    """Declare a mutation that runs a procedure with one input of type `kind`, which can be optional.

    `rejected` has the payload's fields that aren't null if the mutation is rejected.
    """
    return _field(Procedure(camel(command.__name__), command, rejected), kind, description)


def bulk_field(items: Items, listed: str, kind: type, description: str) -> Any:
    """Declare a mutation that makes each of the changes that its input lists in a field."""
    return _field(BulkMutation(camel(items.__name__), items, listed), kind, description)


def _field(mutation: Mutation | Procedure | BulkMutation, kind: Any, description: str) -> Any:
    field = MutationField(description=description)
    field.mutation = mutation
    field.arguments = [StrawberryArgument("input", None, StrawberryAnnotation(kind), description="The input of the mutation.")]
    return field


def step_mutation(command: Command, kind: type, description: str) -> Any:
    """Declare a mutation of one object of the type `kind`, whose input is only its id. Its payload has the updated object."""
    name, noun = camel(command.__name__), snake(kind.__name__).replace("_", " ")
    title = name[0].upper() + name[1:]
    only_id = {"__annotations__": {"id": ID}, "__module__": __name__, "id": required(f"The {noun}.")}
    updated = {
        "__annotations__": {snake(kind.__name__): kind | None},
        "__module__": __name__,
        snake(kind.__name__): strawberry.field(default=None, description=f"The updated {noun}."),
    }
    taken = strawberry.input(type(f"{title}Input", (), only_id), description=f"Input for `{name}`.")
    payload = strawberry.type(type(f"{title}Payload", (Payload,), updated), description=f"Result of `{name}`.")
    field = mutation_field(command, taken, description)
    field.type_annotation = StrawberryAnnotation(payload)
    return field
