"""Recorded queries run with two policies, and what one shows and the other hides.

The report has counts and names of types, fields and viewer shapes, and never a value, a variable or an ID.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, NoReturn
from uuid import UUID

import orjson
import typer
from graphql import GraphQLError, OperationType, get_operation_ast, parse, print_ast, validate
from rich.console import Console
from rich.progress import track

import server
from commands.failure import Failure
from commands.policy.answers import DifferenceKind, Node, Outcome, add_ids, count_differences, outcome
from commands.policy.formats import Format
from commands.policy.revisions import policies_of
from commands.store import open_database, running_database
from policies.evaluation.policy import Policy
from policies.evaluation.shapes import format_shape
from policies.viewer import ANONYMOUS, Viewer
from resolvers.context import Context, Services
from resolvers.reading.viewers import find_viewer
from resolvers.tools.view_as import ViewAsRefused, find_view_as_target
from resolvers.values.identifiers import Identifier
from schema.extensions.planned_execution import Planning
from schema.schema import make_schema
from settings import Settings
from transport.authentication.tokens import Tokens
from transport.graphql_request import parse_content
from transport.logs import configure_logging
from transport.refusal import BadRequest

HEAD: Final = "HEAD"
NODES: Final = "query ($ids: [ID!]!) { nodes(ids: $ids) { id } }"
INVALID: Final = "is no longer a valid query"
GONE: Final = "was sent by a viewer that no longer exists"
REFUSED: Final = "used view-as for a target that its sender can no longer view as"


@dataclass(frozen=True, slots=True)
class RecordedQuery:
    """A recorded query and its line number."""

    line: int
    user_id: UUID | None  # of the sender
    company_id: UUID | None
    view_as: str | None  # the global ID of a company or a user
    name: str | None
    query: str
    variables: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Perspective:
    """The viewer that a query runs as, and the requester if they used view-as."""

    viewer: Viewer
    requester: Viewer | None = None


@dataclass(slots=True)
class Tally:
    """How often a difference occurs, and in how many queries."""

    times: int = 0
    queries: int = 0


@dataclass(slots=True)
class Report:
    """The results of all queries."""

    versions: tuple[str, str]
    queries: int = 0
    viewers: set[Viewer] = field(default_factory=set)
    differences: dict[tuple[DifferenceKind, str], Tally] = field(default_factory=dict)
    left_out: list[tuple[int, str]] = field(default_factory=list)

    def add(self, viewer: Viewer, differences: Counter[DifferenceKind]) -> None:
        """Add the differences of one query."""
        self.queries += 1
        self.viewers.add(viewer)
        for kind, times in differences.items():
            tally = self.differences.setdefault((kind, format_shape(viewer.shape)), Tally())
            tally.times += times
            tally.queries += 1


class Side:
    """The gateway with one policy, without a server."""

    def __init__(self, settings: Settings, tokens: Tokens, policy: Policy) -> None:
        self.services: Services = server.make_services(settings, tokens, policy)
        self.schema = make_schema(*([Planning().extension] if settings.planner else []))

    async def perspective(self, requester: Viewer, view_as: str | None) -> Perspective | None:
        """Return the perspective of a request, or None if this policy doesn't allow its view-as."""
        if view_as is None:
            return Perspective(requester)
        try:
            return Perspective(await find_view_as_target(self.services, requester, view_as), requester)
        except ViewAsRefused:
            return None

    async def run(self, perspective: Perspective | None, recorded: RecordedQuery, query: str) -> Outcome:
        """Run a query and return its outcome."""
        if perspective is None:
            return outcome(None, (), iter((ViewAsRefused.code,)))
        context = Context(self.services, perspective.viewer, requester=perspective.requester)
        result: Any = await self.schema.execute(query, recorded.variables, context_value=context, operation_name=recorded.name)
        codes = ((error.extensions or {}).get("code", "an error") for error in result.errors or ())
        return outcome(result.data, context.redactions.entries(result.data), codes)

    async def unreadable(self, perspective: Perspective | None, nodes: Iterable[Node]) -> frozenset[Node]:
        """Return the unreadable ones of these nodes. Empty if the whole query was refused, which is reported separately."""
        if perspective is None:
            return frozenset()
        ordered, page_size = sorted(nodes, key=lambda node: node[1]), self.services.max_page_size
        readable: set[str] = set()
        for start in range(0, len(ordered), page_size):
            context = Context(self.services, perspective.viewer, requester=perspective.requester)
            variables = {"ids": [key for _, key in ordered[start : start + page_size]]}
            result: Any = await self.schema.execute(NODES, variables, context_value=context)
            readable.update(node["id"] for node in result.data["nodes"] if node is not None)
        return frozenset(node for node in ordered if node[1] not in readable)


def replay(file: Path, candidate: str | None, format: Format) -> NoReturn:  # noqa: A002 (the option's name)
    """Run a recording's queries, print the report, and exit with the command's code. Raises Failure."""
    recorded = list(_read(file))
    with ExitStack() as stack:
        before, after = (HEAD, str(server.POLICIES)) if candidate is None else (str(server.POLICIES), candidate)
        policies = [server.load_candidate(stack.enter_context(policies_of(source))) for source in (before, after)]
        settings = stack.enter_context(running_database(Settings.load()))
        configure_logging(settings)
        report = asyncio.run(_replay(settings, policies, recorded))
    typer.echo("\n".join(WRITERS[format](report)))
    raise typer.Exit(1 if report.differences else 0)


def _read(file: Path) -> Iterator[RecordedQuery]:
    """Yield the recorded queries of a file. Raises Failure."""
    for number, line in enumerate(file.read_bytes().splitlines(), start=1):
        try:
            entry = orjson.loads(line)
            sender, view_as = _sender(entry)
            request = parse_content(entry)
            yield RecordedQuery(number, *sender, view_as, request.operation_name, request.query, request.variables)
        except (ValueError, TypeError, KeyError, AttributeError, BadRequest):
            raise Failure(f"{file}:{number} isn't a recorded query.") from None


def _sender(entry: dict[str, Any]) -> tuple[tuple[UUID | None, UUID | None], str | None]:
    """Return the sender's user and company, and the view-as target's ID. Raises KeyError, ValueError or TypeError."""
    user, company = (entry[key] and UUID(entry[key]) for key in ("userId", "companyId"))
    if "askerUserId" not in entry:
        return (user, company), None
    target = Identifier("User", user) if user else Identifier("Company", company)
    return (UUID(entry["askerUserId"]), UUID(entry["askerCompanyId"])), str(target)


async def _replay(settings: Settings, policies: Iterable[Policy], recorded: list[RecordedQuery]) -> Report:
    tokens = Tokens.load(settings.signing_key_file)
    async with open_database(settings):
        before, after = (Side(settings, tokens, policy) for policy in policies)
        report = Report((before.services.policy.version, after.services.policy.version))
        console = Console(stderr=True)
        try:
            for query in track(recorded, "Replaying", console=console, transient=True, disable=not console.is_terminal):
                await _replay_one(before, after, query, report)
        finally:
            await before.services.close()
            await after.services.close()
    return report


async def _replay_one(before: Side, after: Side, recorded: RecordedQuery, report: Report) -> None:
    requester = await _requester(before.services, recorded)
    query = _query_with_ids(before, recorded)
    if requester is None or query is None:
        report.left_out.append((recorded.line, INVALID if query is None else GONE))
        return
    old_view, new_view = [await side.perspective(requester, recorded.view_as) for side in (before, after)]
    perspective = old_view or new_view
    if perspective is None:
        report.left_out.append((recorded.line, REFUSED))
        return
    old, new = await before.run(old_view, recorded, query), await after.run(new_view, recorded, query)
    gained = await before.unreadable(old_view, new.nodes - old.nodes)
    lost = await after.unreadable(new_view, old.nodes - new.nodes)
    report.add(perspective.viewer, count_differences(old, new, gained, lost))


async def _requester(services: Services, recorded: RecordedQuery) -> Viewer | None:
    """Return the sender with its current rights, or None if it no longer exists."""
    if recorded.user_id is None or recorded.company_id is None:
        return ANONYMOUS if recorded.user_id is recorded.company_id else None
    return await find_viewer(services.reader, recorded.user_id, recorded.company_id)


def _query_with_ids(side: Side, recorded: RecordedQuery) -> str | None:
    """Return the query with IDs added, or None if it isn't a valid query: a hand-edited file can't run a mutation."""
    schema = side.schema._schema
    try:
        document = parse(recorded.query)
    except GraphQLError:
        return None
    operation = get_operation_ast(document, recorded.name)
    if operation is None or operation.operation is not OperationType.QUERY or validate(schema, document):
        return None
    return print_ast(add_ids(document, schema))


def _as_text(report: Report) -> Iterator[str]:
    yield _summary(report)
    for (kind, shape), tally in sorted(report.differences.items()):
        yield f"{kind.way}  {kind.what}  {shape}  {tally.times} in {tally.queries} of {report.queries} queries"
    yield from (f"Line {line} {reason}." for line, reason in report.left_out)


def _as_markdown(report: Report) -> Iterator[str]:
    yield _summary(report)
    if report.differences:
        yield from ("", "| | what | viewer | times | queries |", "|---|---|---|---|---|")
    for (kind, shape), tally in sorted(report.differences.items()):
        yield f"| {kind.way} | {kind.what} | {shape} | {tally.times} | {tally.queries} |"
    yield from (f"\nLine {line} {reason}." for line, reason in report.left_out)


def _summary(report: Report) -> str:
    counts = f"Queries: {report.queries}, viewers: {len(report.viewers)}, policies: {' and '.join(report.versions)}"
    return f"{counts}; {'differences:' if report.differences else 'no differences.'}"


WRITERS: Final[dict[Format, Callable[[Report], Iterator[str]]]] = {Format.TEXT: _as_text, Format.MD: _as_markdown}
