"""The actions that rules allow on each type, described by the comments of those rules.

Actions are read from the rule files. `Policy` decides whether a viewer may take one; this module never does.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from policies.language.source import Rule, parse, read_texts

RULE_IDS: Final = re.compile(r"(?: [RAVX]\d+)+")  # internal references, left out of descriptions


def actions(rules: Iterable[Rule]) -> dict[str, dict[str, str]]:
    """Return the actions that `allow` rules name, by type and in the order of the rules, each with the comments above its rules."""
    sentences: dict[str, dict[str, dict[str, None]]] = {}
    for rule in rules:
        if rule.name == "allow" and rule.entity is not None and (action := rule.arguments[1].literal) is not None:
            sentences.setdefault(rule.entity, {}).setdefault(action, {})[RULE_IDS.sub("", rule.comment)] = None
    return {
        entity: {action: " ".join(filter(None, comments)) for action, comments in actions_of_entity.items()}
        for entity, actions_of_entity in sentences.items()
    }


ACTIONS: Final[Mapping[str, Mapping[str, str]]] = actions(
    rule for text in read_texts(Path(__file__).parents[1]) for rule in parse(text)
)
"""The actions of the gateway's own policy."""
