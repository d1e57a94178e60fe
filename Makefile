# demo and test are all a newcomer types; both set the machine up first and do no work twice.
.PHONY: demo test setup build bench install asan tsan tidy format clean
PRESET ?= release
PREFIX ?= /usr/local

demo: setup
	@scripts/build release
	@scripts/demo

test:
	@scripts/setup test
	@scripts/build dev
	@ctest --test-dir build/dev --output-on-failure -j 2

setup:
	@scripts/setup

build: setup
	@scripts/build $(PRESET)

install: setup
	@scripts/build release
	@cmake --install build/release --prefix "$(PREFIX)"

bench:
	@scripts/setup bench
	@scripts/build release
	@bench/run

asan tsan:
	@scripts/setup test
	@scripts/build $@
	@ctest --test-dir build/$@ --output-on-failure -j 2

tidy: setup
	@scripts/build tidy

format:
	@git ls-files '*.h' '*.cc' | xargs clang-format -i

clean:
	@rm -rf build
