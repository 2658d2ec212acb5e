"""Tool declarations that the tests of the mocks share, in the forms that rows use."""

from __future__ import annotations

from typing import Any


def tool(name: str, description: str = "", response: dict[str, Any] | None = None, **parameters: Any) -> dict[str, Any]:
    """Return a function tool whose parameters are all required; a parameter is a type word or a schema."""
    parts = {key: part if isinstance(part, dict) else {"type": part} for key, part in parameters.items()}
    function = {
        "name": name,
        "description": description,
        "parameters": {"type": "dict", "properties": parts, "required": list(parts)},
    }
    return {"type": "function", "function": function | ({"response": response} if response else {})}


def optional(kind: str, **more: Any) -> dict[str, Any]:
    """Return the schema of a parameter, for `part` below."""
    return {"type": kind, **more}


WEATHER = tool("get_current_weather", "Current weather of a city", city="string")
UNKNOWN = tool("frobnicate_widget", "Frobnicates one", widget="string")
