# Nearly every target is one command of `alvorada`; ./bootstrap first makes .venv from requirements.lock where it must.
# Options go in ARGS: make run ARGS="--as-of 2026-01-12 --sources sandbox"
ALVORADA = @./bootstrap

.PHONY: help demo test run up down lint bench docs lock image
.DEFAULT_GOAL := help

help: ## list the targets
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/make \1|\2/p' Makefile | while IFS='|' read -r target text; do printf '  %-12s %s\n' "$$target" "$$text"; done

demo: ## set everything up and run the daily job against the sandbox sources
	$(ALVORADA) demo $(ARGS)

test: ## the whole test suite
	$(ALVORADA) test $(ARGS)

run: ## the daily job for the latest business day, against the live sources
	$(ALVORADA) run $(ARGS)

up: ## the local stack in the foreground: PostgreSQL, Prefect server and UI, worker, deployments
	$(ALVORADA) up $(ARGS)

down: ## stop a local stack that runs elsewhere
	$(ALVORADA) down $(ARGS)

lint: ## ruff, mypy, the import contracts, the docs and the generated pages
	$(ALVORADA) lint $(ARGS)

bench: ## the measurements
	$(ALVORADA) bench $(ARGS)

docs: ## check the documentation against the code
	$(ALVORADA) docs $(ARGS)

lock: ## make requirements.lock anew from pyproject.toml; ARGS="--upgrade" takes newer versions
	$(ALVORADA) lock $(ARGS)

image: ## build the image of docker-compose.yml, with the commit that it is made of
	@REVISION="$$(git describe --always --dirty --abbrev=12 --exclude='*')" docker compose build $(ARGS)
