# Two commands: `make demo` runs the main job, `make test` passes the tests. Each sets up all it needs.
# `make demo FAST=1` is the short one; `make check` runs the static checks alone; `make quick` the quick tests alone.
.DEFAULT_GOAL := help
.PHONY: help demo test check quick setup
MAKEFLAGS += --no-print-directory

PY := .venv/bin/python
# Real clicks: the folder NASREC_DATA names, else ../shared/data where it exists, else a download or synthetic clicks.
NASREC_DATA ?= $(realpath ../shared/data)
ifneq ($(NASREC_DATA),)
export NASREC_DATA
endif

help:
	@sed -n '1,2s/^# //p' Makefile

setup:
	@.ci/setup

demo: setup
	@$(PY) -m nasrec_tf.command.main demo $(if $(FAST),--fast)

check: setup
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy
	.venv/bin/lint-imports --no-logo

quick: setup
	$(PY) -m pytest -q -m "not slow and not e2e"

test: check quick
	$(PY) -m pytest -q -m "slow or e2e"
