"""The enums of the API: all enums of the models. Their docstrings are their descriptions, and each value has its own."""

from __future__ import annotations

import inspect
import pkgutil
from importlib import import_module
from typing import Any

import strawberry

import choices
import models
from described_enum import DescribedEnum
from policies.reason import Reason
from resolvers.reading.connections import CountPrecision
from resolvers.writing.bulk import BulkMode
from resolvers.writing.user_errors import ErrorCode


def register_enums() -> None:
    """Make the enums known to the schema, which includes those that it uses."""
    files = (import_module(f"models.{file.name}") for file in pkgutil.iter_modules(models.__path__))
    for module in (choices, *files):
        for each in vars(module).values():
            if isinstance(each, type) and issubclass(each, DescribedEnum) and each.__module__ == module.__name__:
                register_enum(each)
    register_enum(ErrorCode, "UserErrorCode")
    register_enum(BulkMode)
    register_enum(CountPrecision)
    register_enum(Reason, "RedactionReason")


def register_enum(enum: type[DescribedEnum], name: str | None = None, description: str | None = None) -> None:
    """Make an enum known to the schema, with the description of each value. Its own is its docstring if not given."""
    definition: Any = strawberry.enum(
        enum, name=name, description=description or inspect.getdoc(enum)
    ).__strawberry_definition__  # type: ignore[attr-defined]
    for member, value in zip(enum, definition.values, strict=True):
        value.description = member.description
