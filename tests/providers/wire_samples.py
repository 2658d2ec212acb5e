"""Requests, tools and schemas that the tables of wires share."""

from __future__ import annotations

from retake.calls.request import Request

TOOL = {
    "type": "function",
    "function": {
        "name": "get stock/price",
        "description": "Price of a share.",
        "parameters": {
            "type": "dict",
            "properties": {"symbol": {"type": "str", "default": "A"}},
            "required": ["symbol"],
        },
    },
}
STEPS = {
    "name": "solution",
    "schema": {
        "type": "object",
        "properties": {
            "steps": {"type": "array", "items": {"type": "object", "properties": {"output": {"type": "string"}}}},
            "confidence": {"type": "number", "minimum": 0, "maximum": 1},
        },
    },
}
CLOSED = {
    "type": "object",
    "properties": {
        "steps": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"output": {"type": "string"}},
                "additionalProperties": False,
                "required": ["output"],
            },
        },
        "confidence": {"type": "number"},
    },
    "additionalProperties": False,
    "required": ["steps", "confidence"],
}
WIRE_TOOL = {
    "name": "get_stock_price",
    "description": "Price of a share.",
    "parameters": {
        "type": "object",
        "properties": {"symbol": {"type": "string", "default": "A"}},
        "required": ["symbol"],
    },
}
CALL = {"id": "call_1", "type": "function", "function": {"name": "get stock/price", "arguments": '{"symbol": "X"}'}}
MESSAGES = [
    {"role": "system", "content": "You are Marvin."},
    {"role": "user", "content": "What is X worth?"},
    {"role": "assistant", "content": "", "tool_calls": [CALL]},
    {"role": "tool", "tool_call_id": "call_1", "content": '{"price": 3}'},
]


def ask(provider: str, api: str, **more: object) -> Request:
    defaults = {"model": "m", "messages": [{"role": "user", "content": "Hi"}]}
    return Request(provider=provider, api=api, **{**defaults, **more})
