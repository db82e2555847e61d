"""What was found for one shape, kept for all shapes that agree with it in the facts that were read to find it.

Nothing is kept for a shape that differs in any of these facts, for they alone decided.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any, TypeVar

from policies.facts import Facts, symbolic
from policies.viewer import SHAPE, Shape

T = TypeVar("T")


class ShapeMemo:
    """The answers to questions by what they depend on of the viewer. Not safe to use from several threads at once."""

    def __init__(self) -> None:
        self._found: dict[Hashable, dict[tuple[str, ...], dict[tuple[Any, ...], Any]]] = {}

    def of(self, question: Hashable, shape: Shape, find: Callable[[Facts], T]) -> T:
        """The answer for a shape; `find` is asked if no shape that agrees with it has one."""
        found = self._found.setdefault(question, {})
        for names, answers in found.items():
            key = tuple([getattr(shape, name) for name in names])
            if key in answers:
                return answers[key]  # type: ignore[no-any-return]  # a question has answers of one type
        viewer = symbolic(shape)
        answer = find(viewer)
        names = tuple(name for name in SHAPE if name in viewer.read)
        found.setdefault(names, {})[tuple(getattr(shape, name) for name in names)] = answer
        return answer
