"""Which partitions a plan touches: for each scan of a partitioned table, how many of them one execution reads."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

GATHERING: Final = {"Append", "Merge Append"}
COMPARED: Final = re.compile(r"\((?:t\.)?(\w+) (?:=|<|>)")  # columns on the left of a condition, which are the index's


@dataclass(frozen=True, slots=True)
class Branch:
    """One scan of a table in a plan. `columns` are those that its index finds rows by; none means that it walks in order.

    `touched` counts the partitions that an execution reads on average, and `anywhere` those that any execution reads. They're 1
    if the table isn't partitioned. `executions` is 1 but for scans that look up rows or parents one by one.
    """

    columns: tuple[str, ...]
    touched: float
    anywhere: int
    executions: int


def branches(plan: Any, table: str) -> list[Branch]:
    """Return the scans of a table, or of its partitions, in a plan of EXPLAIN (ANALYZE, FORMAT JSON)."""
    return list(_branches(plan, re.compile(rf"{table}(_\d+)?")))


def _branches(node: Any, names: re.Pattern[str]) -> Iterator[Branch]:
    children = node.get("Plans", [])
    scans = [scan for child in children for scan in _scans(child, names)]
    if node["Node Type"] in GATHERING and len(scans) == len(children):
        yield _branch(scans, _runs(node))
    elif names.fullmatch(node.get("Relation Name", "")):
        yield _branch([node], _runs(node))
    else:
        for child in children:
            yield from _branches(child, names)


def _branch(scans: list[Any], executions: int) -> Branch:
    runs = [_runs(scan) for scan in scans]
    columns = set[str]().union(*map(_columns, scans))
    return Branch(tuple(sorted(columns)), sum(runs) / max(executions, 1), sum(run > 0 for run in runs), executions)


def _scans(node: Any, names: re.Pattern[str]) -> Iterator[Any]:
    """Yield the scans of partitions in a node that has nothing else below it, such as a sort of one partition."""
    if names.fullmatch(node.get("Relation Name", "")):
        yield node
    elif node["Node Type"] not in GATHERING:
        for child in node.get("Plans", []):
            yield from _scans(child, names)


def _columns(node: Any) -> set[str]:
    """Return the columns that a scan finds rows by. Alternatives only count for those that they share."""
    own = set(COMPARED.findall(node.get("Index Cond", "")))
    below = [_columns(child) for child in node.get("Plans", [])]
    if node["Node Type"] == "BitmapOr":
        return set.intersection(*below)
    return own.union(*below)


def _runs(node: Any) -> int:
    return int(node["Actual Loops"])
