"""Runs a page: its operations, commands and statements in order, on one database, as its readers would."""

from __future__ import annotations

import argparse
import asyncio
import json
import re
import shlex
from collections.abc import Callable, Coroutine, Iterator, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from string import Template
from typing import Any, Final

import sqlalchemy as sa
from typer.testing import CliRunner

from commands.__main__ import app as crossgate
from models import Mail
from tests.client import POLICY, Client
from tests.docs.pages import ROOT, Block
from tests.event_streams import Following
from tests.pictures import certificate, picture
from tests.rules.identity import CODE

VERSION: Final = "5d0f3c2a9b7e4186"  # the policy version in the pages; the real one changes with every rule
ANY: Final = "…"  # a value that differs between runs
VIEWER: Final = re.compile(r"`([a-z.]+@[a-z.-]+)`|\bvisitor\b")
TOKEN: Final = re.compile(r"\$\(\./crossgate token --development --as (\S+?)\)")
FILES: Final[dict[str, Callable[[], bytes]]] = {
    "@docs/images/sample-logo.png": (ROOT / "docs" / "images" / "sample-logo.png").read_bytes,
    "@photo.jpg": partial(picture, "JPEG"),
    "@certificate.pdf": certificate,
}
CURL: Final = argparse.ArgumentParser("curl", exit_on_error=False)
CURL.add_argument("url")
CURL.add_argument("-s", action="store_true")
CURL.add_argument("-X", dest="method")
CURL.add_argument("-H", dest="headers", action="append", default=[])
CURL.add_argument("-d", "--data-binary", dest="body")


@dataclass
class Reader:
    """A reader who types what a page says. `answer` is the last response, and `output` the last command's output.

    A reader saves files that the page shows with a name, and copies the first ID of a response to where the next variables have "…".
    A `token` there is the code in the latest email. Whoever gets an access token uses it from then on.
    """

    client: Client
    environment: dict[str, str]
    stack: AsyncExitStack
    viewer: str | None = None
    variables: dict[str, Any] = field(default_factory=dict)
    answer: Any = None
    copied: str | None = None
    access_token: str | None = None
    output: str = ""
    following: Following | None = None

    async def run(self, block: Block) -> None:
        """Run a block. Raises AssertionError if its result differs from the page."""
        if block.language != "json":
            self.finish()
        if found := list(VIEWER.finditer(block.before)):
            self.viewer = found[-1][1]
        steps: dict[str, Callable[[Block], Coroutine[Any, Any, None]]] = {
            "csv": self._file,
            "graphql": self._operation,
            "json": self._json,
            "sh": self._commands,
            "sql": self._statements,
            "text": self._printed,
        }
        await steps[block.language](block)

    def finish(self) -> None:
        """Raise AssertionError if the last response has errors that the page doesn't show."""
        assert not self.answer or "errors" not in self.answer, f"the page does not show {json.dumps(self.answer)}"
        self.answer = None

    async def _operation(self, block: Block) -> None:
        if block.code.startswith("subscription"):
            self.following = await self.stack.enter_async_context(self.client.following(self.viewer, block.code))
            return
        self.answer = json.loads((await self.client.send(self.viewer, block.code, self.variables)).body)
        self.variables = {}
        self.copied = first_value(self.answer, "id") or self.copied
        if token := first_value(self.answer, "accessToken"):
            await self._sign_in(token)
        await self.client.app.state.services.audit.flush()

    async def _sign_in(self, token: str) -> None:
        """Use an access token for what its user does next."""
        headers = {"Authorization": f"Bearer {token}"}
        answer = await self.client.http.post("/graphql", json={"query": "{ viewer { user { email } } }"}, headers=headers)
        self.client._tokens[answer.json()["data"]["viewer"]["user"]["email"]] = self.access_token = token

    async def _json(self, block: Block) -> None:
        written = json.loads(block.code)
        if block.role == "variables":
            self.variables = with_copies(written, {"token": await self._code()}, self.copied)
            return
        if block.role == "event":
            assert self.following is not None
            self.answer = await self.following.event()
        expected, actual = completed(written, self.answer), shown(self.answer, written)
        assert expected == actual, f"{json.dumps(actual)} is not {json.dumps(expected)}"
        self.answer = None

    async def _code(self) -> str | None:
        """Return the code in the latest email that has one."""
        query = sa.select(Mail.body).where(Mail.body.contains("code: ")).order_by(Mail.id.desc()).limit(1)
        async with self.client.app.state.services.engine.connect() as connection:
            found = CODE.search(await connection.scalar(query) or "")
        return found and found[1]

    async def _file(self, block: Block) -> None:
        self._saved(block.role).write_text(block.code, "utf-8")

    def _saved(self, name: str) -> Path:
        """Where a file of the page is saved."""
        return Path(self.environment["CROSSGATE_DATA_DIR"]) / name

    async def _commands(self, block: Block) -> None:
        for words in commands(block.code):
            match words:
                case ["curl", *arguments]:
                    await self._curl(arguments)
                case ["./crossgate", *arguments, ">", file]:
                    await asyncio.to_thread(self._crossgate, arguments)
                    assert self.output == (ROOT / file).read_text("utf-8"), f"{file} is out of date"
                case ["./crossgate", *arguments]:
                    await asyncio.to_thread(self._crossgate, arguments)
                case ["export", assignment]:
                    name, _, value = assignment.partition("=")
                    self.environment[name] = (self.access_token or "") if value == ANY else value
                case _:
                    raise AssertionError(f"{words[0]} is not run: mark the block")

    async def _curl(self, arguments: list[str]) -> None:
        options = CURL.parse_args(arguments)
        headers = dict([await self._header(header) for header in options.headers])
        content = FILES[options.body]() if options.body in FILES else options.body
        url = "http://" + options.url.removeprefix("http://")
        headers = {"Content-Type": "application/x-www-form-urlencoded"} | headers if content else headers
        response = await self.client.http.request(
            options.method or ("POST" if content else "GET"), url, content=content, headers=headers
        )
        self.answer = response.json()
        self.copied = first_value(self.answer, "id") or self.copied

    async def _header(self, header: str) -> tuple[str, str]:
        if found := TOKEN.search(header):
            header = header.replace(found[0], await self.client._token(found[1]))
        key, _, value = Template(header).safe_substitute(self.environment).partition(": ")
        return key, value

    def _crossgate(self, arguments: list[str]) -> None:
        arguments = [str(self._saved(word)) if self._saved(word).is_file() else word for word in arguments]
        done = CliRunner().invoke(crossgate, arguments, env=self.environment)
        assert done.exit_code == 0, f"{' '.join(arguments)}: {done.output} {done.exception!r}"
        self.output = done.output

    async def _statements(self, block: Block) -> None:
        async with self.client.app.state.services.reader.connection() as connection:
            await connection.driver.execute(block.code)

    async def _printed(self, block: Block) -> None:
        lines = iter(self.output.splitlines())
        missing = [line for line in block.code.splitlines() if line not in (ANY, "") and line not in lines]
        assert [] == missing, f"{self.output}does not have, in this order, {missing}"


def commands(code: str) -> Iterator[list[str]]:
    """The commands of a shell block, split into words."""
    text = ""
    for line in code.replace("\\\n", " ").splitlines():
        text += line + "\n"
        try:
            words = shlex.split(text, comments=True)
        except ValueError:  # an open quotation
            continue
        text = ""
        if words:
            yield words


def first_value(answer: Any, key: str) -> str | None:
    """Return the first text with a key in a response, if it has one."""
    if isinstance(answer, dict) and isinstance(answer.get(key), str):
        return str(answer[key])
    inside = answer.values() if isinstance(answer, dict) else answer if isinstance(answer, list) else ()
    return next(filter(None, (first_value(value, key) for value in inside)), None)


def with_copies(variables: Any, named: Mapping[str, str | None], copied: str | None) -> Any:
    """Return variables with a named value, or else the copied ID, in place of each "…"."""
    if isinstance(variables, dict):
        return {name: with_copies(value, named, named.get(name, copied)) for name, value in variables.items()}
    return copied if variables == ANY else variables


def completed(written: Any, real: Any) -> Any:
    """A page's text with the real values in place of those that differ between runs."""
    if written in (ANY, VERSION):
        return real if written == ANY else POLICY
    if isinstance(written, dict) and isinstance(real, dict):
        return {key: completed(value, real.get(key)) for key, value in written.items()}
    if isinstance(written, list) and isinstance(real, list) and len(written) == len(real):
        return [completed(*pair) for pair in zip(written, real, strict=True)]
    return written


def shown(answer: Any, written: Any) -> Any:
    """A response as pages show it: without the policy version, unless the page shows that too."""
    if not isinstance(answer, dict) or "policy" in written.get("extensions", {}):
        return answer
    rest = {key: value for key, value in answer.items() if key != "extensions"}
    extensions = {key: value for key, value in answer.get("extensions", {}).items() if key != "policy"}
    return rest | ({"extensions": extensions} if extensions else {})
