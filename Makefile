# Each target is one call of `python -m tools`, which does the same on Windows: see tools/tasks.py.
#   make demo                      make test ARGS="-k words"
#   make setup ACCELERATOR=cuda    make demo PYTHON=python3.12

PYTHON ?= python3
ARGS ?=

ifdef ACCELERATOR
export HEARSAY_ACCELERATOR := $(ACCELERATOR)
endif

TASKS := setup demo test clients lint check bench bench-peers bench-scenes model godot gen bundle wheel lock clean help

.DEFAULT_GOAL := help
.PHONY: $(TASKS)

$(TASKS):
	@$(PYTHON) -m tools $@ $(ARGS)
