"""Coverage: which rules were seen to hold and to fail while tests ran, and which of their parts was the first to fail.

A record belongs to one version of policy and says nothing of another. It holds places and numbers, and no data.
"""

from __future__ import annotations

import json
import os
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from policies.source import FIELD_RULES, NEVER_KIND, Rule
from policies.syntax import Comparison, Goal, Listing
from policies.syntax import Path as Term

WHOLE: Final = "the whole"


def countable(rules: Iterable[Rule]) -> list[Rule]:
    """The rules that requests ask: those of a viewer. A rule of a value is part of its callers, one of a kind is proven instead."""
    return [rule for rule in rules if rule.name != NEVER_KIND and any(each.type == "Viewer" for each in rule.arguments)]


def branches(rule: Rule) -> dict[int, str]:
    """The ways in which a rule may end, by number: its part of that number is the first to fail, or, the last, it holds."""
    parts = enumerate(zip(rule.parts, rule.goals, strict=True))
    return {number: text for number, (text, goal) in parts if not _only_names(rule, goal)} | {len(rule.parts): WHOLE}


@dataclass(slots=True)
class Coverage:
    """What was seen of each rule, by its place: the numbers of its branches."""

    version: str
    seen: dict[str, set[int]] = field(default_factory=dict)

    def note(self, rule: Rule, branch: int) -> None:
        """Say that a rule has ended so."""
        self.seen.setdefault(rule.place, set()).add(branch)

    def missing(self, rule: Rule) -> dict[int, str]:
        """The branches of a rule that were not seen."""
        seen = self.seen.get(rule.place, ())
        return {number: text for number, text in branches(rule).items() if number not in seen}

    def held(self, rule: Rule) -> bool:
        """Whether it was seen to hold."""
        return len(rule.parts) in self.seen.get(rule.place, ())

    def failed(self, rule: Rule) -> bool:
        """Whether it was seen not to hold, or nothing in it can fail."""
        return len(branches(rule)) == 1 or any(number < len(rule.parts) for number in self.seen.get(rule.place, ()))

    def both_ways(self, rules: Iterable[Rule]) -> int:
        """How many rules were seen to hold and to fail."""
        return sum(self.held(rule) and self.failed(rule) for rule in rules)

    def line(self, rules: Collection[Rule]) -> str:
        """The sum of it on one line."""
        ways = [(len(branches(rule)), len(self.missing(rule))) for rule in rules]
        total, missing = sum(every for every, _ in ways), sum(less for _, less in ways)
        return f"{self.both_ways(rules)} of {len(rules)} rules held and failed; {total - missing} of {total} branches"

    def add(self, other: Coverage) -> None:
        """Take what another run has seen, if it was of the same policy."""
        if other.version == self.version:
            for place, numbers in other.seen.items():
                self.seen.setdefault(place, set()).update(numbers)

    def seen_as_lists(self) -> dict[str, list[int]]:
        """What was seen, sorted, in a form that JSON has."""
        return {place: sorted(numbers) for place, numbers in sorted(self.seen.items())}

    def save(self, path: Path) -> None:
        """Write it beside what is there, and put it in its place at once."""
        path.parent.mkdir(parents=True, exist_ok=True)
        record = {"policy": self.version, "rules": self.seen_as_lists()}
        beside = path.with_suffix(f".{os.getpid()}")
        beside.write_text(json.dumps(record, indent=1) + "\n", "utf-8")
        beside.replace(path)


def read(path: Path) -> Coverage | None:
    """The record in a file, None where there is none."""
    try:
        record = json.loads(path.read_text("utf-8"))
        return Coverage(record["policy"], {place: set(numbers) for place, numbers in record["rules"].items()})
    except (OSError, ValueError, KeyError):
        return None


def _only_names(rule: Rule, goal: Goal) -> bool:
    """Whether a part only says which fields a rule is about, or which words a variable stands for: it never fails by itself."""
    match goal:
        case Comparison(_, "in" | "=" as operator, Term(_, variable, None), right):
            if rule.name in FIELD_RULES and variable == rule.arguments[-1].name:
                return True
            given = {argument.name for argument in rule.arguments}
            return operator == "in" and variable not in given and isinstance(right, Listing)
    return False
