"""Rule coverage of the tests: which rules were seen to hold and to fail, and which of their parts failed first.

A record belongs to one policy version and says nothing about others. It holds places and numbers, no data.
"""

from __future__ import annotations

import json
import os
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from policies.language.source import FIELD_RULES, NEVER_KIND, Rule
from policies.language.syntax import Comparison, Goal, Listing
from policies.language.syntax import Path as Term

WHOLE_RULE: Final = "the whole"


def countable_rules(rules: Iterable[Rule]) -> list[Rule]:
    """Return the rules that requests evaluate for a viewer. Helpers without a viewer count with their callers; kinds are proven."""
    return [rule for rule in rules if rule.name != NEVER_KIND and any(each.type == "Viewer" for each in rule.arguments)]


def branches(rule: Rule) -> dict[int, str]:
    """Return a rule's branches by number: the part that fails first or, as the last number, that the whole rule holds."""
    parts = enumerate(zip(rule.parts, rule.goals, strict=True))
    return {number: text for number, (text, goal) in parts if not _only_names(rule, goal)} | {len(rule.parts): WHOLE_RULE}


@dataclass(slots=True)
class Coverage:
    """The branches seen of each rule, by the rule's place."""

    version: str
    seen: dict[str, set[int]] = field(default_factory=dict)

    def record(self, rule: Rule, branch: int) -> None:
        """Record that a rule ended in a branch."""
        self.seen.setdefault(rule.place, set()).add(branch)

    def missing(self, rule: Rule) -> dict[int, str]:
        """Return the branches of a rule that weren't seen."""
        seen = self.seen.get(rule.place, ())
        return {number: text for number, text in branches(rule).items() if number not in seen}

    def held(self, rule: Rule) -> bool:
        """Return True if the rule was seen to hold."""
        return len(rule.parts) in self.seen.get(rule.place, ())

    def failed(self, rule: Rule) -> bool:
        """Return True if the rule was seen to fail, or can't fail."""
        return len(branches(rule)) == 1 or any(number < len(rule.parts) for number in self.seen.get(rule.place, ()))

    def count_held_and_failed(self, rules: Iterable[Rule]) -> int:
        """Count the rules that were seen both to hold and to fail."""
        return sum(self.held(rule) and self.failed(rule) for rule in rules)

    def summary(self, rules: Collection[Rule]) -> str:
        """Summarize the coverage on one line."""
        ways = [(len(branches(rule)), len(self.missing(rule))) for rule in rules]
        total, missing = sum(count for count, _ in ways), sum(unseen for _, unseen in ways)
        return (
            f"{self.count_held_and_failed(rules)} of {len(rules)} rules held and failed; {total - missing} of {total} branches"
        )

    def merge(self, other: Coverage) -> None:
        """Merge the branches that another run of the same policy version has seen."""
        if other.version == self.version:
            for place, numbers in other.seen.items():
                self.seen.setdefault(place, set()).update(numbers)

    def seen_as_lists(self) -> dict[str, list[int]]:
        """Return the seen branches as sorted lists, which JSON can represent."""
        return {place: sorted(numbers) for place, numbers in sorted(self.seen.items())}

    def save(self, path: Path) -> None:
        """Write the record to a temporary file and move it into place atomically."""
        path.parent.mkdir(parents=True, exist_ok=True)
        record = {"policy": self.version, "rules": self.seen_as_lists()}
        temporary = path.with_suffix(f".{os.getpid()}")
        temporary.write_text(json.dumps(record, indent=1) + "\n", "utf-8")
        temporary.replace(path)


def read_coverage(path: Path) -> Coverage | None:
    """Read a record from a file. Return None if the file is missing or invalid."""
    try:
        record = json.loads(path.read_text("utf-8"))
        return Coverage(record["policy"], {place: set(numbers) for place, numbers in record["rules"].items()})
    except (OSError, ValueError, KeyError):
        return None


def _only_names(rule: Rule, goal: Goal) -> bool:
    """Return True if a part only binds the rule's fields or a variable to a list of words, so it never fails by itself."""
    match goal:
        case Comparison(_, "in" | "=" as operator, Term(_, variable, None), right):
            if rule.name in FIELD_RULES and variable == rule.arguments[-1].name:
                return True
            head_variables = {argument.name for argument in rule.arguments}
            return operator == "in" and variable not in head_variables and isinstance(right, Listing)
    return False
