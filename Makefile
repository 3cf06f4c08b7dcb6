# Beachhead. `make help` says what there is.

# The only place where it is written; CHANGELOG.md begins with it.
VERSION := 0.1.0

PREFIX ?= /usr/local
SBINDIR ?= $(PREFIX)/sbin
DATADIR ?= $(PREFIX)/share
MANDIR ?= $(DATADIR)/man
DRIVERDIR ?= $(PREFIX)/libexec/beachhead/drivers
SYSCONFDIR ?= /etc
UNITDIR ?= $(PREFIX)/lib/systemd/system
SYSUSERSDIR ?= $(PREFIX)/lib/sysusers.d
TMPFILESDIR ?= $(PREFIX)/lib/tmpfiles.d
BASHCOMPDIR ?= $(DATADIR)/bash-completion/completions
ZSHCOMPDIR ?= $(DATADIR)/zsh/site-functions
DESTDIR ?=

CC ?= cc
CFLAGS ?= -O2 -g
CLANG ?= clang
PYTEST ?= /usr/bin/python3 -m pytest

WARNINGS := -Wall -Wextra -Wshadow -Wformat=2 -Wstrict-prototypes -Wmissing-prototypes -Wvla -Werror
HIREDIS_SSL := $(shell pkg-config --exists hiredis_ssl && echo hiredis_ssl libssl libcrypto)
COMMON_PACKAGES := libsystemd hiredis libcurl libcjson inih libidn2 libpcre2-8 $(HIREDIS_SSL)
REGISTRAR_PACKAGES := yaml-0.1
CONSUMER_PACKAGES := libcrypto libpsl libmicrohttpd

HARDENING := -D_FORTIFY_SOURCE=2 -fstack-protector-strong -fPIE
SANITIZERS := -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer

# `make V=1` shows the commands.
V ?=
Q := $(if $(V),,@)
SAY = $(if $(V),@:,@printf '  %-6s %s\n')

# One build folder a variant: `make VARIANT=asan …` builds into build/asan.
VARIANT ?=
BUILD := build$(if $(VARIANT),/$(VARIANT))
ifeq ($(VARIANT),asan)
# One build for the tests under sanitizers and for the fuzz targets, which need clang. Lines are enough for its reports.
VARIANT_FLAGS := -O1 -g1 $(SANITIZERS) -fsanitize=fuzzer-no-link
CC := $(CLANG)
else ifeq ($(VARIANT),clang)
VARIANT_FLAGS := $(HARDENING)
CC := $(CLANG)
else ifeq ($(VARIANT),coverage)
VARIANT_FLAGS := -O0 -g --coverage -fprofile-update=atomic
REPLAY := $(BUILD)/tests/fuzz/replay.o
else ifeq ($(VARIANT),)
VARIANT_FLAGS := $(HARDENING)
endif

PACKAGES := $(COMMON_PACKAGES) $(REGISTRAR_PACKAGES) $(CONSUMER_PACKAGES)
ALL_CFLAGS = -std=gnu11 -D_GNU_SOURCE -DBEACHHEAD_VERSION='"$(VERSION)"' -DDRIVER_DIRECTORY='"$(DRIVERDIR)"' \
	-DSERVICES_DIRECTORY='"$(SYSCONFDIR)/beachhead/services.d"' \
	-DHAVE_HIREDIS_SSL=$(if $(HIREDIS_SSL),1,0) -Iinclude -I. \
	$(shell pkg-config --cflags $(PACKAGES)) $(WARNINGS) $(CFLAGS) $(VARIANT_FLAGS) $(CPPFLAGS) -MMD -MP -pthread
ALL_LDFLAGS = $(if $(filter-out clang,$(VARIANT)),,-pie -Wl,-z,relro,-z,now) -Wl,--as-needed $(LDFLAGS) $(VARIANT_FLAGS) -pthread
LIBRARIES = $(shell pkg-config --libs $(PACKAGES))

COMMON := $(patsubst %.c,$(BUILD)/%.o,$(wildcard common/*.c))
REGISTRAR := $(patsubst %.c,$(BUILD)/%.o,$(filter-out registrar/main.c,$(wildcard registrar/*.c)))
CONSUMER := $(patsubst %.c,$(BUILD)/%.o,$(filter-out consumer/main.c,$(wildcard consumer/*.c consumer/*/*.c)))
PROGRAMS := $(patsubst %/main.c,$(BUILD)/beachhead-%,$(wildcard registrar/main.c consumer/main.c))
ROOMS := common registrar consumer
UNIT_TESTS := $(foreach room,$(ROOMS),$(patsubst %.c,$(BUILD)/%,$(wildcard tests/unit/$(room)/test-*.c)))
COMPONENT_TESTS := $(foreach room,$(ROOMS),$(patsubst %.c,$(BUILD)/%,$(wildcard tests/component/$(room)/test-*.c)))
BENCH_SOURCES := $(wildcard bench/*.c)
BENCH_PROGRAMS := $(patsubst %.c,$(BUILD)/%,$(BENCH_SOURCES))
FUZZERS := $(foreach room,$(ROOMS),$(patsubst %.c,$(BUILD)/%,$(wildcard tests/fuzz/$(room)/fuzz-*.c)))

SOURCES := $(wildcard common/*.c registrar/*.c consumer/*.c consumer/*/*.c)
ALL_C := $(SOURCES) $(wildcard include/beachhead/*.h common/*.h registrar/*.h consumer/*.h consumer/*/*.h \
	tests/unit/*.h tests/unit/*/*.[ch] tests/component/*.h tests/component/*/*.[ch] \
	tests/fuzz/*.c tests/fuzz/*/*.[ch] bench/*.c examples/*/*.c)
SHELL_SCRIPTS := $(shell grep -lIE '^\#!/(usr/)?bin/(env )?(ba)?sh' --exclude='*.[0-9]' --exclude='*.md' -r \
	.ci consumer tests docs examples bench systemd 2>/dev/null)

.DELETE_ON_ERROR:
.PHONY: all build-packages programs test check integration demo bench chaos soak acceptance install uninstall clean \
	deb dist format format-check lint asan fuzz coverage help unit-programs component-programs fuzz-programs bench-programs \
	confd-stand-in example-debian

all: build-packages ## build both programs (installs the missing Debian packages first)
	@$(MAKE) --no-print-directory programs

build-packages: ## install the Debian packages that a build needs
	@tests/install-packages build

programs: $(PROGRAMS) ## build both programs, install nothing

$(BUILD)/%.o: %.c Makefile
	@mkdir -p $(@D)
	$(SAY) CC $<
	$(Q)$(CC) $(ALL_CFLAGS) -c $< -o $@

$(BUILD)/consumer/status/page.o: consumer/status/page.html # which page.c takes in

$(BUILD)/libcommon.a: $(COMMON)
$(BUILD)/libregistrar.a: $(REGISTRAR)
$(BUILD)/libconsumer.a: $(CONSUMER)
$(BUILD)/%.a:
	@rm -f $@
	$(SAY) AR $@
	$(Q)$(AR) rcs $@ $^

$(BUILD)/beachhead-registrar: $(BUILD)/registrar/main.o $(BUILD)/libregistrar.a $(BUILD)/libcommon.a
	$(SAY) LD $@
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LIBRARIES)
$(BUILD)/beachhead-consumer: $(BUILD)/consumer/main.o $(BUILD)/libconsumer.a $(BUILD)/libcommon.a
	$(SAY) LD $@
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LIBRARIES)

# Tests are Check programs, fuzz targets libFuzzer programs, one a file, linked with their room and what it stands on.
LIBRARIES_OF_common := $(BUILD)/libcommon.a
LIBRARIES_OF_registrar := $(BUILD)/libregistrar.a $(BUILD)/libcommon.a
LIBRARIES_OF_consumer := $(BUILD)/libconsumer.a $(BUILD)/libcommon.a
# What several component tests of a room stand on: its sources that are no test.
ground = $(patsubst %.c,$(BUILD)/%.o,$(filter-out tests/component/$(1)/test-%,$(wildcard tests/component/$(1)/*.c)))
define ROOM_RULES
GROUND_OF_$(1) := $(call ground,$(1))
$(BUILD)/tests/unit/$(1)/%: $(BUILD)/tests/unit/$(1)/%.o $$(LIBRARIES_OF_$(1))
	$$(SAY) LD $$@
	$$(Q)$$(CC) $$(ALL_LDFLAGS) -o $$@ $$^ $$(LIBRARIES) $$(shell pkg-config --libs check)
$(BUILD)/tests/component/$(1)/%: $(BUILD)/tests/component/$(1)/%.o $$(GROUND_OF_$(1)) $$(LIBRARIES_OF_$(1))
	$$(SAY) LD $$@
	$$(Q)$$(CC) $$(ALL_LDFLAGS) -o $$@ $$^ $$(LIBRARIES) $$(shell pkg-config --libs check)
$(BUILD)/tests/fuzz/$(1)/%: $(BUILD)/tests/fuzz/$(1)/%.o $$(REPLAY) $$(LIBRARIES_OF_$(1))
	$$(SAY) LD $$@
	$$(Q)$$(CC) $$(ALL_LDFLAGS) $$(if $$(REPLAY),,-fsanitize=fuzzer) -o $$@ $$^ $$(LIBRARIES)
endef
$(foreach room,$(ROOMS),$(eval $(call ROOM_RULES,$(room))))
# What the tests use where no confd is to be had. Go's cache lies in build/ too.
STAND_IN := $(wildcard tests/confd/*.go tests/confd/go.mod)
GO = cd tests/confd && GOCACHE=$(CURDIR)/build/go-cache GOFLAGS=-buildvcs=false go
build/confd: $(STAND_IN)
	@mkdir -p $(@D)
	$(SAY) GO $@
	$(Q)$(GO) build -o $(CURDIR)/$@ .
confd-stand-in: build/confd ## build what the tests use in its place

# What the images of examples are made of, where there is no registry to ask.
example-debian: ## build the Debian that examples' images stand on
	@tests/example-debian

$(BUILD)/bench/%: $(BUILD)/bench/%.o $(BUILD)/libcommon.a
	$(SAY) LD $@
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LIBRARIES)

unit-programs: $(UNIT_TESTS) ## build the unit tests
component-programs: $(COMPONENT_TESTS) ## build those on real parts that need no system
fuzz-programs: $(FUZZERS) ## build the fuzz targets (VARIANT=asan)
bench-programs: $(BENCH_PROGRAMS) ## build what `make bench` measures with

test: ## everything a change must pass: units (also under ASan and UBSan), real Redis, Engine and nginx
	@tests/run test

check: ## the unit tests alone
	@tests/run check

integration: ## the tests on real parts alone
	@tests/run integration

chaos: ## every fault, long and short, with visitors at the edge all the time
	@tests/run chaos

soak: ## 20 changes a second for 30 minutes (BEACHHEAD_SOAK_SECONDS): nothing grows
	@tests/run soak

acceptance: ## the long forms: everything in `make test`, and all that takes longer
	@tests/run acceptance

demo: ## a container starts, its domain is served: on private Redis, nginx and Docker Engine (KEEP=1 stays)
	@examples/demo/run

bench: ## every figure of docs/performance.md, beside floors and peers; writes them there (about 10 minutes)
	@tests/install-packages test bench
	@$(MAKE) --no-print-directory programs bench-programs
	@bench/run --docs=docs

asan: ## the unit tests under ASan and UBSan
	@tests/run asan

fuzz: ## every fuzz target for FUZZ_SECONDS (60), one a core at a time
	@tests/run fuzz

coverage: ## line coverage of all tests; fails where it is less than it should be
	@tests/run coverage

lint: ## warnings, clang-tidy, cppcheck, gcc -fanalyzer, shellcheck, unit files, man pages, links, spelling
	@tests/lint

format: ## reformat the C sources
	@clang-format -i $(ALL_C)

format-check: ## fail where clang-format would change something
	@tests/install-packages lint
	@clang-format --dry-run --Werror $(ALL_C)

print-%:
	$(info $($*))@:

# What is installed where, FILE:PLACE; `install` and `uninstall` go by this list alone. What is executable stays so.
into = $(foreach file,$(1),$(file):$(2)/$(notdir $(file)))
INSTALLED = $(call into,$(PROGRAMS),$(SBINDIR)) \
	$(call into,$(wildcard consumer/certs/drivers/*),$(DRIVERDIR)) \
	$(foreach section,5 7 8,$(call into,$(wildcard docs/*.$(section)),$(MANDIR)/man$(section))) \
	$(call into,$(wildcard systemd/*.service),$(UNITDIR)) \
	systemd/beachhead.sysusers:$(SYSUSERSDIR)/beachhead.conf \
	systemd/beachhead.tmpfiles:$(TMPFILESDIR)/beachhead.conf \
	$(call into,$(wildcard examples/consumers/*),$(DATADIR)/beachhead/consumers) \
	$(foreach file,$(wildcard confd-templates/README.md confd-templates/*/*),$(file):$(DATADIR)/beachhead/$(file)) \
	$(call into,$(wildcard docs/*.acl),$(DATADIR)/beachhead) \
	$(foreach program,$(notdir $(PROGRAMS)),docs/completion/beachhead.bash:$(BASHCOMPDIR)/$(program) \
		docs/completion/_beachhead:$(ZSHCOMPDIR)/_$(program))
CONFIGURATION = $(call into,$(wildcard systemd/*.conf),$(SYSCONFDIR)/beachhead)
OWN_DIRECTORIES = $(DRIVERDIR) $(filter %/beachhead,$(patsubst %/drivers,%,$(DRIVERDIR))) $(DATADIR)/beachhead \
	$(SYSCONFDIR)/beachhead

# Texts name the places of a build without options; $$file as it is to be installed.
INSTALLED_TEXT = sed 's|/usr/local/sbin/|$(SBINDIR)/|g; s|/usr/local/share/|$(DATADIR)/|g; \
	s|/usr/local/libexec/beachhead/drivers|$(DRIVERDIR)|g; s|/etc/beachhead|$(SYSCONFDIR)/beachhead|g' $$file
for_each = set -e; for pair in $(1); do file=$${pair%%:*} place=$(DESTDIR)$${pair\#*:}; $(2); done
PUT = case $$file in build/*) install -D $$file $$place ;; \
	*) $(INSTALLED_TEXT) | install -D -m $$([ -x $$file ] && echo 755 || echo 644) /dev/stdin $$place ;; esac

install: programs ## install both, with all that belongs to them; configuration that is there stays as it is
	$(Q)$(call for_each,$(INSTALLED),$(PUT))
	$(Q)$(call for_each,$(CONFIGURATION),[ -e $$place ] || $(PUT))
	$(Q)install -d $(DESTDIR)$(SYSCONFDIR)/beachhead/services.d

uninstall: ## remove what install has put there, but neither configuration that was changed nor state
	$(Q)$(call for_each,$(INSTALLED),rm -f $$place)
	$(Q)$(call for_each,$(CONFIGURATION),! $(INSTALLED_TEXT) | cmp -s - $$place || rm $$place)
	$(Q)for own in $(addprefix $(DESTDIR),$(OWN_DIRECTORIES)); do \
		[ ! -d $$own ] || find $$own -depth -type d -empty -delete || exit; done

# The same bytes for the same commit, whoever makes them, when and where.
dist: ## the committed tree as build/beachhead-VERSION.tar.gz
	@mkdir -p build
	$(Q)git -c tar.umask=0022 archive --prefix=beachhead-$(VERSION)/ HEAD | gzip -9n >build/beachhead-$(VERSION).tar.gz
	@echo build/beachhead-$(VERSION).tar.gz

deb: ## packages for this Debian, build/*.deb
	@tests/install-packages deb
	@tests/build-packages $(VERSION)

clean: ## remove everything that was built
	rm -rf build

help: ## this text
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-18s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))
	@awk -F ' [?]= *' 'BEGIN { print "\nand what they go by, with its default:" } \
		/^[A-Z]+ [?]=/ { printf "  %s=%s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

-include $(shell find $(addprefix $(BUILD)/,$(ROOMS) tests bench) -name '*.d' 2>/dev/null)
.SECONDARY:
