"""Actions: what rules allow to be done to things of each type, with the sentences of these rules, which say who may.

They are read from the rules as they are written. Whether a viewer may take one is decided by the policy, never here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from policies.source import Rule, parse, read_texts

ACTION_ORDER: Final = re.compile(r"(?: [RAVX]\d+)+")  # of rules, which are for us


def actions(rules: Iterable[Rule]) -> dict[str, dict[str, str]]:
    """The actions that `allow` rules name, by type, in the order of the rules, each with what is said above these."""
    said: dict[str, dict[str, dict[str, None]]] = {}
    for rule in rules:
        if rule.name == "allow" and rule.entity is not None and (action := rule.arguments[1].literal) is not None:
            said.setdefault(rule.entity, {}).setdefault(action, {})[ACTION_ORDER.sub("", rule.comment)] = None
    return {
        entity: {action: " ".join(filter(None, sentences)) for action, sentences in each.items()}
        for entity, each in said.items()
    }


ACTIONS: Final[Mapping[str, Mapping[str, str]]] = actions(
    rule for text in read_texts(Path(__file__).parent) for rule in parse(text)
)
"""The actions of the gateway's own policy."""
