"""`crossgate policy replay`: ask recorded queries again, by two policies, and say what one shows and the other hides.

It counts and names types, fields and shapes, and never tells a value, a variable or an id.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Final
from uuid import UUID

import orjson
import typer
from graphql import GraphQLError, OperationType, get_operation_ast, parse, print_ast, validate
from rich.console import Console
from rich.progress import track

import server
from commands.failure import Failure
from commands.policy.answers import Flip, Outcome, Thing, flips, marked, outcome
from commands.policy.report import Format
from commands.policy.revisions import policies_of
from commands.store import open_database, running_database
from policies.policy import Policy
from policies.shapes import spell
from policies.viewer import ANONYMOUS, Viewer
from resolvers.context import Context, Services
from resolvers.tools.view_as import ViewAsRefused, find_view_as_target
from resolvers.values.identifiers import Identifier
from resolvers.viewer import find_viewer
from schema.extensions.planned_execution import Planning
from schema.schema import make_schema
from settings import Settings
from transport.authentication.tokens import Tokens
from transport.http.request import checked
from transport.logs import configure_logging
from transport.refusal import BadRequest

HEAD: Final = "HEAD"
NODES: Final = "query ($ids: [ID!]!) { nodes(ids: $ids) { id } }"
INVALID: Final = "is no valid query any more"
GONE: Final = "was asked by a viewer who is no more"
REFUSED: Final = "looked as somebody as whom its asker may not look any more"


@dataclass(frozen=True, slots=True)
class Recorded:
    """A recorded query, and its line."""

    line: int
    user_id: UUID | None  # of who sent it
    company_id: UUID | None
    looked_as: str | None  # the global id of a company or a user
    name: str | None
    query: str
    variables: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Seen:
    """For whom a query is asked, and who looks so, if that is somebody else."""

    viewer: Viewer
    asker: Viewer | None = None


@dataclass(slots=True)
class Tally:
    """How often something is decided otherwise, and in how many queries."""

    times: int = 0
    queries: int = 0


@dataclass(slots=True)
class Report:
    """What came of all queries."""

    versions: tuple[str, str]
    queries: int = 0
    viewers: set[Viewer] = field(default_factory=set)
    flips: dict[tuple[Flip, str], Tally] = field(default_factory=dict)
    left_out: list[tuple[int, str]] = field(default_factory=list)

    def add(self, viewer: Viewer, found: Counter[Flip]) -> None:
        """Add what came of one query."""
        self.queries += 1
        self.viewers.add(viewer)
        for flip, times in found.items():
            tally = self.flips.setdefault((flip, spell(viewer.shape)), Tally())
            tally.times += times
            tally.queries += 1


class Side:
    """The gateway by one policy, without a server."""

    def __init__(self, settings: Settings, tokens: Tokens, policy: Policy) -> None:
        self.services: Services = server.make_services(settings, tokens, policy)
        self.schema = make_schema(*([Planning().extension] if settings.planner else []))

    async def seen(self, asker: Viewer, looked_as: str | None) -> Seen | None:
        """As whom an asker sees the market by this policy, None where it may not look so."""
        if looked_as is None:
            return Seen(asker)
        try:
            return Seen(await find_view_as_target(self.services, asker, looked_as), asker)
        except ViewAsRefused:
            return None

    async def ask(self, seen: Seen | None, recorded: Recorded, query: str) -> Outcome:
        """What is answered."""
        if seen is None:
            return outcome(None, (), iter((ViewAsRefused.code,)))
        context = Context(self.services, seen.viewer, asker=seen.asker)
        result: Any = await self.schema.execute(query, recorded.variables, context_value=context, operation_name=recorded.name)
        codes = ((error.extensions or {}).get("code", "an error") for error in result.errors or ())
        return outcome(result.data, context.redactions.entries(result.data), codes)

    async def unreadable(self, seen: Seen | None, things: Iterable[Thing]) -> frozenset[Thing]:
        """Those of the things that are not to be read; none of them where the whole query is refused, which is told by itself."""
        if seen is None:
            return frozenset()
        ids, most = sorted(things, key=lambda thing: thing[1]), self.services.max_page_size
        readable: set[str] = set()
        for start in range(0, len(ids), most):
            context = Context(self.services, seen.viewer, asker=seen.asker)
            asked = {"ids": [key for _, key in ids[start : start + most]]}
            result: Any = await self.schema.execute(NODES, asked, context_value=context)
            readable.update(node["id"] for node in result.data["nodes"] if node is not None)
        return frozenset(thing for thing in ids if thing[1] not in readable)


def replay(
    file: Annotated[Path, typer.Argument(help="What CROSSGATE_RECORD_OPERATIONS has recorded.", exists=True, dir_okay=False)],
    candidate: Annotated[
        str | None,
        typer.Option(
            metavar="DIR|REV", help="The other policy; without it that of the checkout, beside that of its last commit."
        ),
    ] = None,
    format: Annotated[Format, typer.Option(help="How the report is written.")] = Format.TEXT,  # noqa: A002 (the option's name)
) -> None:
    """Ask recorded queries again by the policy in force and by another one; exit with 1 where a viewer sees more, or less."""
    recorded = list(_read(file))
    with ExitStack() as stack:
        now, then = (HEAD, str(server.POLICIES)) if candidate is None else (str(server.POLICIES), candidate)
        policies = [server.load_candidate(stack.enter_context(policies_of(named))) for named in (now, then)]
        settings = stack.enter_context(running_database(Settings.load()))
        configure_logging(settings)
        report = asyncio.run(_replay(settings, policies, recorded))
    typer.echo("\n".join(WRITERS[format](report)))
    raise typer.Exit(1 if report.flips else 0)


def _read(file: Path) -> Iterator[Recorded]:
    """The queries of a file. Raises Failure."""
    for number, line in enumerate(file.read_bytes().splitlines(), start=1):
        try:
            asked = orjson.loads(line)
            who, whom = _who(asked)
            again = checked(asked)
            yield Recorded(number, *who, whom, again.operation_name, again.query, again.variables)
        except (ValueError, TypeError, KeyError, AttributeError, BadRequest):
            raise Failure(f"{file}:{number} is no recorded query.") from None


def _who(asked: dict[str, Any]) -> tuple[tuple[UUID | None, UUID | None], str | None]:
    """The user and the company of who sent a query, and the id of whom it looked as. Raises KeyError, ValueError or TypeError."""
    user, company = (asked[key] and UUID(asked[key]) for key in ("userId", "companyId"))
    if "askerUserId" not in asked:
        return (user, company), None
    whom = Identifier("User", user) if user else Identifier("Company", company)
    return (UUID(asked["askerUserId"]), UUID(asked["askerCompanyId"])), str(whom)


async def _replay(settings: Settings, policies: Iterable[Policy], recorded: list[Recorded]) -> Report:
    tokens = Tokens.load(settings.signing_key_file)
    async with open_database(settings):
        before, after = (Side(settings, tokens, policy) for policy in policies)
        report = Report((before.services.policy.version, after.services.policy.version))
        console = Console(stderr=True)
        try:
            for each in track(recorded, "Asking", console=console, transient=True, disable=not console.is_terminal):
                await _one(before, after, each, report)
        finally:
            await before.services.close()
            await after.services.close()
    return report


async def _one(before: Side, after: Side, recorded: Recorded, report: Report) -> None:
    asker = await _asker(before.services, recorded)
    query = _marked(before, recorded)
    if asker is None or query is None:
        report.left_out.append((recorded.line, INVALID if query is None else GONE))
        return
    was, is_now = [await side.seen(asker, recorded.looked_as) for side in (before, after)]
    seen = was or is_now
    if seen is None:
        report.left_out.append((recorded.line, REFUSED))
        return
    old, new = await before.ask(was, recorded, query), await after.ask(is_now, recorded, query)
    gained = await before.unreadable(was, new.things - old.things)
    lost = await after.unreadable(is_now, old.things - new.things)
    report.add(seen.viewer, flips(old, new, gained, lost))


async def _asker(services: Services, recorded: Recorded) -> Viewer | None:
    """Who asked, as it stands now; None where it can no longer ask."""
    if recorded.user_id is None or recorded.company_id is None:
        return ANONYMOUS if recorded.user_id is recorded.company_id else None
    return await find_viewer(services.reader, recorded.user_id, recorded.company_id)


def _marked(side: Side, recorded: Recorded) -> str | None:
    """The query as it is asked, None if it is no longer valid, or none: a file that somebody has edited changes nothing."""
    schema = side.schema._schema
    try:
        document = parse(recorded.query)
    except GraphQLError:
        return None
    operation = get_operation_ast(document, recorded.name)
    if operation is None or operation.operation is not OperationType.QUERY or validate(schema, document):
        return None
    return print_ast(marked(document, schema))


def _as_text(report: Report) -> Iterator[str]:
    yield _summary(report)
    for (flip, shape), tally in sorted(report.flips.items()):
        yield f"{flip.way}  {flip.what}  {shape}  {tally.times} in {tally.queries} of {report.queries} queries"
    yield from (f"Line {line} {reason}." for line, reason in report.left_out)


def _as_markdown(report: Report) -> Iterator[str]:
    yield _summary(report)
    if report.flips:
        yield from ("", "| | what | viewer | how many | in queries |", "|---|---|---|---|---|")
    for (flip, shape), tally in sorted(report.flips.items()):
        yield f"| {flip.way} | {flip.what} | {shape} | {tally.times} | {tally.queries} |"
    yield from (f"\nLine {line} {reason}." for line, reason in report.left_out)


def _summary(report: Report) -> str:
    asked = f"Queries: {report.queries}, viewers: {len(report.viewers)}, policies: {' and '.join(report.versions)}"
    return f"{asked}; {'decided otherwise:' if report.flips else 'nothing is decided otherwise.'}"


WRITERS: Final[dict[Format, Callable[[Report], Iterator[str]]]] = {Format.TEXT: _as_text, Format.MD: _as_markdown}
