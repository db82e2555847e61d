"""Root fields of concepts: each concept's file defines its own, so that a new concept doesn't change a root type."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec

from models import CONCEPTS


def classes_of_concepts(package: str, suffix: str) -> tuple[type, ...]:
    """Return the classes whose names end with `suffix` in the files of concepts in `package`, in alphabetical order of files."""
    files = sorted({file for concept in CONCEPTS for file in concept.files})
    return tuple(each for file in files for each in _classes(f"{package}.{file}", suffix))


def _classes(module: str, suffix: str) -> Iterator[type]:
    if find_spec(module) is not None:
        yield from (
            each
            for each in vars(import_module(module)).values()
            if isinstance(each, type) and each.__module__ == module and each.__name__.endswith(suffix)
        )
