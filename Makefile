# The commands of the house. Each starts with the set-up, which does only what is due.
#   make demo [DATA=export] [PEOPLE=20000] [SEED=1] [DIR=a new directory, samovar-demo if it is free]
#   make test   make check   make bench   make lock

SHELL := /bin/sh
PY := .venv/bin/python
# A demo never writes into a directory that holds something: the next one is samovar-demo-2.
ifndef DIR
DIR := $(shell d=samovar-demo; n=1; while [ -e $$d ]; do n=$$((n + 1)); d=samovar-demo-$$n; done; echo $$d)
endif

.PHONY: setup setup-test demo test check bench lock

setup:
	@tools/setup.sh

setup-test:
	@tools/setup.sh test

demo: setup
	@.venv/bin/samovar demo --data "$(DIR)" $(if $(DATA),--export "$(DATA)") \
	  $(if $(PEOPLE),--people "$(PEOPLE)") $(if $(SEED),--seed "$(SEED)")

test: setup-test
	@$(PY) -m tools.test

check: setup-test
	@$(PY) -m tools.check

bench: setup-test
	@$(PY) -m bench.run $(ONLY)

# Compile the locks anew from requirements/*.in; needs a network with a package index.
lock: setup-test
	@tools/lock.sh
