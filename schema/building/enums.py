"""The enums of the API: all enums of the models. Their docstrings are their descriptions."""

from __future__ import annotations

import inspect
import pkgutil
from enum import StrEnum
from importlib import import_module

import strawberry

import models


def register_enums() -> None:
    """Make all enums of the models known to the schema, which includes those that it uses."""
    for file in pkgutil.iter_modules(models.__path__):
        module = import_module(f"models.{file.name}")
        for each in vars(module).values():
            if isinstance(each, type) and issubclass(each, StrEnum) and each.__module__ == module.__name__:
                strawberry.enum(each, description=inspect.getdoc(each))
