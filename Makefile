# The commands of the house. Each starts with the set-up, which does only what is due.
#   make demo [DATA=export] [PEOPLE=20000] [SEED=1] [DIR=samovar-demo]
#   make test   make check   make bench   make lock

SHELL := /bin/sh
PY := .venv/bin/python
DIR ?= samovar-demo

.PHONY: setup setup-test demo test check bench lock

setup:
	@tools/setup.sh

setup-test:
	@tools/setup.sh test

demo: setup
	@$(PY) -m tools.demo --dir "$(DIR)" --export "$(DATA)" --people "$(PEOPLE)" --seed "$(SEED)"

test: setup-test
	@$(PY) -m tools.test

check: setup-test
	@$(PY) -m tools.check

bench: setup-test
	@$(PY) -m bench.run $(ONLY)

# Compile the locks anew from requirements/*.in; needs a network with a package index.
lock: setup-test
	@tools/lock.sh
