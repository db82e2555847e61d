"""The code's layout: a concept has the same file name in every layer, and imports point downward."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Final, TypeAlias

import server
from models.company import CHECKED, OPEN
from models.concept import snake
from models.offer import EXTENDED, UNEXTENDED
from models.port import ENDED, IN_SERVICE, ORDERED, PLACED
from policies.catalogue import CATALOGUE
from policies.language.syntax import All, Any, Comparison, Constant, Goal, Listing, Negation

ROOT = Path(__file__).parents[1]
WITHOUT_RESOLVERS = {
    "api_key",
    "billing_market",
    "identity_issuer",
    "seller_registration",
    "support_details",
}  # every field is a column
WITHOUT_MODELS = {"dashboard"}  # computed from other types
INSIDE = {  # types whose fields live in the file of the concept that contains them
    "instalment": "offer",
    "invoice_line": "invoice",
    "lead_note": "lead",
    "product_dimension": "product",
    "product_test_account": "product",
    "review_comment": "change_request",
    "offer_buyer": "offer",
    "partner_defaults": "managed_account",
    "offer_dimension": "offer",
    "marketplace_port": "port",
    "provider_type": "marketplace_profile",
    "service_type": "marketplace_profile",
    "webhook_delivery": "webhook_endpoint",
}


def concept(name: str) -> str:
    """Return the concept that a policy type belongs to."""
    return INSIDE.get(name, name)


def test_every_policy_type_has_a_file_in_every_layer() -> None:
    """Each type of the catalogue has a policy, and its concept has a model, a resolver and a schema file with its name."""
    names = {snake(entity.name) for entity in CATALOGUE}
    wanted = {f"policies/{name}.polar" for name in names}
    wanted |= {f"schema/{concept(name)}.py" for name in names}
    wanted |= {f"models/{concept(name)}.py" for name in names if concept(name) not in WITHOUT_MODELS}
    wanted |= {f"resolvers/{concept(name)}.py" for name in names if concept(name) not in WITHOUT_RESOLVERS}

    assert set() == {path for path in wanted if not (ROOT / path).is_file()}


def test_every_policy_file_has_a_type() -> None:
    """Each policy file belongs to a type of the catalogue, to the viewer, or to the kinds of sensitive data."""
    names = {snake(entity.name) for entity in CATALOGUE} | {"viewer", "kinds"}

    assert names == {path.stem for path in (ROOT / "policies").glob("*.polar")}


def test_composition_root_imports_downward() -> None:
    """server.py imports the layers below it but no command. settings.py imports no layer."""
    layers = {"commands", "server", "transport", "schema", "resolvers", "policies", "models", "telemetry"}

    assert set() == {"commands"} & imported(ROOT / "server.py")
    assert set() == layers & imported(ROOT / "settings.py")


def test_only_the_unit_of_work_opens_transactions() -> None:
    """The unit of work rechecks the viewer's rights. The exceptions have no viewer: background tasks, and a first sign-in (V53)."""
    opening = {path.name for path in (ROOT / "resolvers").rglob("*.py") if "transaction" in called(path)}

    assert {"transactions.py", "due_rows.py", "federation.py", "webhooks.py", "writer.py"} == opening


def test_viewer_is_known_for_received_requests_only() -> None:
    """Only `receive_request` creates a `ReceivedRequest`, and no route gets its viewer without one."""
    making = {path.name for path in (ROOT / "transport").rglob("*.py") if "ReceivedRequest" in called(path)}
    loading = {path.name for path in (ROOT / "transport").rglob("*.py") if "_load_viewer" in called(path)}

    assert ({"arrival.py"}, {"bearer.py"}) == (making, loading)


def called(path: Path) -> set[str]:
    """Return the names of all functions that a module calls."""
    calls = [node.func for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)]
    return {
        node.attr if isinstance(node, ast.Attribute) else node.id
        for node in calls
        if isinstance(node, ast.Attribute | ast.Name)
    }


def imported(path: Path) -> set[str]:
    """Return all top-level packages that a module imports."""
    tree = ast.walk(ast.parse(path.read_text()))
    nodes = [node for node in tree if isinstance(node, ast.Import | ast.ImportFrom)]
    names = [node.module or "" if isinstance(node, ast.ImportFrom) else node.names[0].name for node in nodes]
    return {name.partition(".")[0] for name in names}


GROUPS = (ORDERED, PLACED, IN_SERVICE, ENDED, UNEXTENDED, EXTENDED, OPEN, CHECKED)


def test_groups_of_statuses_are_built_by_partition() -> None:
    """No set of statuses is written by hand, because a new status would silently be missing from all of them."""
    layers = ("commands", "models", "policies", "resolvers", "schema", "transport")
    paths = [path for layer in layers for path in (ROOT / layer).rglob("*.py") if not {"demo", "migrations"} & {*path.parts}]

    assert [] == [f"{path.relative_to(ROOT)}:{line}" for path in paths for line in by_hand(ast.parse(path.read_text()))]


def by_hand(tree: ast.Module) -> list[int]:
    """Return the lines of collections with two or more statuses, outside steps and partitions."""
    fine = {id(inner) for node in ast.walk(tree) if is_fine(node) for inner in ast.walk(node)}
    written = [node for node in ast.walk(tree) if isinstance(node, ast.Set | ast.Tuple | ast.List) and id(node) not in fine]
    return [node.lineno for node in written if sum(is_status(each) for each in node.elts) > 1]


def is_fine(node: ast.AST) -> bool:
    """Whether a node is a step of a lifecycle or the group of each status."""
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in {"partition", "Step"}


def is_status(node: ast.expr) -> bool:
    """Whether an expression is a member of an enum whose name ends with Status."""
    return isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id.endswith("Status")


def test_statuses_listed_by_rules_are_a_group_of_the_model() -> None:
    """The statuses that a rule lists are one of the model's groups. Every status is in a group, so no new one is forgotten."""
    statuses = {word for group in GROUPS for word in group}
    policy = server.load_policy()
    listed = [words for rule in policy.rules for words in lists(rule.body) if len(words & statuses) > 1]

    assert listed
    assert [] == [words for words in listed if words not in {frozenset(map(str, group)) for group in GROUPS}]


def lists(goal: Goal | None) -> list[frozenset[str]]:
    """Return the values of each list in a rule's body."""
    match goal:
        case All(goals) | Any(goals):
            return [words for each in goals for words in lists(each)]
        case Negation(_, inner):
            return lists(inner)
        case Comparison(_, "in", _, Listing(_, items)):
            return [frozenset(item.value for item in items if isinstance(item, Constant) and isinstance(item.value, str))]
    return []


SOURCES: Final = ("commands", "models", "policies", "resolvers", "schema", "telemetry", "transport")
MACHINERY: Final = ("auditing", "execution", "files", "notifying", "reading", "tools", "values", "writing")
MAX_FUNCTION_LINES: Final = 60
MAX_NESTING: Final = 3
BLOCKS: Final = ast.If | ast.For | ast.AsyncFor | ast.While | ast.With | ast.AsyncWith | ast.Try | ast.Match
Function: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef


def modules() -> list[Path]:
    """The modules of all layers and the composition roots, without migrations."""
    paths = [path for layer in SOURCES for path in (ROOT / layer).rglob("*.py") if "versions" not in path.parts]
    return [*ROOT.glob("*.py"), *paths]


def nesting(node: ast.AST, depth: int = 0) -> int:
    """How many blocks of a function are nested in one another; `elif` doesn't count."""
    deepest = depth
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, Function | ast.ClassDef):
            is_branch = isinstance(child, BLOCKS) and not (isinstance(node, ast.If) and child in node.orelse)
            deepest = max(deepest, nesting(child, depth + is_branch))
    return deepest


def test_functions_are_short_and_flat() -> None:
    """No function has more than 60 lines, or blocks nested more than three deep."""
    functions = [
        (path, node) for path in modules() for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, Function)
    ]

    assert [] == [
        f"{path.relative_to(ROOT)}:{node.lineno} {node.name}"
        for path, node in functions
        if (node.end_lineno or 0) - node.lineno >= MAX_FUNCTION_LINES or nesting(node) > MAX_NESTING
    ]


def test_machinery_of_resolvers_imports_no_concept() -> None:
    """The shared code that reads, writes and audits concepts imports none of them, except the context in signatures."""
    concepts = {path.stem for path in (ROOT / "resolvers").glob("*.py")} - {"__init__", "context"}
    paths = [path for package in MACHINERY for path in (ROOT / "resolvers" / package).rglob("*.py")]
    imports = [
        (path, node) for path in paths for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.ImportFrom)
    ]

    assert [] == [
        f"{path.relative_to(ROOT)}: {concept}"
        for path, node in imports
        for concept in concepts
        if node.module == f"resolvers.{concept}"
        or (node.module == "resolvers" and concept in {each.name for each in node.names})
    ]
