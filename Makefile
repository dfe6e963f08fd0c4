# The commands of this repository; `make` alone lists them.
SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

export TOKENIZERS_PARALLELISM := false

VENV := .venv
BIN := $(VENV)/bin
# What runs need; what the book and the tests need as well; and what style and types need too.
READY := $(VENV)/.ready
ALL_READY := $(VENV)/.ready-all
DEV_READY := $(VENV)/.ready-dev
BROWSER := $(VENV)/.browser
NEW_ENOUGH := import sys; sys.exit(sys.version_info < (3, 11))

# The first of these that is Python 3.11 or newer; `make setup PYTHON=/path/to/python3.12` overrides.
PYTHON ?= $(shell for name in python3.11 python3 python; do \
	if "$$name" -c '$(NEW_ENOUGH)' >/dev/null 2>&1; then echo "$$name"; break; fi; done)

# Without a filter pip prints a line for every requirement that is already met.
INSTALL := $(BIN)/python -m pip install --disable-pip-version-check -c constraints.txt
SHOW_PROGRESS := { grep --line-buffered -oE \
	'^ *(Downloading|Processing|Using cached) [^ ]+|^Installing collected packages|^ERROR.*' || true; }

.PHONY: help setup reproduce test lab book screens lint nano-student paper notebooks benchmarks clean

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(ALL_READY) $(BROWSER) ## create .venv and install everything at the versions of constraints.txt

reproduce: $(READY) ## train, compare and draw one built-in data set's story
	@$(BIN)/mi-cot reproduce

# One process for each physical core, up to four: each holds a student, a kernel and what its tests trained.
# A file is one process's, since a notebook's cells share a kernel.
test: $(ALL_READY) $(BROWSER) ## run every test, and every notebook against its committed outputs
	@OMP_NUM_THREADS=1 $(BIN)/python -m pytest tests notebooks -q -n auto --maxprocesses 4 --dist loadfile \
		--nbval --nbval-current-env --nbval-cell-timeout=600 --nbval-sanitize-with notebooks/sanitize.cfg $(ARGS)

lab: $(READY) ## open the course in JupyterLab
	@$(BIN)/jupyter lab notebooks/00_start_here.ipynb

book: $(ALL_READY) ## build the course as a static site (REPOSITORY=OWNER/NAME adds links to Colab and Binder)
	@$(BIN)/python book/build.py $(if $(REPOSITORY),--repository "$(REPOSITORY)")

screens: $(ALL_READY) $(BROWSER) ## take the pictures of the course in figures/screens anew
	@$(BIN)/python -m mi_cot_lib.course.seen.screens

lint: $(DEV_READY) ## check style, formatting and types
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

nano-student: $(READY) ## pretrain the built-in students again from their seed, and record what they reach
	@for name in nano nano32 nano24 nano16; do $(BIN)/mi-cot student pretrain --name $$name; done
	@$(BIN)/mi-cot student card

paper: $(READY) ## make the paper's tables and figures from the recorded runs (ARGS="table1 --fresh" trains)
	@$(BIN)/mi-cot paper $(if $(ARGS),$(ARGS),all)

notebooks: $(ALL_READY) ## build exercises and solutions from their masters, and execute all notebooks in place
	@$(BIN)/python -m mi_cot_lib.course.exercises
	@for notebook in notebooks/*.ipynb notebooks/exercises/*.ipynb notebooks/exercises/solutions/*.ipynb; do \
		MI_COT_DATA= $(BIN)/jupyter nbconvert --to notebook --execute --inplace \
			--ExecutePreprocessor.record_timing=False --ExecutePreprocessor.store_widget_state=False "$$notebook"; \
	done

benchmarks: $(READY) ## measure speed and memory into benchmarks/RESULTS.md (DATA=DIR for real data; wants a quiet machine)
	@$(BIN)/python -m benchmarks.results $(if $(DATA),--data-root "$(DATA)") $(ARGS)

clean: ## remove .venv, caches and drawn figures; runs/ stays
	rm -rf $(VENV) build dist .pytest_cache .ruff_cache .mypy_cache .hypothesis figures/reproduce
	find mi_cot_lib tests notebooks benchmarks -name __pycache__ -prune -exec rm -rf {} +

$(READY): pyproject.toml constraints.txt
	@if [ ! -x $(BIN)/python ]; then \
		if [ -z "$(PYTHON)" ] || ! "$(PYTHON)" -c '$(NEW_ENOUGH)' >/dev/null 2>&1; then \
			echo "setup: needs Python 3.11 or newer, found '$(PYTHON)'." >&2; \
			echo "Install it, or name it: make setup PYTHON=/path/to/python3.11" >&2; \
			exit 1; \
		fi; \
		echo "setup: making $(VENV) with $$("$(PYTHON)" --version)"; \
		"$(PYTHON)" -m venv $(VENV); \
	fi
	@echo "setup: installing the packages of constraints.txt (some minutes the first time)"
	@set -o pipefail; $(INSTALL) -e . | $(SHOW_PROGRESS)
	@touch $@
	@echo "setup: ready"

# What the tests that use the course as a person does need; without it they are skipped and say so.
$(BROWSER): $(ALL_READY)
	@command -v chromium >/dev/null || { echo "setup: installing chromium" && command -v apt-get >/dev/null && \
		[ "$$(id -u)" = 0 ] && apt-get update -qq && \
		apt-get install -y -qq --no-install-recommends chromium >/dev/null; } || \
		echo "setup: no chromium, so tests in a browser are skipped (sudo apt-get install chromium)"
	@touch $@

$(ALL_READY): $(READY)
	@set -o pipefail; $(INSTALL) -e '.[course,test]' | $(SHOW_PROGRESS)
	@touch $@

$(DEV_READY): $(ALL_READY)
	@set -o pipefail; $(INSTALL) -e '.[course,test,dev]' | $(SHOW_PROGRESS)
	@touch $@
