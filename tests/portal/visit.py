"""A page object: what a user does with GraphiQL, one method for each action."""

from __future__ import annotations

import asyncio
import json
import re
from typing import Any, Final
from urllib.parse import urlsplit

from playwright.async_api import ConsoleMessage, Error, Locator, Page, Request, Response, Route, WebSocket

ACCEPTANCE: Final = 60  # seconds, enough for a busy machine
ANSWER = """() => {
  const shown = globalThis.__MONACO?.editor.getModels().find((model) => model.uri.path.endsWith("response.json"));
  return shown?.getValue() ?? "";
}"""

QUERY_IS_SHOWN = """(text) => globalThis.__MONACO?.editor.getModels().some(
  (model) => model.uri.path.endsWith("operation.graphql") && model.getValue().includes(text)
)"""

WRITE = """(text) => globalThis.__MONACO?.editor.getModels().filter(
  (model) => model.uri.path.endsWith("operation.graphql")
).forEach((model) => model.setValue(text))"""


def _is_graphql(answer: Response) -> bool:
    return answer.url.endswith("/graphql")


def _is_run(request: Request) -> bool:
    """Whether the execute button sent it. GraphiQL fetches the schema by itself, and once more after its token was refused."""
    return request.url.endswith("/graphql") and "__schema" not in (request.post_data or "")


def _is_schema(answer: Response) -> bool:
    return "__schema" in (answer.request.post_data or "")


def _token(request: Request) -> str | None:
    return request.headers.get("authorization")


def _is_signed(answer: Response) -> bool:
    return _token(answer.request) is not None


class Visit:
    """One window with the page. It records the contacted origins and the console's errors and warnings."""

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self.url = url
        self.origins: set[str] = set()
        self.complaints: list[str] = []
        self.tokens: set[str | None] = {None}  # the visitor's is none
        self.frame_received = asyncio.Event()  # on a socket; its first frame can come before anyone waits for it
        page.on("request", self._requested)
        page.on("websocket", self._opened)
        page.on("console", self._said)
        page.on("pageerror", self._failed)

    async def load(self) -> None:
        await self.page.goto(self.url)
        await self.ready()

    async def reload(self) -> None:
        await self.page.reload()
        await self.ready()

    async def ready(self) -> None:
        """Wait for both editors. Before they have loaded, the execute button does nothing."""
        for name in ("Operation Editor", "Result Window"):
            await self.page.get_by_role("region", name=name).get_by_role("textbox").wait_for()

    @property
    def menu_button(self) -> Locator:
        return self.page.get_by_role("banner").get_by_role("button", name=re.compile("^(Signed in as|Not signed in)"))

    @property
    def hidden_values(self) -> Locator:
        return self.page.get_by_role("status", name="Hidden values")

    async def sign_in(self, email: str) -> None:
        """Choose a viewer, and wait until the page has fetched its schema."""
        async with self.page.expect_response(lambda answer: _is_graphql(answer) and _is_signed(answer)):
            await self.choose(email)

    async def fetched_schema(self, email: str) -> dict[str, Any]:
        """Choose a viewer, and return the schema that the page fetches with the new token."""
        earlier = set(self.tokens)
        async with self.page.expect_response(
            lambda answer: _is_schema(answer) and _token(answer.request) not in earlier
        ) as answered:
            await self.choose(email)
        schema: dict[str, Any] = (await (await answered.value).json())["data"]["__schema"]
        return schema

    async def refuse_next_request(self) -> None:
        """Answer the page's next request with 401 and let later ones through. (Ending the interception at once can lose one.)"""
        statuses = iter([401])

        async def answer(route: Route) -> None:
            status = next(statuses, None)
            await (route.fulfill(status=status, json={"errors": []}) if status else route.continue_())

        await self.page.route("**/graphql", answer)

    async def choose(self, email: str) -> None:
        """Choose a viewer in the menu."""
        await self.menu_button.click()
        await self.page.get_by_role("menuitemradio", name=email).click()

    async def open_tab(self, name: str) -> None:
        """Open a tab, and wait until its query is in the editor."""
        await self.page.get_by_role("tab", name=name).click()
        await self.page.wait_for_function(QUERY_IS_SHOWN, arg=f"query {name} ")

    async def run_query(self) -> dict[str, Any]:
        """Run the tab's query and return its answer. Press the button again if the page was busy and ignored it."""
        play = self.page.get_by_role("button", name="Execute query")
        for patience in (5_000, 10_000, 30_000):
            try:
                async with self.page.expect_request(_is_run, timeout=patience):
                    await play.click()
                break
            except Error:  # the page has sent nothing in that time
                continue
        return await self.answer()

    async def answer(self) -> dict[str, Any]:
        """Return the answer on screen, once there is one."""
        shown = await self.page.wait_for_function(ANSWER)
        answer: dict[str, Any] = json.loads(await shown.json_value())
        return answer

    async def write(self, document: str) -> None:
        """Replace the operation of the tab."""
        await self.page.evaluate(WRITE, document)

    async def follow(self) -> None:
        """Run the tab's subscription. Press the button again until the gateway has accepted it, since a busy page ignores it."""
        play = self.page.get_by_role("button", name="Execute query")
        for patience in (5_000, 10_000, 30_000):
            try:
                async with self.page.expect_websocket(timeout=patience):
                    await play.click()
            except Error:  # no socket was opened in that time
                continue
            async with asyncio.timeout(ACCEPTANCE):
                await self.frame_received.wait()  # the gateway has accepted the token
            return
        raise AssertionError("the page opened no socket")

    async def no_answer(self) -> bool:
        return not await self.page.evaluate(ANSWER)

    def _requested(self, request: Request) -> None:
        self.tokens.add(_token(request))
        scheme, host, *_ = urlsplit(request.url)
        if scheme not in ("data", "blob"):
            self.origins.add(f"{scheme}://{host}")

    def _opened(self, socket: WebSocket) -> None:
        """Record a WebSocket under its gateway's http origin."""
        scheme, host, *_ = urlsplit(socket.url)
        self.origins.add(f"{'https' if scheme == 'wss' else 'http'}://{host}")
        socket.on("framereceived", lambda _frame: self.frame_received.set())

    def _said(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(message.text)

    def _failed(self, error: Error) -> None:
        self.complaints.append(str(error))
