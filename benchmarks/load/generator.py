"""`python -m benchmarks.load.generator`: reads jobs from standard input, one per line, and writes an outcome for each.

It's a closed loop over raw sockets. A response is only read up to its end, so that the load uses little of the core that it
shares with PostgreSQL. All responses to a request must have the length of the first one.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from functools import partial
from typing import Final, cast

import uvloop

from benchmarks.load.job import COUNTED, Job, outcome

END_OF_HEAD: Final = b"\r\n\r\n"
LENGTH: Final = b"content-length:"
CHUNKED: Final = b"transfer-encoding: chunked"
END_OF_CHUNKS: Final = b"\r\n0\r\n\r\n"  # no chunk contains it: JSON has no line breaks in strings
WITHOUT_DATA: Final = (b'{"data":null', b'{"errors"')  # how a refusal begins, whatever its status
PATIENCE: Final = 60  # seconds until an unfinished job fails


class Refused(Exception):
    """An invalid response: a status other than 200, a length other than the first, other content, or a closed connection."""


class Run:
    """A running job, shared by its connections."""

    def __init__(self, job: Job) -> None:
        self.containing = job.containing.encode()
        self.latencies: list[int] = []  # nanoseconds
        self.first_bytes: list[int] = []  # nanoseconds until the first byte of a response
        self.answer_bytes = 0
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.begin = time.perf_counter_ns()
        self._deadline = self.begin + int(job.seconds * 1e9)
        self._at_least = job.at_least
        self._open = job.connections

    def answered(self, started: int, began: int, now: int, size: int) -> bool:
        """Record a response. Returns True if another request should be sent. Raises Refused."""
        self.latencies.append(now - started)
        self.first_bytes.append(began - started)
        if size != (self.answer_bytes or size):
            raise Refused(f"an answer of {size} bytes after one of {self.answer_bytes}")
        self.answer_bytes = size
        if now < self._deadline or len(self.latencies) < self._at_least:
            return True
        self._open -= 1
        if not self._open and not self.done.done():
            self.done.set_result(None)
        return False

    def fail(self, error: Exception) -> None:
        """Fail the job with an error."""
        if not self.done.done():
            self.done.set_exception(error)


class Client(asyncio.Protocol):
    """One connection: sends the request, waits for the whole response, and repeats."""

    def __init__(self, run: Run, request: bytes) -> None:
        self._run = run
        self._request = request
        self._number = COUNTED if str(COUNTED).encode() in request else 0
        self._answer = bytearray()
        self._expected = 0  # length of head and content in bytes; 0 until the head has arrived, and if it comes in chunks
        self._head = 0  # its length; 0 until it has arrived
        self._started = 0
        self._began = 0  # when the response did
        self._transport: asyncio.WriteTransport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Send the first request."""
        self._transport = cast("asyncio.WriteTransport", transport)  # uvloop has its own base classes
        self._ask()

    def data_received(self, data: bytes) -> None:
        """Collect the response. When it's complete, send the next request."""
        self._began = self._began or time.perf_counter_ns()
        self._answer += data
        try:
            if not self._head and not self._read_head():
                return
            if len(self._answer) < self._expected or not (self._expected or self._answer.endswith(END_OF_CHUNKS)):
                return
            if self._answer.startswith(WITHOUT_DATA, self._head) or self._run.containing not in self._answer:
                raise Refused(bytes(self._answer[self._head :][:400]).decode(errors="replace"))
            now, size = time.perf_counter_ns(), self._expected - self._head if self._expected else self._size_of_chunks()
            if self._run.answered(self._started, self._began, now, size):
                self._ask()
            else:
                self._transport.close()
        except Refused as error:
            self._run.fail(error)
            self._transport.close()

    def connection_lost(self, error: Exception | None) -> None:
        """Fail the job if the server closes the connection."""
        if not self._transport.is_closing() or error is not None:
            self._run.fail(Refused(f"the server closed the connection: {error}"))

    def _ask(self) -> None:
        self._answer.clear()
        self._expected = self._head = self._began = 0
        self._started = time.perf_counter_ns()
        self._transport.write(self._request)
        if self._number:
            before, self._number = self._number, self._number + 1
            self._request = self._request.replace(str(before).encode(), str(self._number).encode())

    def _read_head(self) -> bool:
        """Return True once the head has arrived, and with it the response's length. Raises Refused."""
        end = self._answer.find(END_OF_HEAD)
        if end < 0:
            return False
        head = bytes(self._answer[:end]).lower()
        if head[9:12] != b"200" or (LENGTH not in head and CHUNKED not in head):
            raise Refused(bytes(self._answer[:400]).decode(errors="replace"))
        self._head = end + len(END_OF_HEAD)
        if LENGTH in head:
            self._expected = self._head + int(head.partition(LENGTH)[2].partition(b"\r\n")[0])
        return True

    def _size_of_chunks(self) -> int:
        """Return the length of the content of all chunks, in bytes."""
        size, place = 0, self._head
        while length := int(self._answer[place : (end := self._answer.index(b"\r\n", place))], 16):
            size += length
            place = end + 2 + length + 2
        return size


async def perform(job: Job) -> dict[str, object]:
    """Run one job. Returns its outcome or an error."""
    run = Run(job)
    loop = asyncio.get_running_loop()
    try:
        for number in range(job.connections):
            await loop.create_connection(partial(Client, run, job.request(number)), "127.0.0.1", job.port)
        await asyncio.wait_for(run.done, job.seconds + PATIENCE)
    except (OSError, Refused, TimeoutError) as error:
        return {"error": str(error) or f"no answer for {PATIENCE} seconds"}
    return outcome(run.latencies, run.first_bytes, (time.perf_counter_ns() - run.begin) / 1e9, run.answer_bytes)


def main() -> None:
    """Run jobs until standard input ends."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        for line in sys.stdin:
            sys.stdout.write(json.dumps(runner.run(perform(Job(**json.loads(line))))) + "\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
