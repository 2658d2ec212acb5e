"""Files: a small file system that belongs to one conversation."""

from __future__ import annotations

import posixpath
from typing import Any

from retake.tools.arguments import ToolError
from retake.tools.family import Family, Query, Result, World, not_found
from retake.tools.seeded import NOW

family = Family(
    "files",
    "file files folder directory directories filesystem path read write content document documents upload download disk current working",
)

_HOME = "/home/user"
_FIRST = {
    f"{_HOME}/readme.txt": "Notes on the project.\nSee the plan for dates.\n",
    f"{_HOME}/documents/plan.txt": "Week 1: collect data\nWeek 2: analyse\nWeek 3: write the report\n",
    f"{_HOME}/documents/budget.csv": "item,amount\ntravel,1200\nequipment,3400\n",
}


def _tree(world: World) -> dict[str, dict[str, Any]]:
    tree = world.table("file")
    if world.shown("seeded", "files") is None:
        world.issue("seeded", "files", {"done": True})
        tree.update({path: {"content": text} for path, text in _FIRST.items()})
        tree.update({folder: {"is_folder": True} for folder in ("/", "/home", _HOME, f"{_HOME}/documents")})
    return tree


def _here(world: World) -> str:
    return world.table("place").setdefault("cwd", {"path": _HOME})["path"]


def _path(world: World, text: str) -> str:
    if not text or len(text) > 500 or "\0" in text:
        raise ToolError("invalid_value", "a path of 1 to 500 characters is needed")
    return posixpath.normpath(
        posixpath.join(_here(world), text.replace("~", _HOME, 1) if text.startswith("~") else text)
    )


def _asked(query: Query, world: World) -> str:
    return _path(world, query.text("path"))


def _file(world: World, path: str) -> dict[str, Any]:
    entry = _tree(world).get(path)
    if entry is None:
        raise not_found("file", path[:80])
    if entry.get("is_folder"):
        raise ToolError("is_a_directory", f"{path} is a folder")
    return entry


def _put(world: World, path: str, text: str) -> Result:
    tree = _tree(world)
    if tree.get(path, {}).get("is_folder"):
        raise ToolError("is_a_directory", f"{path} is a folder")
    _make_folders(tree, posixpath.dirname(path))
    tree[path] = {"content": text}
    return {"path": path, "size_bytes": len(text.encode("utf-8", "replace")), "modified_at": NOW.isoformat()}


def _make_folders(tree: dict[str, dict[str, Any]], folder: str) -> None:
    while folder and folder not in tree:
        tree[folder] = {"is_folder": True}
        folder = posixpath.dirname(folder)
    if not tree.get(folder, {"is_folder": True}).get("is_folder"):
        raise ToolError("not_a_directory", f"{folder} is a file")


@family.tool("list_files ls list_directory directory_contents list_dir files list_folder show_files dir")
def list_files(query: Query, world: World) -> Result:
    folder, tree = _path(world, query.text("folder", ".")), _tree(world)
    if not tree.get(folder, {}).get("is_folder"):
        raise not_found("folder", folder[:80])
    names = sorted(posixpath.basename(path) for path in tree if path != "/" and posixpath.dirname(path) == folder)
    return {
        "path": folder,
        "current_directory_content": names,
        "entries": [
            {"name": n, "type": "folder" if tree[posixpath.join(folder, n)].get("is_folder") else "file"} for n in names
        ],
    }


@family.tool(
    "read_file cat file_content open_file view_file file_read show_file load_file file_contents display_file",
    needs="path",
)
def read_file(query: Query, world: World) -> Result:
    path = _asked(query, world)
    return {"path": path, "file_content": _file(world, path)["content"]}


@family.tool(
    "write_file save_file file_write create_file write_to_file new_file touch save_to_file upload_file make_file write_text_file",
    needs="path",
)
def write_file(query: Query, world: World) -> Result:
    text = query.exact("text")
    return _put(world, _asked(query, world), text if text != query.exact("path") else "")


@family.tool("echo print_text", needs="text")
def echo(query: Query, world: World) -> Result:
    name = query.text("path")
    if name and query.get("path") != query.get("text"):
        return _put(world, _path(world, name), query.exact("text"))
    return {"terminal_output": query.exact("text")}


@family.tool("append_file append_to_file file_append add_to_file", needs="path text")
def append_file(query: Query, world: World) -> Result:
    path = _asked(query, world)
    before = _tree(world).get(path, {}).get("content", "")
    return _put(world, path, before + query.exact("text"))


@family.tool("delete_file rm remove_file file_delete delete_folder rmdir remove_directory remove_folder", needs="path")
def delete_file(query: Query, world: World) -> Result:
    path, tree = _asked(query, world), _tree(world)
    if path in ("/", "/home", _HOME):
        raise ToolError("permission_denied", f"{path} may not be deleted")
    gone = [one for one in tree if one == path or one.startswith(f"{path}/")]
    for one in gone:
        del tree[one]
    return {"path": path, "deleted": True, "existed": bool(gone)}


@family.tool("create_folder mkdir create_directory make_directory new_folder make_folder", needs="folder")
def create_folder(query: Query, world: World) -> Result:
    path, tree = _path(world, query.text("folder")), _tree(world)
    was = path in tree
    _make_folders(tree, path)
    return {"path": path, "created": not was}


def _transfer(query: Query, world: World, *, keep: bool) -> Result:
    names = ("source", "src", "from", "file_name", "old_name", "path", "filename", "file")
    source = next((str(query.arguments[n]) for n in names if query.arguments.get(n)), query.text("path"))
    path, target = _path(world, source), _path(world, query.text("target_path"))
    entry, tree = _file(world, path), _tree(world)
    target = posixpath.join(target, posixpath.basename(path)) if tree.get(target, {}).get("is_folder") else target
    if target != path:
        _put(world, target, entry["content"])
        if not keep:
            del tree[path]
    return {
        "source": path,
        "destination": target,
        "result": f"{posixpath.basename(path)} {'copied' if keep else 'moved'} to {target}",
    }


@family.tool("move_file mv rename_file file_move move rename", needs="target_path")
def move_file(query: Query, world: World) -> Result:
    return _transfer(query, world, keep=False)


@family.tool("copy_file cp file_copy duplicate_file", needs="target_path")
def copy_file(query: Query, world: World) -> Result:
    return _transfer(query, world, keep=True)


@family.tool("search_files find_files file_search find_file find search_file", needs="query")
def search_files(query: Query, world: World) -> Result:
    words, start = query.text("query").lower(), _path(world, str(query.arguments.get("path", ".")))
    inside = [path for path in _tree(world) if path == start or path.startswith(start.rstrip("/") + "/")]
    return {"matches": sorted(path for path in inside if words in posixpath.basename(path).lower())}


@family.tool("search_in_file grep search_text_in_file find_in_file", needs="path query")
def search_in_file(query: Query, world: World) -> Result:
    path = _path(world, query.text("path"))
    words = str(query.arguments.get("pattern", query.text("query")))
    return {
        "path": path,
        "matching_lines": [line for line in _file(world, path)["content"].splitlines() if words in line],
    }


@family.tool("count_lines wc file_word_count line_count", needs="path")
def count_lines(query: Query, world: World) -> Result:
    path = _asked(query, world)
    text = _file(world, path)["content"]
    return {"path": path, "lines": text.count("\n"), "words": len(text.split()), "characters": len(text)}


@family.tool("file_tail tail head file_head last_lines", needs="path")
def file_tail(query: Query, world: World) -> Result:
    path, count = _asked(query, world), query.whole("limit", 10, high=1000)
    lines = _file(world, path)["content"].splitlines()
    return {"path": path, "lines": lines[:count] if "head" in query.tool.lower() else lines[-count:]}


@family.tool("change_directory cd set_directory", needs="folder")
def change_directory(query: Query, world: World) -> Result:
    path = _path(world, query.text("folder"))
    if not _tree(world).get(path, {}).get("is_folder"):
        raise not_found("folder", path[:80])
    world.table("place")["cwd"] = {"path": path}
    return {"current_working_directory": path}


@family.tool("working_directory pwd current_directory print_working_directory")
def working_directory(query: Query, world: World) -> Result:
    return {"current_working_directory": _here(world)}
