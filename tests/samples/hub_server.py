"""A small Hugging Face hub on this machine, over real HTTP: enough of its API for the real `datasets` to stream from."""

from __future__ import annotations

import hashlib
import io
import json
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

COMMIT = "a" * 40
CARD = """---
configs:
{configs}---
"""


def rows(count: int) -> list[dict[str, str]]:
    return [{"question": f"What is {n} + 1?", "answer": f"so\n#### {n + 1}"} for n in range(count)]


def parquet(count: int) -> bytes:
    import pyarrow as pa
    import pyarrow.parquet as pq

    buffer = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(rows(count)), buffer, row_group_size=1000)
    return buffer.getvalue()


class Hub:
    """Datasets by name, each {configuration: {split: number of rows}}; `gated` ones need a token; `status` breaks everything."""

    def __init__(
        self, datasets: dict[str, dict[str, dict[str, int]]], *, gated: tuple[str, ...] = (), status: int = 0
    ) -> None:
        self.gated, self.status = gated, status
        self.files = {name: self._files(configurations) for name, configurations in datasets.items()}
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"

    def _files(self, configurations: dict[str, dict[str, int]]) -> dict[str, bytes]:
        told, files = "", {}
        for configuration, splits in configurations.items():
            told += f"- config_name: {configuration}\n  data_files:\n"
            for split, count in splits.items():
                told += f"  - split: {split}\n    path: {configuration}/{split}.parquet\n"
                files[f"{configuration}/{split}.parquet"] = parquet(count)
        return {**files, "README.md": CARD.format(configs=told).encode()}

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()

    def answer(self, path: str, wanted: str | None) -> tuple[int, bytes, dict[str, str]]:
        """Return status, body and headers for a GET of `path` with the Range header `wanted`."""
        if self.status:
            return self.status, b'{"error": "the hub is not well"}', {}
        for name, files in self.files.items():
            if re.fullmatch(rf"/api/datasets/{name}(/revision/.*)?", path):
                return self._info(name, path)
            tree = re.fullmatch(rf"/api/datasets/{name}/tree/[^/]+(/.*)?", path)
            if tree:
                folder = (tree[1] or "").strip("/")
                found = [_entry(f, files[f]) for f in files if f.startswith(f"{folder}/" if folder else "")]
                return 200, json.dumps(found).encode(), {}
            file = re.fullmatch(rf"/datasets/{name}/resolve/[^/]+/(.*)", path)
            if file and file[1] in files:
                return _part(files[file[1]], wanted)
        missing = "EntryNotFound" if "/resolve/" in path else "RepoNotFound"
        return 404, b'{"error": "not found"}', {"X-Error-Code": missing}

    def _info(self, name: str, path: str) -> tuple[int, bytes, dict[str, str]]:
        if "/revision/" in path and not path.endswith((COMMIT, "/main")):
            return 404, b'{"error": "no such revision"}', {"X-Error-Code": "RevisionNotFound"}
        info: dict[str, Any] = {"_id": "1", "id": name, "sha": COMMIT, "private": False, "disabled": False, "tags": []}
        info |= {"gated": "auto" if name in self.gated else False, "downloads": 0, "likes": 0}
        info |= {"siblings": [{"rfilename": file} for file in self.files[name]]}
        return 200, json.dumps(info).encode(), {}


def _entry(path: str, data: bytes) -> dict[str, Any]:
    return {"type": "file", "oid": hashlib.sha1(data).hexdigest(), "size": len(data), "path": path}


def _part(data: bytes, wanted: str | None) -> tuple[int, bytes, dict[str, str]]:
    headers = {"ETag": f'"{hashlib.sha256(data).hexdigest()}"', "X-Repo-Commit": COMMIT, "Accept-Ranges": "bytes"}
    part = re.fullmatch(r"bytes=(\d+)-(\d*)", wanted or "")
    if not part:
        return 200, data, headers
    first, last = int(part[1]), min(int(part[2] or len(data)), len(data) - 1)
    return 206, data[first : last + 1], {**headers, "Content-Range": f"bytes {first}-{last}/{len(data)}"}


def _handler(hub: Hub) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: Any) -> None:
            pass

        def do_GET(self) -> None:
            status, body, headers = hub.answer(self.path.partition("?")[0], self.headers.get("Range"))
            self.send_response(status)
            for name, value in {"Content-Length": str(len(body)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        do_HEAD = do_GET

    return Handler
