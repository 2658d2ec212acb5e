"""The batch APIs of the fake provider: OpenAI's files and batches, Anthropic's message batches."""

from __future__ import annotations

import datetime
import json
import time
from typing import Any

from aiohttp import web

from servers.faults import Fault
from servers.protocols import BadBody

MOST_ITEMS = 50_000
MOST_BYTES = 200 * 1024 * 1024


class Batches:
    """Batches end after `batch_polls` looks at them; every item is then answered, or fails as planned."""

    def __init__(self, state: Any) -> None:
        self.state = state

    def add_routes(self, site: web.Application, app: Any) -> None:
        def keyed(handler: Any) -> Any:
            async def checked(request: web.Request) -> web.StreamResponse:
                return app.refused(request) or await handler(request)

            return checked

        router = site.router
        router.add_post("/v1/files", keyed(self.upload))
        router.add_get("/v1/files/{id}/content", keyed(self.content))
        router.add_post("/v1/batches", keyed(self.create))
        router.add_get("/v1/batches", keyed(self.listed))
        router.add_get("/v1/batches/{id}", keyed(self.retrieve))
        router.add_post("/v1/batches/{id}/cancel", keyed(self.cancel))
        router.add_post("/v1/messages/batches", keyed(self.create_messages))
        router.add_get("/v1/messages/batches", keyed(self.listed))
        router.add_get("/v1/messages/batches/{id}", keyed(self.retrieve))
        router.add_get("/v1/messages/batches/{id}/results", keyed(self.results))
        router.add_post("/v1/messages/batches/{id}/cancel", keyed(self.cancel))

    # --- OpenAI -------------------------------------------------------------------------------------------------------

    async def upload(self, request: web.Request) -> web.Response:
        form = await request.post()
        data = form["file"].file.read()
        name = f"file-{len(self.state.files) + 1:06d}"
        if len(data) > MOST_BYTES:
            return _refusal(400, "the file is larger than 200 MB")
        self.state.files[name] = {"data": data, "purpose": form["purpose"], "filename": form["file"].filename}
        return web.json_response(_file(name, self.state.files[name]))

    async def content(self, request: web.Request) -> web.Response:
        file = self.state.files.get(request.match_info["id"])
        return web.Response(body=file["data"]) if file else _refusal(404, "No such File object")

    async def create(self, request: web.Request) -> web.Response:
        body = await request.json()
        file = self.state.files.get(body["input_file_id"])
        if file is None or file["purpose"] != "batch":
            return _refusal(400, "input_file_id is not a file with purpose batch")
        items = [json.loads(line) for line in file["data"].splitlines() if line.strip()]
        problem = _problem([item["custom_id"] for item in items])
        if problem or any(item["url"] != body["endpoint"] or item["method"] != "POST" for item in items):
            return _refusal(400, problem or "an item's url is not the batch's endpoint")
        wanted = [(item["custom_id"], item["body"]) for item in items]
        batch = self._begin("batch", body["endpoint"], wanted, {"input_file_id": body["input_file_id"]})
        batch["metadata"] = body.get("metadata")
        self._maybe_lose(request)
        return web.json_response(_openai_batch(batch))

    # --- Anthropic ----------------------------------------------------------------------------------------------------

    async def create_messages(self, request: web.Request) -> web.Response:
        body = await request.json()
        problem = _problem([item["custom_id"] for item in body["requests"]])
        if problem:
            return _refusal(400, problem, anthropic=True)
        wanted = [(item["custom_id"], item["params"]) for item in body["requests"]]
        batch = self._begin("msgbatch", "/v1/messages", wanted, {})
        batch["version"] = request.headers.get("anthropic-version", "")
        self._maybe_lose(request)
        return web.json_response(self._message_batch(batch, request))

    async def results(self, request: web.Request) -> web.StreamResponse:
        batch = self.state.batches.get(request.match_info["id"])
        if batch is None or not batch["ended"]:
            return _refusal(404, "no results yet", anthropic=True)
        lines = [json.dumps({"custom_id": k, "result": v}) for k, v in reversed(list(batch["results"].items()))]
        return web.Response(text="".join(f"{line}\n" for line in lines), content_type="application/x-jsonl")

    # --- both ---------------------------------------------------------------------------------------------------------

    async def retrieve(self, request: web.Request) -> web.Response:
        batch = self.state.batches.get(request.match_info["id"])
        anthropic = "messages" in request.path
        if batch is None:
            return _refusal(404, "no such batch", anthropic=anthropic)
        batch["polls"] += 1
        if batch["polls"] >= self.state.settings.batch_polls and not batch["ended"]:
            self._end(batch)
        return web.json_response(self._message_batch(batch, request) if anthropic else _openai_batch(batch))

    async def listed(self, request: web.Request) -> web.Response:
        anthropic = "messages" in request.path
        found = [b for b in self.state.batches.values() if (b["kind"] == "msgbatch") == anthropic]
        shown = [self._message_batch(b, request) if anthropic else _openai_batch(b) for b in reversed(found)]
        return web.json_response({"object": "list", "data": shown, "has_more": False})

    async def cancel(self, request: web.Request) -> web.Response:
        batch = self.state.batches.get(request.match_info["id"])
        if batch is None:
            return _refusal(404, "no such batch", anthropic="messages" in request.path)
        batch["cancelled"] = True
        self._end(batch)
        return await self.retrieve(request)

    def _maybe_lose(self, request: web.Request) -> None:
        if self.state.settings.lost_creations > 0:
            self.state.settings.lost_creations -= 1
            request.transport.abort()

    def _begin(self, kind: str, path: str, items: list[tuple[str, Any]], more: dict[str, Any]) -> dict[str, Any]:
        number = len(self.state.batches) + 1
        batch = {"id": f"{kind}_{number:06d}", "kind": kind, "path": path, "items": items, "ordinal": number}
        batch |= {"polls": 0, "ended": False, "whole": None, "results": {}, "version": "", "cancelled": False, **more}
        batch["created"] = int(time.time())
        self.state.batches[batch["id"]] = batch
        return batch

    def _end(self, batch: dict[str, Any]) -> None:
        text = json.dumps([key for key, _ in batch["items"]])
        seen = {
            "ordinal": batch["ordinal"],
            "try": batch["ordinal"],
            "digest": batch["id"],
            "path": batch["path"],
            "text": text,
        }
        whole = self.state.fault_for(seen, ("batch_failed", "batch_expired"))
        batch["ended"], batch["whole"] = True, whole.kind if whole else None
        if batch["whole"] != "batch_failed":
            for key, body in batch["items"]:
                batch["results"][key] = self._item(batch, body)
        if batch["kind"] == "batch" and batch["whole"] != "batch_failed":
            self._write_files(batch)

    def _item(self, batch: dict[str, Any], body: dict[str, Any]) -> dict[str, Any]:
        if batch["cancelled"] or batch["whole"] == "batch_expired":
            return {"type": "canceled" if batch["cancelled"] else "expired"}
        record = self.state.seen(batch["path"], body, is_batch=True)
        self.state.log.append(record)
        fault = self.state.fault_for(record, ("item_error", "item_expired", "item_bad_request"))
        try:
            result = self._failed(fault) or self._answered(batch, body)
        except BadBody as error:
            result = _errored(400, str(error))
        outcome = "answered" if result["type"] == "succeeded" else fault.kind if fault else "http 400"
        self.state.ended(record, outcome, result.get("status", 200))
        return result

    def _failed(self, fault: Fault | None) -> dict[str, Any] | None:
        if fault is None:
            return None
        if fault.kind == "item_expired":
            return {"type": "expired"}
        status = 500 if fault.kind == "item_error" else 400
        return _errored(status, fault.message or f"planned {fault.kind}")

    def _answered(self, batch: dict[str, Any], body: dict[str, Any]) -> dict[str, Any]:
        return {"type": "succeeded", "message": self.state.answer(batch["path"], body, version=batch["version"])}

    def _write_files(self, batch: dict[str, Any]) -> None:
        good, bad = [], []
        for key, result in reversed(list(batch["results"].items())):
            row: dict[str, Any] = {
                "id": f"batch_req_{len(good) + len(bad)}",
                "custom_id": key,
                "response": None,
                "error": None,
            }
            if result["type"] == "succeeded":
                row["response"] = {"status_code": 200, "request_id": "req_fake", "body": result["message"]}
                good.append(row)
            elif result["type"] == "errored":
                row["response"] = {"status_code": result["status"], "request_id": "req_fake", "body": result["openai"]}
                bad.append(row)
            else:
                code = "batch_expired" if result["type"] == "expired" else "batch_cancelled"
                bad.append({**row, "error": {"code": code, "message": "This request was not executed in time."}})
        for name, rows in (("output_file_id", good), ("error_file_id", bad)):
            if rows:
                identity = f"file-{len(self.state.files) + 1:06d}"
                data = "".join(json.dumps(row) + "\n" for row in rows).encode()
                self.state.files[identity] = {"data": data, "purpose": "batch_output", "filename": f"{identity}.jsonl"}
                batch[name] = identity

    def _message_batch(self, batch: dict[str, Any], request: web.Request) -> dict[str, Any]:
        kinds = [result["type"] for result in batch["results"].values()]
        counts = {name: kinds.count(name) for name in ("succeeded", "errored", "canceled", "expired")}
        counts["processing"] = 0 if batch["ended"] else len(batch["items"])
        url = f"{request.scheme}://{request.host}/v1/messages/batches/{batch['id']}/results"
        return {
            "id": batch["id"],
            "type": "message_batch",
            "processing_status": "ended" if batch["ended"] else "in_progress",
            "request_counts": counts,
            "created_at": _stamp(batch["created"]),
            "expires_at": _stamp(batch["created"] + 86_400),
            "ended_at": _stamp(batch["created"]) if batch["ended"] else None,
            "archived_at": None,
            "cancel_initiated_at": None,
            "results_url": url if batch["ended"] else None,
        }


def _openai_batch(batch: dict[str, Any]) -> dict[str, Any]:
    ended = {None: "completed", "batch_failed": "failed", "batch_expired": "expired"}[batch["whole"]]
    ended = "cancelled" if batch["cancelled"] else ended
    kinds = [result["type"] for result in batch["results"].values()]
    done = kinds.count("succeeded")
    errors = {"object": "list", "data": [{"code": "token_limit_exceeded", "message": "planned failure"}]}
    return {
        "id": batch["id"],
        "object": "batch",
        "endpoint": batch["path"],
        "input_file_id": batch.get("input_file_id"),
        "completion_window": "24h",
        "created_at": batch["created"],
        "status": ended if batch["ended"] else "in_progress",
        "output_file_id": batch.get("output_file_id"),
        "error_file_id": batch.get("error_file_id"),
        "errors": errors if batch["whole"] == "batch_failed" else None,
        "request_counts": {"total": len(batch["items"]), "completed": done, "failed": len(kinds) - done},
        "metadata": batch.get("metadata"),
    }


def _errored(status: int, message: str) -> dict[str, Any]:
    kind = "invalid_request_error" if status == 400 else "api_error"
    error = {"type": "error", "error": {"type": kind, "message": message}, "request_id": "req_fake"}
    openai = {"error": {"message": message, "type": "server_error", "param": None, "code": None}}
    return {"type": "errored", "error": error, "status": status, "openai": openai}


def _file(name: str, file: dict[str, Any]) -> dict[str, Any]:
    shown = {
        "id": name,
        "object": "file",
        "bytes": len(file["data"]),
        "created_at": 1_790_000_000,
        "status": "processed",
    }
    return {**shown, "filename": file["filename"], "purpose": file["purpose"]}


def _problem(keys: list[str]) -> str | None:
    if not keys or len(keys) > MOST_ITEMS:
        return f"a batch holds 1 to {MOST_ITEMS} requests"
    if len(set(keys)) != len(keys):
        return "custom_id must be unique in a batch"
    return None if all(0 < len(key) <= 64 for key in keys) else "custom_id holds 1 to 64 characters"


def _refusal(status: int, message: str, *, anthropic: bool = False) -> web.Response:
    from servers.app import error_body

    return web.json_response(error_body("messages" if anthropic else "", status, message), status=status)


def _stamp(seconds: int) -> str:
    return datetime.datetime.fromtimestamp(seconds, datetime.UTC).isoformat().replace("+00:00", "Z")
