"""Hidden fields: all fields of an object that policy hides from the viewer, each with the reason. Selected or not.

They come from the object's mask, as its redactions do, so they need no statement of their own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from policies.evaluation.reachability import never_seen
from policies.reason import Reason
from resolvers.reading.records import Record
from resolvers.values.text import camel

if TYPE_CHECKING:
    from resolvers.context import Context


@dataclass(frozen=True, slots=True)
class HiddenField:
    """A field, as the schema names it, and why it's hidden."""

    field: str
    reason: Reason


class HiddenFieldLists(dict[tuple[Reason | None, ...], list[HiddenField]]):
    """The list for each combination of reasons, built on first use. A reason is None where the field is visible."""

    def __init__(self, fields: Sequence[str], always: Mapping[str, Reason]) -> None:
        super().__init__()
        self._fields = fields
        self._always = always

    def __missing__(self, reasons: tuple[Reason | None, ...]) -> list[HiddenField]:
        by_row = {field: reason for field, reason in zip(self._fields, reasons, strict=True) if reason is not None}
        hidden = self[reasons] = hidden_fields({**self._always, **by_row})
        return hidden


def hidden_fields(hidden: Mapping[str, Reason]) -> list[HiddenField]:
    """Return the hidden fields of an object, sorted by name."""
    return [HiddenField(camel(name), hidden[name]) for name in sorted(hidden)]


@dataclass(frozen=True, slots=True)
class ViewerHides:
    """The fields of each parent that policy hides from the viewer."""

    async def __call__(self, parents: Sequence[Record], context: Context) -> list[list[HiddenField]]:
        """Return the list of each parent."""
        return [hidden_fields(named(parent.hidden, unnamed(context, parent.entity))) for parent in parents]


def unnamed(context: Context, entity: str) -> frozenset[str]:
    """Return the fields of a type whose names the viewer doesn't learn: with a strict schema, those that it can never see."""
    if not context.services.strict_schema:
        return frozenset()
    return never_seen(context.policy, context.viewer.shape, entity)


def named(hidden: Mapping[str, Reason], without: frozenset[str]) -> Mapping[str, Reason]:
    """Leave out fields."""
    return {name: reason for name, reason in hidden.items() if name not in without} if without else hidden
