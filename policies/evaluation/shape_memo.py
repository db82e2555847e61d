"""A memo that shares an answer among all shapes that agree on the facts read to compute it.

An answer is never shared with a shape that differs in any of these facts, because they alone decide it.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any, TypeVar

from policies.facts import Facts, symbolic_facts
from policies.viewer import SHAPE, Shape

T = TypeVar("T")


class ShapeMemo:
    """Caches answers by question and by the viewer facts that they depend on. Not thread-safe."""

    def __init__(self) -> None:
        self._answers: dict[Hashable, dict[tuple[str, ...], dict[tuple[Any, ...], Any]]] = {}

    def get(self, question: Hashable, shape: Shape, compute: Callable[[Facts], T]) -> T:
        """Return the answer for a shape. Calls `compute` if no shape that agrees with it has an answer."""
        by_facts = self._answers.setdefault(question, {})
        for names, answers in by_facts.items():
            key = tuple([getattr(shape, name) for name in names])
            if key in answers:
                return answers[key]  # type: ignore[no-any-return]  # a question has answers of one type
        viewer = symbolic_facts(shape)
        answer = compute(viewer)
        names = tuple(name for name in SHAPE if name in viewer.facts_read)
        by_facts.setdefault(names, {})[tuple(getattr(shape, name) for name in names)] = answer
        return answer
