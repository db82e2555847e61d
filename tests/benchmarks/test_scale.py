"""Partitions: which of them the gateway's own statements touch, as EXPLAIN reports."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Final

import pytest
import typer
from typer.testing import CliRunner

from benchmarks.scale.__main__ import main
from benchmarks.scale.layouts import layouts
from benchmarks.scale.report import markdown
from benchmarks.scale.simulation import Simulation, simulate
from models.embedded import Embedded
from tests import databases

PARTS: Final = 4
PORTS: Final = 24_000  # 60 of each large company in each partition, more than a page shows
EVENTS: Final = 24_000
BRANCHES: Final = {  # of the first page, with the rows that are joined to a merged page; view-as events are left out
    "port": {"operator": 1, "direct": 1, "large account": 1, "partner": 3},
    "audit_event": {"operator": 1, "direct": 2, "large account": 2, "partner": 2},
}
LARGE: Final = ("direct", "large account")  # companies with one row in a hundred


@pytest.fixture(scope="module")
async def found(postgres: Embedded, demo: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Simulation]:
    """A small simulation."""
    rows = {"port": PORTS, "audit_event": EVENTS}
    async with databases.copied(postgres, demo) as url:
        yield await simulate(url, tmp_path_factory.mktemp("scale"), layouts(PARTS, PARTS), rows, lambda _: None, runs=1)


def touched(found: Simulation, table: str, layout: str, page: str, viewer: str) -> list[tuple[str, float]]:
    """Return the columns that each branch of a page finds rows by, and how many partitions an execution of it touches."""
    (measured,) = [
        each
        for each in found.measured
        if (each.layout.table, each.layout.name, each.page, each.viewer) == (table, layout, page, viewer)
    ]
    return [(" ".join(branch.columns), branch.touched) for branch in measured.branches]


@pytest.mark.parametrize("viewer", [*LARGE, "small account"])
def test_page_of_a_companys_ports_touches_its_partition(found: Simulation, viewer: str) -> None:
    """If ports are partitioned by company, each page of a company reads one partition, in every order."""
    pages = [touched(found, "port", "by company", page, viewer) for page in ("first page", "page in the middle", "by name")]

    assert [[("company_id", 1)], [("company_id id", 1)], [("company_id", 1)]] == pages


def test_branches_that_name_no_company_touch_all_partitions_by_company(found: Simulation) -> None:
    """A partner's accounts, the rows of a merged page, the operator and visitors name no company: they read all partitions."""
    pages = {viewer: touched(found, "port", "by company", "first page", viewer) for viewer in ("partner", "operator")}

    assert [("company_id", 1), ("partner_id", PARTS), ("id", PARTS)] == pages["partner"]
    assert [("", PARTS)] == pages["operator"]
    assert [("", PARTS)] == touched(found, "port", "by company", "Marketplace", "visitor")


@pytest.mark.parametrize("table", ["port", "audit_event"])
@pytest.mark.parametrize("viewer", ["operator", *LARGE, "partner"])
def test_page_by_time_touches_one_partition_in_each_branch(found: Simulation, table: str, viewer: str) -> None:
    """A branch stops in the partition that fills the page, whatever it names."""
    branches = touched(found, table, "by time", "first page", viewer)
    dense = [partitions for columns, partitions in branches if "as_company_id" not in columns]  # few events are view-as

    assert [1] * BRANCHES[table][viewer] == dense


def test_page_from_a_cursor_starts_in_its_partition(found: Simulation) -> None:
    """The partitions on the other side of a cursor in the middle aren't looked at, even by a viewer with few rows."""
    first, middle = (touched(found, "port", "by time", page, "small account") for page in ("first page", "page in the middle"))

    assert first[0][1] > PARTS / 2
    assert middle[0][1] <= PARTS / 2


def test_few_rows_are_in_many_partitions_by_time(found: Simulation) -> None:
    """What partitions by time cost: an account with 100 ports finds a page of them in three, and view-as events in all."""
    assert 3 == touched(found, "port", "by time", "first page", "small account")[0][1]
    assert PARTS == touched(found, "audit_event", "by time", "first page", "direct")[1][1]


def test_layouts_return_the_same_rows(found: Simulation) -> None:
    """Every page has as many rows in each layout, and none is empty."""
    rows: dict[tuple[str, str, str], set[int]] = {}
    for each in found.measured:
        rows.setdefault((each.layout.table, each.page, each.viewer), set()).add(each.rows)

    assert {1} == {len(counts) for counts in rows.values()}
    assert 0 not in set().union(*rows.values())


def test_report_names_what_is_not_pruned(found: Simulation) -> None:
    """No branch fails; one that names the company but touches two partitions would."""
    (each,) = [
        each for each in found.measured if (each.page, each.viewer) == ("by name", "direct") and each.layout.by == "HASH"
    ]
    worse = replace(each, branches=[replace(each.branches[0], touched=2)])

    assert [] == found.failures
    assert ["by name of direct, port by company: 2 partitions"] == Simulation(found.rows, [worse]).failures
    assert "| first page | partner |" in markdown(found)


def test_command_explains_itself() -> None:
    """The options and their defaults are in the help, and a disk that is too small is refused before anything is built."""
    app = typer.Typer()
    app.command()(main)
    shown = CliRunner().invoke(app, ["--help"], env={"COLUMNS": "200", "TERM": "dumb"})
    refused = CliRunner().invoke(app, ["--ports", "10000000000"])

    assert (0, 2) == (shown.exit_code, refused.exit_code)
    assert "--full" in shown.output
    assert "GB of free space" in refused.output
