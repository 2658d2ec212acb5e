"""How a worker's vLLM is started, and what metadata.json may say of it."""

from __future__ import annotations

from typing import Any

import pytest
from retake.answer.vllm import server_command
from retake.experiment.model import Experiment, VllmConfig
from retake.merge.summary import public_config

LIMITS = ["--gpu-memory-utilization", "0.9", "--tensor-parallel-size", "1"]
WHERE = ["--host", "127.0.0.1", "--port", "8123"]


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        pytest.param({}, ["vllm", "serve", "some/model", *WHERE, *LIMITS], id="plain"),
        pytest.param(
            {"command": ["python", "-m", "vllm.entrypoints.openai.api_server"]},
            ["python", "-m", "vllm.entrypoints.openai.api_server", "--model", "some/model", *WHERE, *LIMITS],
            id="its module",
        ),
        pytest.param(
            {"model_path": "models/small"},
            ["vllm", "serve", "models/small", *WHERE, *LIMITS, "--served-model-name", "some/model"],
            id="weights in a folder",
        ),
        pytest.param(
            {
                "gpu_memory_utilization": 0.6,
                "max_model_len": 2048,
                "tensor_parallel_size": 2,
                "extra_args": ["--dtype", "half"],
            },
            [
                *("vllm", "serve", "some/model", *WHERE, "--gpu-memory-utilization", "0.6", "--max-model-len", "2048"),
                *("--tensor-parallel-size", "2", "--dtype", "half"),
            ],
            id="all settings",
        ),
        pytest.param(
            {"command": ["docker", "run", "--network=host", "--name=retake-{port}", "vllm"]},
            [
                *("docker", "run", "--network=host", "--name=retake-8123", "vllm"),
                *("--model", "some/model", *WHERE, *LIMITS),
            ],
            id="a container",
        ),
    ],
)
def test_a_server_is_started_with_the_settings_of_vllm_config(config: dict[str, Any], expected: list[str]) -> None:
    assert server_command(VllmConfig.model_validate(config), "some/model", 8123) == expected


def test_metadata_names_no_folder_and_no_key_of_a_server() -> None:
    arguments = ["--dtype", "half", "--api-key", "first", "second", "--chat-template", "/home/me/t.jinja"]
    arguments += ["--download-dir=/scratch/me", "--api-key=third", "--enforce-eager"]
    serving = {
        "model_path": "models/small",
        "command": ["/opt/vllm"],
        "env": {"HF_TOKEN": "hidden"},
        "extra_args": arguments,
    }
    keys = {"dataset": "embedded:sums", "splits": ["math"], "generator": "vllm", "model": "some/model"}
    body = Experiment.model_validate({**keys, "workers": 1, "vllm_config": serving}).model_dump(mode="json")
    shown = public_config(body)["vllm_config"]
    assert shown["extra_args"] == [
        *("--dtype", "half", "--api-key", "…", "…", "--chat-template", "…"),
        *("--download-dir=…", "--api-key=…", "--enforce-eager"),
    ]
    assert not {"model_path", "command", "env"} & set(shown)
