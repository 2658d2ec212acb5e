"""A lean model server for races: chat completions over bare asyncio, with delay, failures, a capacity and a log of requests.

Run: python server.py '{"latency_s": 0.5}'; the first line that it prints is its URL. The fake provider of the tests checks
what it is sent and costs several times the CPU: here the server must not be what is measured. It knows sums alone. What is
delivered, in flight and allowed (`capacity`) is counted in answers: a request for n candidates is n. Once `hold_at` answers
are delivered all further ones wait until that is set to 0 again.
"""

from __future__ import annotations

import asyncio
import functools
import hashlib
import json
import random
import re
import sys
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

SUM = re.compile(rb"What is (\d+) \+ (\d+)\?")
RIGHT_SHARE = 0.75


class State:
    """Settings, and what was asked since the last reset."""

    def __init__(self, **settings: Any) -> None:
        self.latency_s, self.error_share, self.capacity, self.is_down, self.jitter = 0.0, 0.0, 0, False, 0.0
        self.hold_at = 0
        self.held: list[Callable[[], None]] = []
        self.change(settings)
        self.reset()

    def change(self, settings: dict[str, Any]) -> None:
        for name, value in settings.items():
            if name not in ("latency_s", "error_share", "capacity", "is_down", "jitter", "hold_at"):
                raise ValueError(name)
            setattr(self, name, value)
        while self.held and not self.hold_at:
            self.held.pop()()

    def reset(self) -> None:
        self.asked = self.delivered = self.failed = self.refused = self.in_flight = self.most_in_flight = 0
        self.by_body: Counter[bytes] = Counter()
        self.by_problem: dict[str, list[float]] = {}
        self.chance = random.Random(0)

    def counts(self) -> dict[str, int]:
        names = ("asked", "delivered", "failed", "refused", "in_flight", "most_in_flight")
        return {**{name: getattr(self, name) for name in names}, "bodies": len(self.by_body)}


class Connection(asyncio.Protocol):
    """One keep-alive connection: requests come one after another, whole by Content-Length."""

    def __init__(self, state: State) -> None:
        self.state, self.buffer, self.transport, self.closes = state, b"", None, False

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        while (end := self.buffer.find(b"\r\n\r\n")) >= 0:
            head = self.buffer[:end]
            found = re.search(rb"(?i)content-length: *(\d+)", head)
            length = int(found[1]) if found else 0
            if len(self.buffer) < end + 4 + length:
                return
            body, self.buffer = self.buffer[end + 4 : end + 4 + length], self.buffer[end + 4 + length :]
            self.closes = re.search(rb"(?i)\r\nconnection: *close", head) is not None
            self.request(head.split(b" ", 2)[1], body)

    def request(self, path: bytes, body: bytes) -> None:
        if path.startswith(b"/_"):
            self.send(200, self.control(path, body))
        elif not path.endswith(b"/chat/completions"):
            self.send(200, {"object": "list", "data": [{"id": "mock-model", "object": "model"}]})
        else:
            self.ask(body)

    def control(self, path: bytes, body: bytes) -> Any:
        if path == b"/_set":
            self.state.change(json.loads(body))
        elif path == b"/_reset":
            self.state.reset()
        elif path == b"/_answers":
            return self.state.by_problem
        return self.state.counts()

    def ask(self, body: bytes) -> None:
        state = self.state
        if state.is_down:
            self.transport.abort()
            return
        state.asked += 1
        asked = json.loads(body)
        answers = asked.get("n") or 1
        if state.capacity and state.in_flight + answers > state.capacity:
            state.refused += 1
            self.fail(429, "Rate limit reached")
            return
        if state.error_share and state.chance.random() < state.error_share:
            self.fail(500, "The server had an error")
            return
        state.in_flight += answers
        state.most_in_flight = max(state.most_in_flight, state.in_flight)
        key = hashlib.sha256(body).digest()
        state.by_body[key] += 1  # taken before the sleep: two equal requests at once get two draws
        latency_s = state.latency_s * (1 + state.jitter * (2 * state.chance.random() - 1))
        asyncio.get_running_loop().call_later(latency_s, self.answer, asked, body, state.by_body[key])

    def fail(self, status: int, message: str) -> None:
        self.state.failed += 1
        self.send(status, {"error": {"message": message, "type": "server_error", "param": None, "code": None}})

    def answer(self, asked: dict[str, Any], body: bytes, draw: int) -> None:
        state = self.state
        if state.hold_at and state.delivered >= state.hold_at:
            state.held.append(functools.partial(self.answer, asked, body, draw))
            return
        choices = [self.choice(asked, body, f"{draw}.{n}", n) for n in range(asked.get("n") or 1)]
        state.in_flight -= len(choices)
        if self.transport.is_closing():
            return
        state.delivered += len(choices)
        if found := SUM.search(body):
            problem = f"{persona_mark(system_of(asked))}: {found[0].decode()}"
            state.by_problem.setdefault(problem, []).extend([time.monotonic()] * len(choices))
        usage = {"prompt_tokens": 80, "completion_tokens": 40, "total_tokens": 120}
        base = {"id": f"c{draw}", "object": "chat.completion", "created": 1790000000, "model": asked["model"]}
        self.send(200, {**base, "choices": choices, "usage": usage})

    def choice(self, asked: dict[str, Any], body: bytes, draw: str, index: int) -> dict[str, Any]:
        prompt = hashlib.sha256(json.dumps(asked["messages"], sort_keys=True).encode()).hexdigest()[:12]
        chance = random.Random(f"{prompt} {asked.get('seed')} {draw}")
        found = SUM.search(body)
        total = int(found[1]) + int(found[2]) if found else 0
        said = total if chance.random() < RIGHT_SHARE else total + chance.randint(1, 9)
        words = " ".join(chance.choices(("carry", "the", "one", "then", "add", "tens", "so", "we", "get"), k=40))
        text = f"{words}. [persona {persona_mark(system_of(asked))}] The answer is \\boxed{{{said}}}\nANSWER: {said}"
        message = {"role": "assistant", "content": text, "refusal": None}
        return {"index": index, "message": message, "finish_reason": "stop", "logprobs": None}

    def send(self, status: int, body: dict[str, Any]) -> None:
        if self.transport.is_closing():
            return
        data = json.dumps(body).encode()
        reason = {200: "OK", 429: "Too Many Requests"}.get(status, "Internal Server Error")
        head = f"HTTP/1.1 {status} {reason}\r\nContent-Type: application/json\r\nContent-Length: {len(data)}\r\n\r\n"
        self.transport.write(head.encode() + data)
        if self.closes:
            self.transport.close()


def system_of(asked: dict[str, Any]) -> str:
    """Return the system prompt of a request, or nothing."""
    return str(next((m["content"] for m in asked["messages"] if m["role"] == "system"), ""))


def persona_mark(system: str) -> str:
    """Return the mark that an answer carries of the system prompt that it was asked with: how that says to answer."""
    found = re.search(r"Answer (\w+)", system)
    return found[1] if found else "none"


async def main() -> None:
    state = State(**json.loads(sys.argv[1] if len(sys.argv) > 1 else "{}"))
    server = await asyncio.get_running_loop().create_server(lambda: Connection(state), "127.0.0.1", 0, backlog=4096)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
