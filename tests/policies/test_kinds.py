"""Sensitive values are hidden by their kind: a field that's allowed but never denied is rejected by name."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from typing import Final

import pytest

import server
from models.kinds import Kind
from policies.analysis.kinds import Narrowing, Site, kind_problems
from policies.catalogue import CATALOGUE
from policies.errors import PolicyError
from policies.evaluation.policy import Policy
from resolvers.kinds import narrowings
from schema.kinds import problems, sites

ROOT: Final = Path(__file__).parents[2]
UNFINISHED: Final = shutil.ignore_patterns("*.pyc.*")  # bytecode that another process writes; the rest saves compiling all
LAYERS: Final = ("commands", "models", "policies", "resolvers", "schema", "telemetry", "transport")
Edit = tuple[str, str, str]  # a file, a text in it, and what takes its place

PRICE: Final[tuple[Edit, ...]] = (
    (
        "resolvers/port.py",
        "setup_fee: Final",
        'discount: Final = Computed(money, ("monthly_rate", "currency"))\nsetup_fee: Final',
    ),
    (
        "schema/port.py",
        "    setup_fee: Money",
        '    discount: Money | None = resolved(port.discount, "Off.")\n    setup_fee: Money',
    ),
    ("policies/port.polar", '"name", "company"', '"discount", "name", "company"'),
)
OTHERS: Final[dict[str, tuple[Edit, ...]]] = {
    "Port: the filter monthly_rate_at_most reveals PRICE, but is guarded by name, which doesn't have this kind": (
        ("models/concept.py", "Filter(filtered, column,", 'Filter(filtered, "name",'),
    ),
    "Port: the order MONTHLY_RATE reveals PRICE, but isn't guarded by a field": (
        (
            "models/port.py",
            '("currency", "monthly_rate"),\n        "monthly_rate",',
            '("currency", "monthly_rate"),\n        None,',
        ),
    ),
    "PortFilter.discount: Port has no such filter in FILTERS": (
        (
            "schema/building/page_inputs.py",
            '    kind = type(f"{concept.name}Filter"',
            '    types["discount"], fields["discount"] = MoneyRange | None, optional("Off.")\n'
            '    kind = type(f"{concept.name}Filter"',
        ),
    ),
    "Dashboard.setup_spend holds PRICE": (
        (
            "schema/dashboard.py",
            "    monthly_spend: list[Money]",
            '    setup_spend: list[Money] | None = resolved(dashboard.monthly_spend, "Once.")\n    monthly_spend: list[Money]',
        ),
        ("policies/dashboard.polar", '"ports_by_status", ', '"ports_by_status", "setup_spend", "mean_rate", '),
    ),
    "Dashboard.mean_rate holds PRICE": (
        (
            "schema/dashboard.py",
            "    orders_waiting: int",
            '    mean_rate: int = resolved(dashboard.orders_waiting, "A mean.")\n    orders_waiting: int',
        ),
    ),
    "Dashboard.ports_by_metro holds PRICE": (
        (
            "schema/dashboard.py",
            "class PortsInMetro:\n",
            'class PortsInMetro:\n    rate: Money | None = strawberry.field(description="A mean.")\n',
        ),
    ),
    "Company.billing_address holds EMAIL, but ANONYMOUS can read it": (
        (
            "schema/company.py",
            "    trading_name: str",
            '    billing_address: EmailAddress | None = column("Where to write.", "legal_name")\n    trading_name: str',
        ),
        ("schema/company.py", "import strawberry\n", "import strawberry\nfrom schema.building.scalars import EmailAddress\n"),
        ("policies/company.polar", '"trading_name", "company_type"', '"billing_address", "trading_name", "company_type"'),
    ),
    "Viewer.spend holds PRICE, but ANONYMOUS can read it": (
        (
            "schema/viewer.py",
            "    unread_notifications: int",
            '    spend: int = resolved(viewer.unread_notifications, "All.")\n    unread_notifications: int',
        ),
    ),
    "location.site_phone looks like PHONE: declare it with a type from models/kinds.py": (
        ("models/location.py", "    metro: Mapped[str]", "    site_phone: Mapped[str | None]\n    metro: Mapped[str]"),
    ),
    "Mail order_approval_requested.charge holds PRICE": (
        (
            "resolvers/notifying/message_templates.py",
            "order_approval_requested(account: str, ",
            "order_approval_requested(charge: Money, account: str, ",
        ),
        (
            "resolvers/notifying/message_templates.py",
            "from resolvers.notifying.notifications",
            "from resolvers.values.money import Money\nfrom resolvers.notifying.notifications",
        ),
    ),
    "Port.letter_of_authorisation holds PRICE": (
        (
            "resolvers/endpoints/downloads.py",
            'FileRenderer(render_letter, "letter_of_authorisation", frozenset())',
            'FileRenderer(render_letter, "letter_of_authorisation", frozenset({Kind.PRICE}))',
        ),
    ),
    "Port.name doesn't need an exemption from PRICE. Remove it.": (
        ("policies/kinds.polar", "# Users can read", '# No reason.\nexempt("Port", "name", "PRICE");\n\n# Users can read'),
    ),
}


def scratch(directory: Path, *edits: Edit) -> Path:
    """Copy the gateway's code and replace some texts in it."""
    for layer in LAYERS:
        shutil.copytree(ROOT / layer, directory / layer, ignore=UNFINISHED)
    for module in ROOT.glob("*.py"):
        shutil.copy(module, directory)
    for file, old, new in edits:
        path = directory / file
        assert old in path.read_text("utf-8"), (file, old)
        path.write_text(path.read_text("utf-8").replace(old, new, 1), "utf-8")
    return directory


def run(directory: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run Python in a copy of the code."""
    environment = {**os.environ, "PYTHONPATH": str(directory), "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(
        [sys.executable, *arguments], cwd=directory, env=environment, capture_output=True, text=True, check=False
    )


@pytest.fixture(scope="module")
def with_a_price(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the code in which Port has a field of type Money that's allowed but not denied to anyone."""
    return scratch(tmp_path_factory.mktemp("price"), *PRICE)


def test_gateway_refuses_to_start_with_an_undenied_price_R121_V23(with_a_price: Path) -> None:
    """The error names the field, a viewer who can read it, the rule it breaks, and the rule to add."""
    done = run(with_a_price, "-c", "import server; server.load_policy()")

    assert 0 != done.returncode
    assert (
        "Port.discount holds PRICE, but MANAGED+by=PARTNER can read it. kinds.polar:6: A managed account sees no price"
        in done.stderr
    )
    assert (
        "Port.discount holds PRICE, but DIRECT can read it. kinds.polar:10: Only roles that can read prices see them."
        in done.stderr
    )
    assert (
        '  Add to port.polar, or exempt it and give the reason: exempt("Port", "discount", "PRICE");\n'
        "    # @reason HIDDEN_BY_PARTNER\n"
        '    deny_field(viewer: Viewer, "read", _row: Port, "discount") if managed(viewer) and not viewer.pricing_shown;\n'
    ) in done.stderr


def test_check_and_prove_report_an_undenied_price_R121(with_a_price: Path) -> None:
    """`policy check` reports the field. `policy prove` finds a viewer and a row, by kind and not by name."""
    checked = run(with_a_price, "-m", "commands", "policy", "check")
    proven = run(with_a_price, "-m", "commands", "policy", "prove", "--file", "kinds.polar")

    assert (True, True) == (checked.returncode != 0, "Port.discount holds PRICE" in checked.stderr)
    assert 1 == proven.returncode
    assert "REFUTED kinds.polar:6: A managed account sees no price" in proven.stdout
    assert "  read discount is allowed, for MANAGED" in proven.stdout


def test_gateway_starts_with_the_rules_that_it_suggests(with_a_price: Path, tmp_path: Path) -> None:
    """With the two rules that the error suggests, the field is hidden and the gateway starts."""
    refusal = run(with_a_price, "-c", "import server; server.load_policy()").stderr.splitlines()
    rules = [f"{reason}\n{rule}" for reason, rule in pairwise(refusal) if rule.startswith("    deny_field")]
    mended = scratch(
        tmp_path / "mended", *PRICE, ("policies/port.polar", "# Only roles that", "\n".join([*rules, "\n# Only roles that"]))
    )

    done = run(mended, "-c", "import server; server.load_policy()")

    assert (2, 0, "") == (len(rules), done.returncode, done.stderr)


def test_every_other_leak_is_reported_by_name_A16_V22(tmp_path: Path) -> None:
    """Covers filters, orders, aggregates, nested values, email addresses, phone numbers, emails, files, and unneeded exemptions."""
    copy = scratch(tmp_path / "copy", *(edit for edits in OTHERS.values() for edit in edits))

    done = run(copy, "-c", "import server; server.load_policy()")

    assert [] == [message for message in OTHERS if message not in done.stderr]


def test_gateway_shows_no_kind_to_other_viewers() -> None:
    """The gateway has no problems. All prices, addresses, phone numbers and tokens that leave it are checked."""
    assert [] == list(problems(server.load_policy()))
    assert {Kind.PRICE: 15, Kind.EMAIL: 8, Kind.PERSONAL_EMAIL: 2, Kind.PHONE: 2, Kind.SECRET: 9} == {
        kind: found for kind in Kind if (found := sum(kind in site.kinds for site in sites()))
    }


def test_unguarded_root_field_is_rejected() -> None:
    """A price that no rule and no ability guards is visible to everyone."""
    found = list(
        kind_problems(server.load_policy(), [*sites(), Site("Query", "spot_price", frozenset({Kind.PRICE}))], narrowings())
    )

    assert ["Query.spot_price holds PRICE"] * 2 == [message.partition(",")[0] for message in found]
    assert all("Guard it with an ability" in message for message in found)


def test_kind_without_a_rule_is_rejected(tmp_path: Path) -> None:
    """Without a rule for a kind, nobody is denied its fields, so the policy can't be loaded."""
    for path in server.POLICIES.glob("*.polar"):
        if path.name != "kinds.polar":
            shutil.copy(path, tmp_path)

    with pytest.raises(PolicyError, match="No never_kind rule says whom PRICE is hidden from"):
        server.load_policy(tmp_path)


def test_filter_needs_a_guard_of_its_own_kind_A16() -> None:
    """A guard with another kind than the column hides something else."""
    policy: Policy = server.load_policy()
    by_number = Narrowing("Port", "the filter fee", "monthly_rate", frozenset({Kind.PHONE}))

    assert [
        "Port: the filter fee reveals PHONE, but is guarded by monthly_rate, which doesn't have this kind. "
        "Name the field that shows the value."
    ] == list(kind_problems(policy, sites(), [by_number]))


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (
            '# @reason NOT_YOURS\nnever_kind(_viewer: Viewer, "PRIZE");',
            'Unknown kind of sensitive data "PRIZE"',
        ),
        ('never_kind(_viewer: Viewer, "PRICE");', "A never_kind rule needs `# @reason CODE` on the line above it"),
        ('exempt("Port", "name", "PRICE");', "An exemption needs a comment above it that gives the reason"),
        ('# Why.\nexempt("Port", "name");', 'Write the exemption as `exempt("TYPE", "FIELD", "KIND");`'),
        ('# Why.\nexempt("Port", "name", "PRIZE");', 'Unknown kind of sensitive data "PRIZE"'),
    ],
)
def test_invalid_kind_rule_is_rejected(text: str, problem: str, tmp_path: Path) -> None:
    """Kinds are a closed list, kind rules need a reason, and exemptions need a comment."""
    (tmp_path / "kinds.polar").write_text(text)

    with pytest.raises(PolicyError) as refused:
        Policy.load(tmp_path, CATALOGUE)

    assert problem in str(refused.value)
