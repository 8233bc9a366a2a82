# Thin verbs. `make help` lists them; none asks a question.

PYTHON ?= python3
TORCH_INDEX ?=
SLOW ?=
JOBS ?= auto
N ?= 20000
ARGS ?=
LAB_ARGS ?=

VENV := .venv
RUN := $(VENV)/bin/python
LAB_READY := $(VENV)/.ready-lab
TEST_READY := $(VENV)/.ready-test
ALLOW_ROOT := $(if $(filter 0,$(shell id -u)),--allow-root)

# nbgrader calls alembic by its bare name.
export PATH := $(CURDIR)/$(VENV)/bin:$(PATH)
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: help lab test fuzz lessons bench digits letters picture house clean
.DEFAULT_GOAL := help

help: ## list the verbs and their options
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-9s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo
	@echo "  PYTHON=python3.12      the Python (3.11 or newer) that .venv is made with"
	@echo "  TORCH_INDEX=<address>  the package index PyTorch comes from (CPU-only, a CUDA version)"
	@echo "  JOBS=1                 how many tests run at a time (as a rule one for each processor)"
	@echo "  LAB_ARGS=--no-browser  options for JupyterLab"
	@echo "  ARGS='-k oracle -x'    options for the program behind test, lessons, bench, digits, letters or picture"

lab: $(LAB_READY) ## open the course in JupyterLab
	@$(RUN) -m jupyterlab $(ALLOW_ROOT) $(LAB_ARGS) notebooks/00_welcome.ipynb

test: $(TEST_READY) ## run the tests (SLOW=1 adds those that take minutes)
	@$(RUN) -m pytest -n $(JOBS) --dist worksteal $(if $(filter-out 0,$(SLOW)),,-m "not slow") $(ARGS)

fuzz: $(TEST_READY) ## call everything with all kinds of arguments (N=100000: that many calls)
	@PYTHONPATH=tests $(RUN) -m fuzz $(N) $(ARGS)

lessons: $(TEST_READY) ## run the solutions, write notebooks/ anew, answers in it are lost (ARGS=01: one)
	@$(RUN) tools/lessons.py $(ARGS)

bench: $(TEST_READY) ## measure speed and sample quality
	@$(RUN) tools/bench $(ARGS)

digits: $(TEST_READY) ## train the network of digits that comes with the course, and judge it
	@$(RUN) tools/digits.py $(ARGS)

letters: $(TEST_READY) ## train the networks of letters that come with the course, and judge them
	@$(RUN) tools/letters.py $(ARGS)

picture: $(LAB_READY) ## draw the picture of the front page
	@$(RUN) tools/picture.py $(ARGS)

house: $(LAB_READY) ## draw the wings of the package, as its imports are
	@$(RUN) tools/house.py $(ARGS)

clean: ## remove caches and build products (.venv stays)
	@rm -rf build dist .hypothesis .pytest_cache .ruff_cache *.egg-info
	@find . -path ./$(VENV) -prune -o -type d \( -name __pycache__ -o -name .ipynb_checkpoints \) \
		-exec rm -rf {} +

$(LAB_READY): pyproject.toml constraints.txt
	$(call install,lab)
	@touch $@

$(TEST_READY): pyproject.toml constraints.txt
	$(call install,lab$(comma)test$(comma)peers)
	@touch $(LAB_READY) $@

comma := ,

define install
	@test -x $(RUN) || { \
		$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
			echo "This course needs Python 3.11 or newer; name one: make lab PYTHON=python3.12"; \
			exit 1; }; \
		echo "Making $(VENV) ..."; $(PYTHON) -m venv $(VENV); }
	@echo "Step 1 of 2: PyTorch. This is the largest part and takes some minutes the first time."
	@$(RUN) -m pip install --no-deps -c constraints.txt \
		$(if $(TORCH_INDEX),--index-url $(TORCH_INDEX)) torch
	@echo "Step 2 of 2: everything else. About a minute."
	@$(RUN) -m pip install --quiet --no-warn-script-location -c constraints.txt -e '.[$(1)]'
endef
