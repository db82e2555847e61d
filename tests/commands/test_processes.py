"""`crossgate serve --processes`: several processes share a port, and a restart or a killed process loses no accepted request."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any, Final

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families as parse

from models.database import connect
from models.embedded import Embedded
from resolvers.reading.viewers import find_member
from tests import databases, plain_http
from tests.client import HIDDEN, SHOWN
from tests.commands.process import COMMAND, ROOT, environment, run_subprocess
from tests.free_port import free_port
from tests.transport.test_reload import HIDE_PRICES
from tests.transport.test_sse import events, open_event_stream
from transport.authentication.tokens import Tokens

PATIENCE: Final = 60  # seconds for processes to start or stop
PAUSE: Final = 0.01  # seconds between two requests of a client, so that starting processes get some time
QUERY: Final = {"query": "{ __typename }"}


LIMITS: Final = {"CROSSGATE_COST_PER_VIEWER": "3000", "CROSSGATE_MAX_SUBSCRIPTIONS_PER_VIEWER": "1"}
FOLLOW: Final = "subscription { portUpdated { name } }"
PORT: Final = {"query": "{ ports(first: 1) { nodes { id version } } }"}
COSTLY: Final = {"query": "{ a: ports(first: 1000) { nodes { id } } b: ports(first: 1000) { nodes { id } } }"}
RENAME: Final = """
    mutation ($id: ID!, $version: Int!) { updatePort(input: {id: $id, version: $version, name: "Renamed"}) { userErrors { code } } }
"""


class Gateway:
    """A gateway of two processes, and what it has logged."""

    def __init__(self, root: Path, data_dir: Path, url: str) -> None:
        """Start it from a copy of the code, whose policy can be changed."""
        self.root = root
        self.data_dir = data_dir
        self.metrics_port = free_port()
        self.lines: list[dict[str, Any]] = []
        self.process = subprocess.Popen(
            [*COMMAND, "serve", "--port", "0", "--processes", "2"],
            cwd=root,
            env={**environment(data_dir, url), **LIMITS, "CROSSGATE_METRICS_PORT": str(self.metrics_port)},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        self._reading = threading.Thread(target=self._read, daemon=True)
        self._reading.start()
        self.wait(lambda: 3 == len(self.of("process.ready")))  # two that answer, and one for metrics
        self.url = f"http://127.0.0.1:{self.of('gateway.listening')[0]['port']}"

    def _read(self) -> None:
        assert self.process.stderr
        with self.process.stderr as log:
            for line in log:
                if line.startswith("{"):
                    self.lines.append(json.loads(line))

    def stop(self) -> int:
        """Stop it, and return its exit code once its whole log has been read."""
        self.process.terminate()
        code = self.process.wait(PATIENCE)
        self._reading.join(PATIENCE)
        return code

    def of(self, event: str) -> list[dict[str, Any]]:
        """Return the lines of an event."""
        return [line for line in list(self.lines) if line["event"] == event]

    def serving(self) -> list[int]:
        """Return the IDs of the processes that answer requests."""
        ended = {line["pid"] for line in [*self.of("process.stopped"), *self.of("process.died")]}
        return [line["pid"] for line in self.of("process.ready") if line["pid"] not in ended and line["slot"] < 2]

    def versions(self) -> list[str]:
        """Return the version of the policy that is in force in each process."""
        found = []
        for pid in self.serving():
            with self.only(pid):
                found.append(plain_http.get(f"{self.url}/readyz", timeout=PATIENCE).json()["policy"])
        return found

    def append_to_policy(self, text: str) -> None:
        """Append to the policy's file about ports."""
        with (self.root / "policies" / "port.polar").open("a", encoding="utf-8") as file:
            file.write(text)

    def sample(self, name: str, **labels: str) -> float:
        """Return a number of the metrics; 0 if it isn't there yet."""
        text = plain_http.get(f"http://127.0.0.1:{self.metrics_port}/metrics", timeout=PATIENCE).text
        samples = [sample for family in parse(text) for sample in family.samples]
        return sum(sample.value for sample in samples if (sample.name, sample.labels) == (name, labels))

    @contextmanager
    def only(self, pid: int) -> Iterator[None]:
        """Freeze all other processes during the block, so that this one answers."""
        others = [other for other in self.serving() if other != pid]
        for other in others:
            os.kill(other, signal.SIGSTOP)
        try:
            self.wait(lambda: all(") T " in Path(f"/proc/{other}/stat").read_text() for other in others))
            yield
        finally:
            for other in others:
                os.kill(other, signal.SIGCONT)

    def wait_for_samples(self) -> None:
        """Wait until each process has written its metrics once more."""
        name = "crossgate_event_loop_delay_seconds_count"  # grows by one in each process and second
        before = self.sample(name)
        self.wait(lambda: before + 4 <= self.sample(name))

    def wait(self, condition: Callable[[], bool]) -> None:
        """Wait until something is the case, such as a line of the log."""
        end = time.monotonic() + PATIENCE
        while not condition():
            assert time.monotonic() < end, self.lines[-20:]
            assert self.process.poll() is None, self.lines[-20:]
            time.sleep(0.02)


def copied_code(root: Path) -> Path:
    """Make a directory that has the code by links, and a copy of the policy."""
    for path in ROOT.iterdir():
        if path.name != "policies" and not path.name.startswith("."):
            (root / path.name).symlink_to(path)
    shutil.copytree(ROOT / "policies", root / "policies", ignore=shutil.ignore_patterns("__pycache__"))
    return root


@pytest.fixture(scope="module")
async def market_url(postgres: Embedded, demo: str) -> AsyncIterator[str]:
    """The URL of a sample market of this module."""
    async with databases.copied(postgres, demo) as url:
        yield url


@pytest.fixture(scope="module")
def gateway(market_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """The gateway of all tests here. It stops cleanly, with both of its processes."""
    gateway = Gateway(copied_code(tmp_path_factory.mktemp("code")), tmp_path_factory.mktemp("data"), market_url)
    yield gateway
    assert 0 == gateway.stop()
    ends = ("process.stopped", "process.died", "process.not_started")
    stopped = {line["pid"] for event in ends for line in gateway.of(event)}
    assert {line["pid"] for line in gateway.of("process.started")} == stopped


@pytest.fixture(scope="module")
async def tokens(gateway: Gateway, market_url: str) -> dict[str, str]:
    """A token for each user of these tests."""
    engine, issuer = connect(market_url), Tokens.load(gateway.data_dir / "signing-key.pem")
    members = {email: await find_member(engine, email) for email in (SHOWN, HIDDEN)}
    await engine.dispose()
    return {email: issuer.issue(member.user_id, member.membership_id, 600) for email, member in members.items() if member}


def ask(gateway: Gateway, token: str, body: Mapping[str, Any]) -> httpx.Response:
    """Send an operation over a connection of its own."""
    headers = {"Authorization": f"Bearer {token}"}
    return plain_http.post(f"{gateway.url}/graphql", json=body, headers=headers, timeout=PATIENCE)


@asynccontextmanager
async def following(gateway: Gateway, token: str) -> AsyncIterator[AsyncIterator[tuple[str, Any]]]:
    """Subscribe during the block. Yields the events."""
    async with open_event_stream(f"{gateway.url}/graphql", FOLLOW, token) as response:
        yield events(response)


@contextmanager
def under_load(url: str) -> Iterator[list[int | str]]:
    """Send requests during the block, on kept connections and on new ones. Yields the statuses, and errors as text."""
    stop, found = threading.Event(), list[int | str]()

    def send(client: httpx.Client) -> None:
        try:
            found.append(client.post(f"{url}/graphql", json=QUERY).status_code)
        except httpx.HTTPError as error:
            found.append(repr(error))

    def keep() -> None:
        with plain_http.sync_client() as client:
            while not stop.wait(PAUSE):
                send(client)

    def renew() -> None:
        while not stop.wait(PAUSE):
            with plain_http.sync_client() as client:
                send(client)

    with ThreadPoolExecutor(4) as threads:
        running = [threads.submit(work) for work in (keep, keep, renew, renew)]
        try:
            yield found
        finally:
            stop.set()
            for each in running:
                each.result()


def test_restart_replaces_all_processes_and_loses_no_request(gateway: Gateway) -> None:
    """SIGHUP replaces one after the other with the new policy. All requests are answered meanwhile, and the metrics count them."""
    before, counts = {line["pid"] for line in gateway.of("process.ready")}, []
    old = gateway.versions()  # one response of each process
    gateway.append_to_policy(HIDE_PRICES)
    with under_load(gateway.url) as answers:
        gateway.process.send_signal(signal.SIGHUP)
        while not before <= {line["pid"] for line in gateway.of("process.stopped")}:
            counts.append(gateway.sample("crossgate_responses_total", status="200"))
            time.sleep(0.1)
    gateway.wait_for_samples()

    assert len(answers) + len(old) == gateway.sample("crossgate_responses_total", status="200")
    assert {200} == set(answers)
    assert 100 < len(answers)
    assert sorted(counts) == counts
    new = gateway.versions()
    assert (old[0], new[0]) == (old[1], new[1])
    assert old[0] != new[0]
    assert 3 == len({line["pid"] for line in gateway.of("process.ready")} - before)


async def test_killed_process_is_replaced(gateway: Gateway, tokens: Mapping[str, str]) -> None:
    """The other one answers meanwhile. What was open in the killed process no longer counts; what it has counted does."""
    count, (victim, other) = len(gateway.of("process.ready")), gateway.serving()
    async with AsyncExitStack() as stack:
        with gateway.only(victim):
            await stack.enter_async_context(following(gateway, tokens[SHOWN]))
            ask(gateway, tokens[SHOWN], QUERY)
        responses = gateway.sample("crossgate_responses_total", status="200")
        os.kill(victim, signal.SIGKILL)
        gateway.wait(lambda: bool(gateway.of("process.died")))
        with gateway.only(other):
            port = ask(gateway, tokens[SHOWN], PORT).json()["data"]["ports"]["nodes"][0]
            stream = await stack.enter_async_context(following(gateway, tokens[SHOWN]))
            ask(gateway, tokens[SHOWN], {"query": RENAME, "variables": port})
            _, event = await anext(stream)
    gateway.wait(lambda: count < len(gateway.of("process.ready")))

    assert {"portUpdated": {"name": "Renamed"}} == event["data"]
    assert responses <= gateway.sample("crossgate_responses_total", status="200")
    assert [victim] == [line["pid"] for line in gateway.of("process.died")]


def test_quota_holds_for_all_processes(gateway: Gateway, tokens: Mapping[str, str]) -> None:
    """A user who has spent its quota in one process is refused by the other."""
    answers = []
    for pid in gateway.serving():
        with gateway.only(pid):
            answers.append(ask(gateway, tokens[HIDDEN], COSTLY))

    assert [200, 429] == [answer.status_code for answer in answers]
    assert 0 < int(answers[1].headers["Retry-After"]) <= 60


async def test_event_reaches_a_subscriber_of_another_process(gateway: Gateway, tokens: Mapping[str, str]) -> None:
    """A change through one process is sent by the other. The subscription counts in both."""
    first, second = gateway.serving()
    async with AsyncExitStack() as stack:
        with gateway.only(first):
            stream = await stack.enter_async_context(following(gateway, tokens[SHOWN]))
            port = ask(gateway, tokens[SHOWN], PORT).json()["data"]["ports"]["nodes"][0]
        with gateway.only(second):
            async with following(gateway, tokens[SHOWN]) as refused:
                _, refusal = await anext(refused)
            renamed = ask(gateway, tokens[SHOWN], {"query": RENAME, "variables": port}).json()
        _, event = await anext(stream)

    assert {"data": {"updatePort": {"userErrors": []}}} == {"data": renamed["data"]}
    assert {"portUpdated": {"name": "Renamed"}} == event["data"]
    assert "TOO_MANY_SUBSCRIPTIONS" == refusal["errors"][0]["extensions"]["code"]


def test_metrics_are_those_of_all_processes(gateway: Gateway) -> None:
    """Counters and most gauges are sums. What is true of each process is shown once."""
    for pid in gateway.serving():
        with gateway.only(pid):
            for _ in range(3):
                plain_http.post(f"{gateway.url}/graphql", json={"query": "{"}, timeout=PATIENCE)
    gateway.wait(lambda: 6 == gateway.sample("crossgate_errors_total", code="GRAPHQL_PARSE_FAILED"))

    assert 20 == gateway.sample("crossgate_database_connections_limit", access="read")
    assert 1 == gateway.sample("crossgate_change_listener_connected")
    assert [1, 1] == [gateway.sample("crossgate_policy_info", version=version) for version in gateway.versions()]
    assert 1 < gateway.sample("process_cpu_seconds_total")
    assert 2 * 50_000_000 < gateway.sample("process_resident_memory_bytes")
    assert 0 < gateway.sample("crossgate_event_loop_delay_seconds_count")


def test_processes_stay_if_their_replacement_cannot_start(gateway: Gateway) -> None:
    """With a policy that is invalid, SIGHUP replaces nothing, and what works goes on."""
    before, versions = gateway.serving(), gateway.versions()
    gateway.append_to_policy("\nallow(")
    gateway.process.send_signal(signal.SIGHUP)
    gateway.wait(lambda: bool(gateway.of("process.not_started")))
    status = plain_http.post(f"{gateway.url}/graphql", json=QUERY, timeout=PATIENCE).status_code

    assert 200 == status
    assert (before, versions) == (gateway.serving(), gateway.versions())
    assert 1 == len(gateway.of("process.not_started"))


def test_gateway_whose_processes_cannot_start_ends_with_an_error(market_url: str, tmp_path: Path) -> None:
    """If the first processes fail, the command says so without a traceback, and its exit code is 1."""
    (tmp_path / "signing-key.pem").write_text("not a key")
    ended = run_subprocess("serve", "--port", "0", "--processes", "2", data_dir=tmp_path, database_url=market_url)

    assert 1 == ended.returncode
    assert "Traceback" not in ended.stderr
    assert "signing-key.pem" in ended.stderr
    assert ended.stderr.endswith(
        "crossgate: A process of the gateway couldn't start, so the gateway has stopped. The messages above say why.\n"
    )
