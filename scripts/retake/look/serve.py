"""The same page over any number of tables and rows, served on this machine alone."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from retake.errors import DataError
from retake.files import encoded
from retake.look.data import expanded
from retake.look.page.compose import page
from retake.look.page.detail import detail
from retake.look.page.room import Filters, Room
from retake.look.page.story import story

HOST = "127.0.0.1"
MOST_CHARACTERS = 200_000
MOST_LINES = 200
MOST_TEXT = 1_000
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
}


def application(paths: Sequence[Path]) -> Any:
    """Return the web application over `paths` (files or globs): the page, `api/grid` and `api/row`.

    It answers only requests whose Host is this machine's own name, so that no web page can reach it by DNS rebinding.

    Raises:
        DataError: where a file is missing, damaged, or no table of retake.
    """
    from starlette.applications import Starlette
    from starlette.middleware import Middleware
    from starlette.middleware.trustedhost import TrustedHostMiddleware
    from starlette.routing import Route

    files = [Path(path) for path in expanded(paths)]
    site = _Site(files)
    routes = [Route("/", site.home), Route("/api/grid", site.grid), Route("/api/row", site.row)]
    hosts = Middleware(TrustedHostMiddleware, allowed_hosts=["127.0.0.1", "localhost"], www_redirect=False)
    return Starlette(routes=routes, middleware=[hosts])


def serve(paths: Sequence[Path], *, port: int) -> None:
    """Serve `paths` on 127.0.0.1 until interrupted; port 0 takes a free one. Prints the address.

    Raises:
        DataError: see `application`; where the port is taken.
    """
    import socket

    import uvicorn

    served = application(paths)
    with socket.socket() as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind((HOST, port))
            listening.listen()
        except (OSError, OverflowError) as error:
            why = getattr(error, "strerror", None) or "it is no port"
            raise DataError(f"--port {port}: cannot be used ({why}). Choose another, or 0 for a free one.") from error
        print(f"http://{HOST}:{listening.getsockname()[1]}/  (Ctrl-C ends it)", flush=True)
        config = uvicorn.Config(served, log_level="warning", access_log=False, server_header=False, lifespan="off")
        uvicorn.Server(config).run(sockets=[listening])


class _Site:
    """The page, made once, and the answers to what it asks."""

    def __init__(self, paths: Sequence[Path]) -> None:
        self._room = Room(paths)
        data = {"mode": "served", "choices": self._room.choices()}
        note = f"All {self._room.total:,} rows of {len(paths)} {'file' if len(paths) == 1 else 'files'}."
        self._html, policy = page(story(paths), data, room_note=note, connects=True)
        self._headers = {**_HEADERS, "Content-Security-Policy": policy}

    # Not coroutines: the framework runs them in threads, and the room lets one in at a time.
    def home(self, request: Any) -> Any:
        """Answer with the page."""
        from starlette.responses import HTMLResponse

        return HTMLResponse(self._html, headers=self._headers)

    def grid(self, request: Any) -> Any:
        """Answer with one page of the grid."""
        asked = request.query_params
        filters = Filters(**{name: asked.get(name, "")[:MOST_TEXT] for name in Filters.__dataclass_fields__})
        offset, limit = _whole(asked.get("offset"), most=2**40), _whole(asked.get("limit"), most=MOST_LINES)
        return self._json(self._room.grid(filters, offset=offset, limit=limit or MOST_LINES))

    def row(self, request: Any) -> Any:
        """Answer with one candidate: its line, its cell, its siblings, its conversation and evidence."""
        found = self._found(request.query_params.get("key", ""))
        return self._json(found) if found is not None else self._json({"error": "no such candidate"}, status=404)

    def _found(self, key: str) -> dict[str, Any] | None:
        parts = key.split("~")
        if len(parts) not in (4, 5) or not re.fullmatch(r"\d{1,9}", parts[3]):
            return None
        experiment, variant, sample, candidate = parts[:4]
        rid = self._room.find(experiment, variant, sample, int(candidate), is_retry=len(parts) == 5)
        if rid is None:
            return None
        record = self._room.records([rid])[rid]
        siblings = self._room.siblings(record["query_id"])
        line, cell = next((line, cell) for line in siblings for cell in line["cells"] if cell[0] == rid)
        return {"line": line, "cell": cell, "siblings": siblings, "detail": detail(record, limit=MOST_CHARACTERS)}

    def _json(self, body: dict[str, Any], *, status: int = 200) -> Any:
        from starlette.responses import Response

        # A lone surrogate in a model's text has no UTF-8, but a JSON escape.
        data = encoded(json.dumps(body, ensure_ascii=False, separators=(",", ":"), allow_nan=False))
        return Response(data, status_code=status, headers=self._headers, media_type="application/json")


def _whole(text: str | None, *, most: int) -> int:
    return min(int(text), most) if text and re.fullmatch(r"\d{1,12}", text) else 0
