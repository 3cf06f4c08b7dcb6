# Beachhead. `make help` says what there is.

VERSION := 0.1.0

PREFIX ?= /usr/local
SBINDIR ?= $(PREFIX)/sbin
MANDIR ?= $(PREFIX)/share/man
INCLUDEDIR ?= $(PREFIX)/include
SYSCONFDIR ?= /etc
UNITDIR ?= $(PREFIX)/lib/systemd/system
SYSUSERSDIR ?= $(PREFIX)/lib/sysusers.d

CC ?= cc
CFLAGS ?= -O2 -g
CLANG ?= clang
PYTEST ?= /usr/bin/python3 -m pytest

WARNINGS := -Wall -Wextra -Wshadow -Wformat=2 -Wstrict-prototypes -Wmissing-prototypes -Wvla -Werror
COMMON_PACKAGES := libsystemd hiredis libcurl libcjson inih $(shell pkg-config --exists hiredis_ssl && echo hiredis_ssl)
CONSUMER_PACKAGES := libcrypto

HARDENING := -D_FORTIFY_SOURCE=2 -fstack-protector-strong -fPIE
SANITIZERS := -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer

# One build folder a variant: `make VARIANT=asan …` builds into build/asan.
VARIANT ?=
BUILD := build$(if $(VARIANT),/$(VARIANT))
ifeq ($(VARIANT),asan)
VARIANT_FLAGS := -O1 -g $(SANITIZERS)
else ifeq ($(VARIANT),coverage)
VARIANT_FLAGS := -O0 -g --coverage
else ifeq ($(VARIANT),fuzz)
VARIANT_FLAGS := -O1 -g $(SANITIZERS) -fsanitize=fuzzer-no-link
CC := $(CLANG)
else ifeq ($(VARIANT),)
VARIANT_FLAGS := $(HARDENING)
endif

PACKAGES := $(COMMON_PACKAGES) $(CONSUMER_PACKAGES)
ALL_CFLAGS = -std=gnu11 -D_GNU_SOURCE -DBEACHHEAD_VERSION='"$(VERSION)"' -Iinclude -I. \
	$(shell pkg-config --cflags $(PACKAGES)) $(WARNINGS) $(CFLAGS) $(VARIANT_FLAGS) $(CPPFLAGS) -MMD -MP -pthread
ALL_LDFLAGS = $(if $(VARIANT),,-pie -Wl,-z,relro,-z,now) -Wl,--as-needed $(LDFLAGS) $(VARIANT_FLAGS) -pthread
LIBRARIES = $(shell pkg-config --libs $(PACKAGES))

COMMON := $(patsubst %.c,$(BUILD)/%.o,$(wildcard common/*.c))
REGISTRAR := $(patsubst %.c,$(BUILD)/%.o,$(filter-out registrar/main.c,$(wildcard registrar/*.c)))
CONSUMER := $(patsubst %.c,$(BUILD)/%.o,$(filter-out consumer/main.c,$(wildcard consumer/*.c consumer/*/*.c)))
PROGRAMS := $(BUILD)/beachhead-registrar $(BUILD)/beachhead-consumer
ROOMS := common registrar consumer
UNIT_TESTS := $(foreach room,$(ROOMS),$(patsubst %.c,$(BUILD)/%,$(wildcard tests/unit/$(room)/test-*.c)))
FUZZERS := $(foreach room,$(ROOMS),$(patsubst %.c,$(BUILD)/%,$(wildcard tests/fuzz/$(room)/fuzz-*.c)))

SOURCES := $(wildcard common/*.c registrar/*.c consumer/*.c consumer/*/*.c)
ALL_C := $(SOURCES) $(wildcard include/beachhead/*.h common/*.h registrar/*.h consumer/*.h consumer/*/*.h \
	tests/unit/*.h tests/unit/*/*.c tests/fuzz/*/*.c bench/*.c)
SHELL_SCRIPTS := $(shell grep -lIE '^\#!/(usr/)?bin/(env )?(ba)?sh' -r .ci tests docs examples bench systemd 2>/dev/null)

.DELETE_ON_ERROR:
.PHONY: all build-packages programs test check integration demo bench acceptance install uninstall clean dist \
	format format-check lint asan fuzz coverage help unit-programs

all: build-packages ## build both programs (installs the missing Debian packages first)
	@$(MAKE) --no-print-directory programs

build-packages:
	@tests/install-packages build

programs: $(PROGRAMS)

$(BUILD)/%.o: %.c Makefile
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -c $< -o $@

$(BUILD)/libcommon.a: $(COMMON)
$(BUILD)/libregistrar.a: $(REGISTRAR)
$(BUILD)/libconsumer.a: $(CONSUMER)
$(BUILD)/%.a:
	@rm -f $@
	$(AR) rcs $@ $^

$(BUILD)/beachhead-registrar: $(BUILD)/registrar/main.o $(BUILD)/libregistrar.a $(BUILD)/libcommon.a
	$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LIBRARIES)
$(BUILD)/beachhead-consumer: $(BUILD)/consumer/main.o $(BUILD)/libconsumer.a $(BUILD)/libcommon.a
	$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LIBRARIES)

# Unit tests: one Check program a file, linked with its own room and what it stands on.
$(BUILD)/tests/unit/common/%: $(BUILD)/tests/unit/common/%.o $(BUILD)/libcommon.a
	$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LIBRARIES) $(shell pkg-config --libs check)
$(BUILD)/tests/unit/registrar/%: $(BUILD)/tests/unit/registrar/%.o $(BUILD)/libregistrar.a $(BUILD)/libcommon.a
	$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LIBRARIES) $(shell pkg-config --libs check)
$(BUILD)/tests/unit/consumer/%: $(BUILD)/tests/unit/consumer/%.o $(BUILD)/libconsumer.a $(BUILD)/libcommon.a
	$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LIBRARIES) $(shell pkg-config --libs check)
unit-programs: $(UNIT_TESTS)

# Fuzz targets: built with libFuzzer by `make VARIANT=fuzz fuzz-programs`.
$(BUILD)/tests/fuzz/common/%: $(BUILD)/tests/fuzz/common/%.o $(BUILD)/libcommon.a
	$(CC) $(ALL_LDFLAGS) -fsanitize=fuzzer -o $@ $^ $(LIBRARIES)
$(BUILD)/tests/fuzz/registrar/%: $(BUILD)/tests/fuzz/registrar/%.o $(BUILD)/libregistrar.a $(BUILD)/libcommon.a
	$(CC) $(ALL_LDFLAGS) -fsanitize=fuzzer -o $@ $^ $(LIBRARIES)
$(BUILD)/tests/fuzz/consumer/%: $(BUILD)/tests/fuzz/consumer/%.o $(BUILD)/libconsumer.a $(BUILD)/libcommon.a
	$(CC) $(ALL_LDFLAGS) -fsanitize=fuzzer -o $@ $^ $(LIBRARIES)
.PHONY: fuzz-programs
fuzz-programs: $(FUZZERS)

test: ## everything a change must pass: units (also under ASan and UBSan), real Redis, Engine and nginx
	@tests/run test

check: ## the unit tests alone
	@tests/run check

integration: ## the tests on real parts alone
	@tests/run integration

acceptance: ## the long forms: everything in `make test`, and all that takes longer
	@tests/run acceptance

demo: ## a container starts, its domain is served: on private Redis, nginx and Docker Engine (KEEP=1 stays)
	@examples/demo/run

asan: ## the unit tests under ASan and UBSan
	@tests/run asan

fuzz: ## every fuzz target for FUZZ_SECONDS (60)
	@tests/run fuzz

coverage: ## line coverage of the unit tests
	@tests/run coverage

lint: ## warnings, clang-tidy, cppcheck, gcc -fanalyzer, shellcheck, unit files, man pages
	@tests/lint

format: ## reformat the C sources
	clang-format -i $(ALL_C)

format-check: ## fail where clang-format would change something
	@tests/install-packages lint
	clang-format --dry-run --Werror $(ALL_C)

print-%:
	@echo $($*)

clean: ## remove everything that was built
	rm -rf build

help: ## this text
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
.SECONDARY:
