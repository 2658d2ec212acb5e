"""The mocks before BFCL's real declarations and gold calls."""

from __future__ import annotations

import importlib.util
import json
import sys
from types import ModuleType
from typing import Any

import jsonschema
import pytest
from retake.tools.match import match
from retake.tools.schemas import declaration
from retake.tools.world import Conversation
from workspace import ROOT


@pytest.fixture(scope="module")
def bench() -> ModuleType:
    spec = importlib.util.spec_from_file_location("tool_mocks", ROOT / "benchmarks" / "tool_mocks.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    before = list(sys.path)
    spec.loader.exec_module(module)
    sys.path[:] = before
    if module.data_folder() is None:
        pytest.skip("the package bfcl-eval is not installed; its data files are what is read here")
    return module


@pytest.fixture(scope="module")
def documents(bench: ModuleType) -> list[dict[str, Any]]:
    return bench.function_documents(bench.data_folder())


@pytest.fixture(scope="module")
def gold(bench: ModuleType) -> list[tuple[str, dict[str, Any], dict[str, Any]]]:
    return bench.gold_calls(bench.data_folder())


def _types(schema: Any) -> set[str]:
    """Return every type that a schema names, at any depth."""
    if isinstance(schema, list):
        return set().union(*map(_types, schema)) if schema else set()
    if not isinstance(schema, dict):
        return set()
    kinds = schema.get("type", [])
    own = {kinds} if isinstance(kinds, str) else set(kinds) if isinstance(kinds, list) else set()
    inner = [*schema.get("properties", {}).values(), schema.get("items"), schema.get("anyOf"), schema.get("oneOf")]
    return own.union(*map(_types, inner))


def test_every_function_document_becomes_valid_json_schema(documents: list[dict[str, Any]]) -> None:
    known = {"object", "array", "string", "integer", "number", "boolean", "null"}
    for index, document in enumerate(documents):
        made = declaration(document)
        for schema in filter(None, (made.parameters, made.response)):
            assert _types(schema) <= known, document["name"]
            if index % 15 == 0:  # The whole of it takes half a minute, and was seen to hold.
                jsonschema.Draft202012Validator.check_schema(schema)


def test_at_most_one_gold_call_in_a_hundred_is_refused(bench: ModuleType, gold: list) -> None:
    assert len(gold) > 3000
    assert len(bench.refusals(gold)) <= len(gold) / 100


def test_no_gold_call_meets_a_faulty_executor_and_each_is_answered_the_same_again(gold: list) -> None:
    for identifier, document, arguments in gold:
        turned = json.dumps(dict(reversed(arguments.items())))
        one = Conversation([document], seed=identifier).call(document["name"], json.dumps(arguments))
        assert "internal_error" not in (one.content or ""), (identifier, one.content)
        assert one == Conversation([document], seed=identifier).call(document["name"], turned)


def test_each_declared_response_schema_is_kept(documents: list[dict[str, Any]]) -> None:
    with_response = [document for document in documents if document.get("response")]
    assert len(with_response) > 100
    for document in with_response:
        made = declaration(document)
        body = {name: _plausible(part) for name, part in made.parameters.get("properties", {}).items()}
        result = Conversation([document], seed="s").call(document["name"], json.dumps(body))
        assert result.source in ("executor", "generic", "error", "llm")
        if result.source in ("executor", "generic"):
            jsonschema.Draft202012Validator(made.response).validate(json.loads(result.content or ""))


def _plausible(schema: dict[str, Any]) -> Any:
    if schema.get("enum"):
        return schema["enum"][0]
    values = {"integer": 3, "number": 2.5, "boolean": True, "array": [], "object": {}, "string": "readme.txt"}
    return values.get(str(schema.get("type")), "readme.txt")


def test_a_quarter_of_the_functions_is_answered_without_a_model(documents: list[dict[str, Any]]) -> None:
    known = [document for document in documents if match(declaration(document)).confidence >= 0.4]
    assert len(known) > len(documents) / 4
