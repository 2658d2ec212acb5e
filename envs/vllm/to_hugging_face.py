"""Turn a GGUF file into a folder of weights, tokenizer and chat template as Hugging Face lays it out and vLLM serves it.

Run: .venv-vllm/bin/python envs/vllm/to_hugging_face.py MODEL.gguf FOLDER. The weights are unpacked to float32, exactly.
"""

from __future__ import annotations

import argparse
import os
import shutil
from pathlib import Path

# Read when transformers is imported: everything is in the file, and the bars are noise in a log.
os.environ |= {"HF_HUB_OFFLINE": "1", "TQDM_DISABLE": "1"}


def convert(gguf: Path, folder: Path) -> None:
    """Write `folder`, whole or not at all.

    Raises:
        FileNotFoundError: where `gguf` is no file.
        ValueError: for an architecture that transformers cannot read from GGUF.
    """
    from transformers import AutoModelForCausalLM, AutoTokenizer, GgufConfig

    if not gguf.is_file():
        raise FileNotFoundError(f"{gguf} is no file; give the path of a .gguf file")
    unfinished = folder.with_name(f".{folder.name}.unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    tokenizer = AutoTokenizer.from_pretrained(gguf.parent, gguf_file=gguf.name)
    dense = GgufConfig(dequantize=True)
    model = AutoModelForCausalLM.from_pretrained(
        gguf.parent, gguf_file=gguf.name, quantization_config=dense, dtype="float32"
    )
    model.save_pretrained(unfinished)
    tokenizer.save_pretrained(unfinished)
    shutil.rmtree(folder, ignore_errors=True)
    unfinished.rename(folder)


def main() -> None:
    """Convert one file."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("gguf", type=Path)
    parser.add_argument("folder", type=Path)
    arguments = parser.parse_args()
    arguments.folder.parent.mkdir(parents=True, exist_ok=True)
    convert(arguments.gguf, arguments.folder)


if __name__ == "__main__":
    main()
