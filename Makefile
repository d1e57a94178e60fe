# demo and test are all a newcomer types; both set the machine up first and do no work twice.
.PHONY: demo test setup build bench
PRESET ?= release
JOBS ?= $(shell nproc)

setup:
	@scripts/setup

build: setup
	@scripts/build $(PRESET)
