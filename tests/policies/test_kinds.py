"""Sensitive values are hidden by their kind: what is only allowed, and denied to nobody, is refused by name."""

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
from policies.catalogue import CATALOGUE
from policies.errors import PolicyError
from policies.kinds import Narrowing, Site, kind_problems
from policies.policy import Policy
from resolvers.kinds import narrowings
from schema.kinds import problems, sites

ROOT: Final = Path(__file__).parents[2]
LAYERS: Final = ("commands", "models", "policies", "resolvers", "schema", "transport")
MODULES: Final = ("address.py", "email_address.py", "server.py", "settings.py", "worker.py")
Edit = tuple[str, str, str]  # a file, a text in it, and what takes its place

PRICE: Final[tuple[Edit, ...]] = (
    ("resolvers/port.py", "setup_fee: Final", 'discount: Final = Computed(money, ("monthly_rate", "currency"))\nsetup_fee: Final'),
    (
        "schema/port.py",
        "    setup_fee: Money",
        '    discount: Money | None = resolved(port.discount, "Off.")\n    setup_fee: Money',
    ),
    ("policies/port.polar", '"name", "company"', '"discount", "name", "company"'),
)
OTHERS: Final[dict[str, tuple[Edit, ...]]] = {
    "Port: the filter monthly_rate_at_most tells PRICE, and is guarded by name, which doesn't": (
        ("resolvers/reading/filters.py", 'at_most("monthly_rate")', 'Filter("name", at_most("monthly_rate").condition)'),
    ),
    "Port: the order MONTHLY_RATE tells PRICE, and is guarded by no field": (
        (
            "resolvers/reading/filters.py",
            'Order(("currency", "monthly_rate"), "monthly_rate")',
            'Order(("currency", "monthly_rate"))',
        ),
    ),
    "PortFilter.discount: Port has no such filter in FILTERS": (
        (
            "schema/filters.py",
            "    monthly_rate: MoneyRange",
            '    discount: MoneyRange | None = optional("Off.")\n    monthly_rate: MoneyRange',
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
    "Company.billing_address holds EMAIL, and ANONYMOUS can read it": (
        (
            "schema/company.py",
            "    trading_name: str",
            '    billing_address: EmailAddress | None = column("Where to write.", "legal_name")\n    trading_name: str',
        ),
        ("schema/company.py", "import strawberry\n", "import strawberry\nfrom schema.building.scalars import EmailAddress\n"),
        ("policies/company.polar", '"trading_name", "company_type"', '"billing_address", "trading_name", "company_type"'),
    ),
    "Viewer.spend holds PRICE, and ANONYMOUS can read it": (
        (
            "schema/viewer.py",
            "    unread_notifications: int",
            '    spend: int = resolved(viewer.unread_notifications, "All.")\n    unread_notifications: int',
        ),
    ),
    "location.site_phone looks like PHONE: declare it with a type of models/kinds.py": (
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
    "Port.name needs no exemption from PRICE: remove it": (
        ("policies/kinds.polar", "# Users read", '# No reason.\nexempt("Port", "name", "PRICE");\n\n# Users read'),
    ),
}


def scratch(directory: Path, *edits: Edit) -> Path:
    """A copy of the gateway's code with some texts replaced."""
    for layer in LAYERS:
        shutil.copytree(ROOT / layer, directory / layer, ignore=shutil.ignore_patterns("__pycache__"))
    for module in MODULES:
        shutil.copy(ROOT / module, directory)
    for file, old, new in edits:
        path = directory / file
        assert old in path.read_text("utf-8"), (file, old)
        path.write_text(path.read_text("utf-8").replace(old, new, 1), "utf-8")
    return directory


def run(directory: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Python over a copy of the code."""
    environment = {**os.environ, "PYTHONPATH": str(directory), "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(
        [sys.executable, *arguments], cwd=directory, env=environment, capture_output=True, text=True, check=False
    )


@pytest.fixture(scope="module")
def with_a_price(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy in which Port has a field of type Money that is allowed and forgotten in the denials."""
    return scratch(tmp_path_factory.mktemp("price"), *PRICE)


def test_the_start_refuses_a_price_that_is_only_allowed_R121_V23(with_a_price: Path) -> None:
    """The refusal names the field, a viewer who reads it, the rule it breaks, and the rule to add."""
    done = run(with_a_price, "-c", "import server; server.load_policy()")

    assert 0 != done.returncode
    assert (
        "Port.discount holds PRICE, and MANAGED+by=PARTNER can read it. kinds.polar:6: A managed account sees no price"
        in done.stderr
    )
    assert (
        "Port.discount holds PRICE, and DIRECT can read it. kinds.polar:10: Prices are for the roles that read them."
        in done.stderr
    )
    assert (
        '  Add to port.polar, or exempt it, with a reason: exempt("Port", "discount", "PRICE");\n'
        "    # @reason HIDDEN_BY_PARTNER\n"
        '    deny_field(viewer: Viewer, "read", _row: Port, "discount") if managed(viewer) and not viewer.pricing_shown;\n'
    ) in done.stderr


def test_check_and_prove_refuse_a_price_that_is_only_allowed_R121(with_a_price: Path) -> None:
    """`policy check` finds the field; `policy prove` finds a viewer and a row, by kind and not by name."""
    checked = run(with_a_price, "-m", "commands", "policy", "check")
    proven = run(with_a_price, "-m", "commands", "policy", "prove", "--file", "kinds.polar")

    assert (True, True) == (checked.returncode != 0, "Port.discount holds PRICE" in checked.stderr)
    assert 1 == proven.returncode
    assert "REFUTED kinds.polar:6: A managed account sees no price" in proven.stdout
    assert "  read discount is allowed, for MANAGED" in proven.stdout


def test_the_start_takes_the_rules_that_it_proposes(with_a_price: Path, tmp_path: Path) -> None:
    """With the two rules of the refusal the field is hidden, and the gateway starts."""
    refusal = run(with_a_price, "-c", "import server; server.load_policy()").stderr.splitlines()
    rules = [f"{reason}\n{rule}" for reason, rule in pairwise(refusal) if rule.startswith("    deny_field")]
    mended = scratch(
        tmp_path / "mended", *PRICE, ("policies/port.polar", "# Prices are for", "\n".join([*rules, "\n# Prices are for"]))
    )

    done = run(mended, "-c", "import server; server.load_policy()")

    assert (2, 0, "") == (len(rules), done.returncode, done.stderr)


def test_every_other_way_out_is_refused_by_name_A16_V22(tmp_path: Path) -> None:
    """Filters, orders, aggregates, values inside values, addresses, telephone numbers, mails, files, and idle exemptions."""
    copy = scratch(tmp_path / "copy", *(edit for edits in OTHERS.values() for edit in edits))

    done = run(copy, "-c", "import server; server.load_policy()")

    assert [] == [message for message in OTHERS if message not in done.stderr]


def test_the_gateway_shows_no_kind_to_anybody_else() -> None:
    """Today nothing is found, and each price, address and number of the schema is among what is looked at."""
    assert [] == list(problems(server.load_policy()))
    assert {Kind.PRICE: 11, Kind.EMAIL: 5, Kind.PERSONAL_EMAIL: 1, Kind.PHONE: 2} == {
        kind: found for kind in Kind if (found := sum(kind in site.kinds for site in sites()))
    }


def test_an_unguarded_field_of_the_root_is_refused() -> None:
    """A price that no rule and no ability guards is shown to everybody."""
    found = list(
        kind_problems(server.load_policy(), [*sites(), Site("Query", "spot_price", frozenset({Kind.PRICE}))], narrowings())
    )

    assert ["Query.spot_price holds PRICE"] * 2 == [message.partition(",")[0] for message in found]
    assert all("Guard it with an ability" in message for message in found)


def test_a_kind_without_a_rule_is_refused(tmp_path: Path) -> None:
    """A policy that says nothing of a kind hides it from nobody, so it can't be loaded with such a field."""
    for path in server.POLICIES.glob("*.polar"):
        if path.name != "kinds.polar":
            shutil.copy(path, tmp_path)

    with pytest.raises(PolicyError, match="no never_kind rule says from whom PRICE is hidden"):
        server.load_policy(tmp_path)


def test_a_filter_needs_a_guard_of_its_own_kind_A16() -> None:
    """A guard that has another kind than the column hides something else."""
    policy: Policy = server.load_policy()
    by_number = Narrowing("Port", "the filter fee", "monthly_rate", frozenset({Kind.PHONE}))

    assert [
        "Port: the filter fee tells PHONE, and is guarded by monthly_rate, which doesn't: name the field that shows it"
    ] == list(kind_problems(policy, sites(), [by_number]))


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (
            '# @reason NOT_YOURS\nnever_kind(_viewer: Viewer, "PRIZE");',
            'unknown kind of sensitive data "PRIZE"',
        ),
        ('never_kind(_viewer: Viewer, "PRICE");', "a never_kind rule needs its `# @reason CODE`"),
        ('exempt("Port", "name", "PRICE");', "an exemption needs its reason as a comment above it"),
        ('# Why.\nexempt("Port", "name");', 'write `exempt("TYPE", "FIELD", "KIND");`'),
        ('# Why.\nexempt("Port", "name", "PRIZE");', 'unknown kind of sensitive data "PRIZE"'),
    ],
)
def test_a_rule_of_a_kind_that_does_not_exist_is_refused(text: str, problem: str, tmp_path: Path) -> None:
    """Kinds are a closed list, rules of kinds have a reason for redactions, and exemptions say why."""
    (tmp_path / "kinds.polar").write_text(text)

    with pytest.raises(PolicyError) as refused:
        Policy.load(tmp_path, CATALOGUE)

    assert problem in str(refused.value)
