"""The HTTP side of the fake provider: routes, records, faults and latency."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from aiohttp import web

from servers.brain import Habits, Said, answer_to
from servers.faults import STATUSES, Fault
from servers.protocols import PROTOCOLS, BadBody, PromptCache, ask_messages

DELIVERED = ("answered", "empty", "refusal", "content_filter", "length")
"""Outcomes that were a whole answer, paid for."""

HTML = "<html><body><h1>502 Bad Gateway</h1></body></html>"


@dataclass
class Settings(Habits):
    """Everything settable. `keys` and `models` of None accept any; above `capacity` requests in flight it answers 429.

    So many next replies to a new batch get lost as `lost_creations` says (the batch is made). `is_down` breaks every connection but those of the control.
    """

    latency_s: float = 0.0
    keys: list[str] | None = None
    models: list[str] | None = None
    capacity: int | None = None
    retry_after_s: float | None = None
    headers: dict[str, str] = field(default_factory=dict)
    log_path: str | None = None
    batch_polls: int = 1
    lost_creations: int = 0
    hang_s: float = 3600.0
    is_down: bool = False


class State:
    """What the server knows: settings, the plan, the log of requests, the prompt cache."""

    def __init__(self, settings: dict[str, Any], faults: list[Fault]) -> None:
        self.settings = Settings(**settings)
        self.plan = list(faults)
        self.clear()

    def clear(self) -> None:
        self.log: list[dict[str, Any]] = []
        self.ordinal = self.in_flight = self.max_in_flight = 0
        self.tries: Counter[str] = Counter()
        self.answered: Counter[str] = Counter()
        self.cache = PromptCache()
        self.files: dict[str, dict[str, Any]] = {}
        self.batches: dict[str, dict[str, Any]] = {}

    def change(self, settings: dict[str, Any]) -> None:
        known = {f.name for f in fields(Settings)}
        for name, value in settings.items():
            if name not in known:
                raise web.HTTPBadRequest(text=f"unknown setting {name}")
            setattr(self.settings, name, value)

    def replan(self, faults: list[dict[str, Any]]) -> None:
        self.plan, self.ordinal = [Fault(**fault) for fault in faults], 0
        self.tries.clear()

    def seen(self, path: str, body: dict[str, Any], *, is_batch: bool = False) -> dict[str, Any]:
        """Put one request on record; a batch's items have no ordinal of their own kind of try."""
        text = json.dumps(body, sort_keys=True, ensure_ascii=False)
        digest = hashlib.sha256(text.encode()).hexdigest()
        self.tries[digest] += 1
        if not is_batch:
            self.ordinal += 1
        return {
            "ordinal": self.ordinal,
            "try": self.tries[digest],
            "path": path,
            "digest": digest,
            "model": body.get("model"),
            "seed": body.get("seed"),
            "text": text,
            "body": body,
            "is_batch": is_batch,
            "outcome": "in flight",
            "status": None,
        }

    def ended(self, record: dict[str, Any], outcome: str, status: int | None) -> None:
        record["outcome"], record["status"] = outcome, status
        if self.settings.log_path:
            line = {k: v for k, v in record.items() if k != "body"}
            with Path(self.settings.log_path).open("a", encoding="utf-8") as file:
                file.write(json.dumps(line) + "\n")

    def counts(self) -> dict[str, Any]:
        outcomes = Counter(r["outcome"] for r in self.log)
        live = [r for r in self.log if not r["is_batch"]]
        delivered = Counter(r["digest"] for r in self.log if r["outcome"] in DELIVERED)
        return {
            "asked": len(self.log),
            "live": len(live),
            "answered": outcomes["answered"],
            "delivered": delivered.total(),
            "failed": len(self.log) - outcomes["answered"] - outcomes["in flight"],
            "in_flight": self.in_flight,
            "max_in_flight": self.max_in_flight,
            "by_outcome": dict(outcomes),
            "by_path": dict(Counter(r["path"] for r in self.log)),
            "batch_items": len(self.log) - len(live),
            "batches": len(self.batches),
            "most_answers_to_one_body": max(delivered.values(), default=0),
        }

    def fault_for(self, record: dict[str, Any], kinds: tuple[str, ...] | None = None) -> Fault | None:
        """Return the first planned fault that strikes; `kinds` keeps batch faults apart from live ones."""
        for fault in self.plan:
            is_batch = fault.kind.startswith(("item_", "batch_"))
            fits = not is_batch if kinds is None else fault.kind in kinds
            if fits and fault.strikes(record):
                return fault
        return None

    def answer(self, path: str, body: dict[str, Any], *, version: str = "", fault: str | None = None) -> dict[str, Any]:
        """Return the body of an answer; raises BadBody for what the real provider would refuse."""
        ask, say = PROTOCOLS[path]
        asked = ask(body, version or "2026-10-21") if ask is ask_messages else ask(body)
        key = hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()
        draw = asked.seed if asked.seed is not None else self.answered[key]
        self.answered[key] += 1
        said = _faulty(answer_to(asked, draw, self.settings), fault)
        usage, prefixes = self.cache.lookup(body, asked)
        self.cache.kept.update(prefixes)
        reply = say(body, asked, said, usage, draw)
        if fault == "no_choices":
            reply.update({"choices": []} if "choices" in reply else {"content": [], "output": []})
        return reply


def _faulty(said: Said, fault: str | None) -> Said:
    if fault in ("refusal", "content_filter"):
        return Said("I cannot help with that.", fault, None, [], 6, 0)
    if fault == "empty":
        return Said("", "stop", None, [], 1, 0)
    return (
        Said(said.text[: len(said.text) // 2], "length", said.reasoning, [], said.output_tokens)
        if fault == "length"
        else said
    )


def error_body(path: str, status: int, message: str) -> dict[str, Any]:
    """Return an error as the provider of `path` words it."""
    if "messages" in path:
        kinds = {
            400: "invalid_request_error",
            401: "authentication_error",
            402: "billing_error",
            403: "permission_error",
        }
        kinds |= {404: "not_found_error", 413: "request_too_large", 429: "rate_limit_error", 529: "overloaded_error"}
        inner = {"type": kinds.get(status, "api_error"), "message": message}
        return {"type": "error", "error": inner, "request_id": "req_fake"}
    kind = "invalid_request_error" if status < 429 else "server_error"
    code = {401: "invalid_api_key", 404: "model_not_found", 429: "rate_limit_exceeded"}.get(status)
    return {"error": {"message": message, "type": kind, "param": None, "code": code}}


def failure(path: str, status: int, message: str, *, retry_after_s: float | None = None) -> web.Response:
    headers = {} if retry_after_s is None else {"retry-after": f"{retry_after_s:g}"}
    return web.json_response(error_body(path, status, message), status=status, headers=headers)


class App:
    """The routes of one server over its state."""

    def __init__(self, state: State) -> None:
        self.state = state

    async def model(self, request: web.Request) -> web.StreamResponse:
        """Answer one live request, or fail as planned."""
        state, path = self.state, request.path
        try:
            body = json.loads(await request.read())
        except ValueError:
            return failure(path, 400, "the body is not JSON")
        record = state.seen(path, body)
        state.log.append(record)
        state.in_flight += 1
        state.max_in_flight = max(state.max_in_flight, state.in_flight)
        outcome, status = "gone", None
        try:
            fault = state.fault_for(record)
            reply = await self._reply(request, record, fault)
            status = reply.status
            if status != 200:
                outcome = f"http {status}"
            elif request.transport is not None and not request.transport.is_closing():
                outcome = fault.kind if fault else "answered"
            elif fault:
                outcome = fault.kind
            return reply
        finally:
            state.in_flight -= 1
            state.ended(record, outcome, status)

    async def _reply(self, request: web.Request, record: dict[str, Any], fault: Fault | None) -> web.StreamResponse:
        state, settings, path = self.state, self.state.settings, request.path
        refused = self.refused(request, record["body"])
        if refused is not None:
            return refused
        if settings.capacity is not None and state.in_flight > settings.capacity:
            return failure(path, 429, "Rate limit reached: too many in flight", retry_after_s=settings.retry_after_s)
        if fault is not None and fault.kind in STATUSES:
            status = STATUSES[fault.kind]
            message = fault.message or f"planned {fault.kind} for {record['model']}"
            return failure(path, status, message, retry_after_s=fault.retry_after_s)
        if fault is not None and fault.kind == "hang":
            await asyncio.sleep(settings.hang_s)
        if settings.latency_s:
            await asyncio.sleep(settings.latency_s)
        return await self._body(request, record, fault.kind if fault else None)

    async def _body(self, request: web.Request, record: dict[str, Any], kind: str | None) -> web.StreamResponse:
        if kind in ("html", "not_json"):
            text, media = (HTML, "text/html") if kind == "html" else ('{"id": "x", "choices', "application/json")
            return web.Response(text=text, content_type=media)
        if kind == "drop":
            request.transport.abort()
            return web.Response()
        try:
            version = request.headers.get("anthropic-version", "")
            body = self.state.answer(request.path, record["body"], version=version, fault=kind)
        except BadBody as error:
            return failure(request.path, 400, str(error))
        data = json.dumps(body, ensure_ascii=True).encode()
        headers = {"content-type": "application/json", "request-id": body["id"], **self.state.settings.headers}
        if kind == "half_body":
            return await self._half(request, data, headers)
        return web.Response(body=data, headers=headers)

    async def _half(self, request: web.Request, data: bytes, headers: dict[str, str]) -> web.StreamResponse:
        response = web.StreamResponse(headers={**headers, "content-length": str(len(data))})
        await response.prepare(request)
        await response.write(data[: len(data) // 2])
        request.transport.close()
        return response

    def refused(self, request: web.Request, body: dict[str, Any] | None = None) -> web.Response | None:
        """Return the refusal of a wrong key or an unknown model, or None."""
        settings, path = self.state.settings, request.path
        given = request.headers.get("authorization", "").removeprefix("Bearer ")
        if settings.keys is not None and given not in settings.keys:
            return failure(
                path, 401, f"Incorrect API key provided: {given}. You can find your API key in your account."
            )
        model = (body or {}).get("model")
        if body is not None and settings.models is not None and model not in settings.models:
            return failure(path, 404, f"The model `{model}` does not exist or you do not have access to it.")
        return None

    async def models(self, request: web.Request) -> web.Response:
        names = self.state.settings.models or ["fake-model"]
        listed = [{"id": name, "object": "model", "created": 1_790_000_000, "owned_by": "fake"} for name in names]
        return web.json_response({"object": "list", "data": listed})

    async def health(self, request: web.Request) -> web.Response:
        return web.json_response({"status": "ok"})

    async def control(self, request: web.Request) -> web.Response:
        what = request.match_info["what"]
        if request.method == "GET":
            shown = {"requests": lambda: self.state.log, "counts": self.state.counts}[what]()
            return web.json_response(shown)
        body = json.loads(await request.read())
        {"settings": self.state.change, "faults": self.state.replan, "reset": lambda _: self.state.clear()}[what](body)
        return web.json_response({"done": what})


def application(state: State) -> web.Application:
    from servers.batches import Batches

    app, batches = App(state), Batches(state)

    @web.middleware
    async def down(request: web.Request, handler: Any) -> web.StreamResponse:
        if state.settings.is_down and not request.path.startswith("/_control"):
            request.transport.abort()
            return web.Response()
        return await handler(request)

    site = web.Application(client_max_size=512 * 1024 * 1024, middlewares=[down])
    for path in PROTOCOLS:
        site.router.add_post(path, app.model)
    site.router.add_get("/v1/models", app.models)
    site.router.add_get("/health", app.health)
    site.router.add_route("*", "/_control/{what}", app.control)
    batches.add_routes(site, app)
    return site


@contextlib.asynccontextmanager
async def running(port: int, settings: dict[str, Any], faults: list[Fault]) -> AsyncIterator[str]:
    """Serve on a loopback port (0: any free one) until the block ends; gives the URL."""
    runner = web.AppRunner(application(State(settings, faults)), access_log=None, shutdown_timeout=0.2)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", port, backlog=4096)
        await site.start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()
