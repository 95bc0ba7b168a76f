# Everything is made by these commands; `make help` lists them.
# Variables given on the command line reach the programs: make test DATABASE_URL=postgres://…

PORT ?= 8000
ARGS ?=

python := .venv/bin/python
pip    := $(python) -m pip --quiet --disable-pip-version-check --no-input
lock   := .venv/bin/uv --quiet pip compile pyproject.toml --python-version 3.11 --generate-hashes \
          --no-emit-index-url --no-emit-find-links --custom-compile-command "make lock"
step    = printf '== %s\n' '$(1)' && $(2)

# What production settings ask for; the key lives as long as the check.
production = DJANGO_SETTINGS_MODULE=oms.settings.production OMS_ALLOWED_HOSTS=oms.example \
             DATABASE_URL=postgres://oms_app@localhost/oms \
             OMS_SECRET_KEY="$$($(python) -c 'import secrets; print(secrets.token_urlsafe(64))')"
# Models are compared with the migration files; no server need run for that, and the command would warn.
offline    = -W 'ignore:Got an error checking a consistent migration history'

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help run test check bench install install-dev lock clean

help:  ## Print this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' Makefile

run: .venv/.installed-run  ## Set up the database and serve the sites; PORT=8000
	@$(python) manage.py serve --port $(PORT)

test: .venv/.installed-dev  ## Run all tests; ARGS for pytest, DATABASE_URL for another server
	@.ci/test-programs
	@$(python) -m pytest -n 2 --dist worksteal $(ARGS)

check: .venv/.installed-dev  ## Check style, types, layers, settings and migrations
	@$(call step,ruff check,.venv/bin/ruff check .)
	@$(call step,ruff format,.venv/bin/ruff format --check .)
	@$(call step,mypy,.venv/bin/mypy .)
	@$(call step,import layers,.venv/bin/lint-imports)
	@$(call step,production settings,$(production) $(python) manage.py check --deploy --fail-level WARNING)
	@$(call step,sealed releases,$(production) $(python) manage.py publish_releases --check)
	@$(call step,seals are final,test -z "$$(git log --diff-filter=MD --format= --name-only -- '*/SEAL')")
	@$(call step,migrations,$(production) $(python) $(offline) manage.py makemigrations --check --dry-run)

bench: .venv/.installed-dev  ## Run the benchmarks; ARGS for their options
	@$(python) -m tests.benchmarks $(ARGS)

install: .venv/.installed-run  ## Install what the product needs into .venv

install-dev: .venv/.installed-dev  ## Install what tests and checks need into .venv as well

lock: .venv/.installed-dev  ## Compile the lock files from pyproject.toml; ARGS=--upgrade for newer versions
	@$(lock) $(ARGS) -o requirements.lock
	@$(lock) $(ARGS) --group dev -c requirements.lock -o requirements-dev.lock

clean:  ## Stop the embedded servers; remove .venv, caches and .data with its databases
	@if [ -x $(python) ]; then $(python) manage.py stop_servers || true; fi
	@find . -path ./.git -prune -o -path ./.venv -prune -o -path ./.data -prune -o \
		-type d -name __pycache__ -prune -exec rm -rf {} +
	@rm -rf .venv .data .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis staticfiles

.venv/.installed-run: requirements.lock
.venv/.installed-dev: requirements-dev.lock
.venv/.installed-run .venv/.installed-dev: $(python)
	@.ci/venv
	@echo "Installing $(filter %.lock,$^) into .venv …"
	@$(pip) install --require-hashes -r $(filter %.lock,$^)
	@touch $@

# No recipe: where the interpreter is gone, the stamps above are out of date.
$(python): ;
