"""`crossgate policy matrix`: a table of every field and action by class of viewers, for reading and for code reviews."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final

import typer

import server
from commands.failure import Failure
from commands.policy.kinds import NAME as SENSITIVE_DATA
from commands.policy.kinds import sensitive_data
from commands.policy.markdown import markdown
from commands.policy.page import page
from policies.analysis.matrix import Table
from policies.analysis.matrix import matrix as tables_of
from policies.evaluation.policy import Policy

DOCS: Final = Path(__file__).parents[2] / "docs" / "policy"
NAME: Final = "policy-matrix"


class Format(StrEnum):
    """The output format."""

    MD = "md"
    HTML = "html"


WRITERS: Final[dict[Format, Callable[[Iterable[Table]], str]]] = {Format.MD: markdown, Format.HTML: page}


def matrix(
    format: Annotated[Format, typer.Option(help="The output format.")] = Format.MD,  # noqa: A002 (the option's name)
    output: Annotated[Path | None, typer.Option(help="Write all pages to this directory instead of printing.")] = None,
    check: Annotated[bool, typer.Option("--check", help="Write nothing. Fail if docs/policy/ is out of date.")] = False,
) -> None:
    """Print the policy matrix, write it and the page on sensitive data to a directory, or check both pages in docs/policy/."""
    policy = server.load_policy()
    if check:
        _check(_files(policy))
    elif output is not None:
        output.mkdir(parents=True, exist_ok=True)
        for name, text in _files(policy).items():
            (output / name).write_text(text, "utf-8")
    else:
        typer.echo(WRITERS[format](tables_of(policy)), nl=False)


def _files(policy: Policy) -> dict[str, str]:
    """Return the pages of docs/policy/ that are generated from the policy, by file name."""
    tables = tables_of(policy)
    return {SENSITIVE_DATA: sensitive_data(policy), **{f"{NAME}.{ending}": write(tables) for ending, write in WRITERS.items()}}


def _check(files: Mapping[str, str]) -> None:
    """Check the pages in docs/. Raises Failure if one is missing or out of date."""
    paths = {DOCS / name: text for name, text in files.items()}
    outdated = [path.name for path, text in paths.items() if not path.is_file() or path.read_text("utf-8") != text]
    if outdated:
        raise Failure(
            f"Out of date in docs/policy/: {', '.join(outdated)}. If this is intended, update them: "
            "crossgate policy matrix --output docs/policy"
        )
