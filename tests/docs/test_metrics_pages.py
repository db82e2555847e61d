"""The pages and the dashboard for operators name all metrics, and only metrics that exist."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, Final

import promql_parser
import pytest

from resolvers.execution.codegen import Unplanned
from telemetry import metrics
from telemetry.families import Counter, Gauge, Histogram
from tests.docs.pages import ROOT, name
from transport.metrics import registry

PAGE: Final = (ROOT / "docs" / "operate" / "metrics.md").read_text("utf-8")
DASHBOARD: Final = json.loads((ROOT / "docs" / "operate" / "grafana-dashboard.json").read_text("utf-8"))
ROW: Final = re.compile(r"^\| `(crossgate_\w+)` \| (\w+) \| ([^|]*)\|", re.MULTILINE)
NAME: Final = re.compile(r"\b(?:crossgate|process|python)_[a-z_]+\b")
NUMBER: Final = re.compile(r"\d+(?:\.\d+)?")
VARIABLES: Final = {"$__rate_interval": "5m", "$job": ".*", "$instance": ".*"}
OPERATED: Final = (ROOT / "docs" / "operations.md", *sorted((ROOT / "docs" / "operate").glob("*.md")))
PARTS: Final = ("_bucket", "_sum", "_count")  # of a histogram


def names() -> set[str]:
    """The names that can be queried."""
    collected = {sample.name for family in registry().collect() for sample in family.samples}
    families = {family.name for family in metrics.FAMILIES}
    histograms = {family.name + part for family in metrics.FAMILIES if isinstance(family, Histogram) for part in PARTS}
    return collected | families | histograms


def kind(family: Counter | Gauge | Histogram) -> str:
    """The type of a metric, as the page names it."""
    return family.kind


def expressions() -> Iterator[tuple[str, str]]:
    """Each query of the dashboard with the title of its panel."""
    for panel in DASHBOARD["panels"]:
        for target in panel.get("targets", ()):
            yield panel["title"], target["expr"]


def test_page_has_every_metric_with_its_type_and_labels() -> None:
    """The tables of docs/operate/metrics.md equal the families in telemetry/metrics.py, in any order."""
    rows = {found: (type_, tuple(re.findall(r"`(\w+)`", labels))) for found, type_, labels in ROW.findall(PAGE)}

    assert {family.name: (kind(family), family.labels) for family in metrics.FAMILIES} == rows


def test_page_has_the_buckets_of_every_histogram() -> None:
    """The upper bounds of the page are those of the code."""
    section = PAGE[PAGE.index("## Buckets") :]
    written = {
        found: tuple(map(float, NUMBER.findall(bounds)))
        for names, bounds in re.findall(r"^\| (`crossgate_.*?) \| (.*) \|$", section, re.MULTILINE)
        for found in re.findall(r"`(\w+)`", names)
    }

    assert {family.name: family.bounds for family in metrics.FAMILIES if isinstance(family, Histogram)} == written


def test_page_explains_every_reason_without_a_plan() -> None:
    """Each reason that the metric can have is in the page's table."""
    rows = re.findall(r"^\| (`[a-z_`, ]+) \| [a-z]", PAGE, re.MULTILINE)
    assert set(Unplanned) == {reason for row in rows for reason in re.findall(r"`([a-z_]+)`", row)} & set(Unplanned)


@pytest.mark.parametrize("page", OPERATED, ids=name)
def test_pages_name_only_metrics_that_exist(page: Any) -> None:
    """Each metric that a page names can be queried."""
    found = {word for code in re.findall(r"`([^`\n]+)`", page.read_text("utf-8")) for word in NAME.findall(code)}

    assert set() == {word for word in found if not word.endswith("_")} - names()


def test_dashboard_queries_are_valid() -> None:
    """Each query of the dashboard is valid PromQL once Grafana has set its variables."""
    for title, expression in expressions():
        for variable, text in VARIABLES.items():
            expression = expression.replace(variable, text)
        assert promql_parser.parse(expression), title


def test_dashboard_names_only_metrics_that_exist() -> None:
    """Each metric of the dashboard can be queried; one that doesn't exist would show an empty panel forever."""
    used = {word for _, expression in expressions() for word in NAME.findall(expression)}

    assert set() == used - names()


def test_dashboard_shows_every_metric() -> None:
    """Each of our metrics is in a panel."""
    text = " ".join(expression for _, expression in expressions())

    assert [] == [family.name for family in metrics.FAMILIES if family.name not in text]


def test_dashboard_can_be_imported() -> None:
    """Panels have IDs of their own, lie inside the grid, and use the chosen data source."""
    panels = DASHBOARD["panels"]
    places = [panel["gridPos"] for panel in panels]

    assert len(panels) == len({panel["id"] for panel in panels})
    assert all(0 <= place["x"] and place["x"] + place["w"] <= 24 for place in places)
    assert len(places) == len({(place["x"], place["y"]) for place in places})
    assert {"${datasource}"} == {panel["datasource"]["uid"] for panel in panels if panel["type"] != "row"}
