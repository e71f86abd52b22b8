# make run: a private instance with a first mail through it. make test: everything that must hold in code.
# make install DESTDIR=... PREFIX=/usr : see README.md.

SHELL = /bin/bash
PACKAGES = liblmdb-dev libunbound-dev libssl-dev libpcre2-dev libidn2-dev pkg-config
TEST_PACKAGES = python3 python3-pytest swaks mutt strace procps
SWIFT ?= swift
# Optimising across modules: a relayed message costs 7 % less CPU.
RELEASE = -c release --static-swift-stdlib -Xswiftc -cross-module-optimization
PROGRAMS = master smtpd cleanup qmgr smtp local deliverer bounce pickup showq error discard
SYSTEM_COMMANDS = postconf postmap postalias postlog postlock postkick postmulti
PREFIX ?= /usr
LIBEXEC ?= $(PREFIX)/lib/martlet
SYSCONF ?= /etc/martlet
RUN_DIR ?= $(CURDIR)/run

.PHONY: all build release run test unit-tests system-tests torture lint format setup setup-tests install clean

all: release

setup:
	@.ci/packages $(PACKAGES)

setup-tests: setup
	@.ci/packages $(TEST_PACKAGES)
	@.ci/smtp-tools
	@.ci/accounts

build: setup
	$(SWIFT) build --explicit-target-dependency-import-check error

release: setup
	$(SWIFT) build $(RELEASE) --explicit-target-dependency-import-check error

run: release
	.ci/first-mail .build/release $(RUN_DIR)

test: unit-tests system-tests

unit-tests: setup-tests
	$(SWIFT) build --build-tests --explicit-target-dependency-import-check error
	# Dialogues have deadlines, simulations take all the processor they get: each group runs by itself.
	$(SWIFT) test --skip-build --filter SimulationTests
	$(SWIFT) test --skip-build --filter SMTPServerTests
	$(SWIFT) test --skip-build --skip 'SimulationTests|SMTPServerTests'

# Against the programs that are installed. In debug builds NIO forbids that workers of two generations accept from one socket.
system-tests: release setup-tests
	MARTLET_PROGRAMS=$(CURDIR)/.build/release Tests/System/run

# Kills every program again and again under load, and counts what arrived: SECONDS=7200 for hours, SEED=... for the same order.
torture: SECONDS = 120
torture: SEED =
torture: release setup-tests
	MARTLET_PROGRAMS=$(CURDIR)/.build/release Tests/Torture/torture.py --seconds $(SECONDS) $(if $(SEED),--seed $(SEED))

lint:
	$(SWIFT) format lint --strict --recursive Sources Tests Package.swift

format:
	$(SWIFT) format --in-place --recursive Sources Tests Package.swift

install:
	install -d $(DESTDIR)$(PREFIX)/sbin $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(LIBEXEC) $(DESTDIR)$(SYSCONF) $(DESTDIR)/usr/lib/systemd/system $(DESTDIR)/usr/lib/sysusers.d
	for p in $(PROGRAMS); do install -s -m 755 .build/release/$$p $(DESTDIR)$(LIBEXEC)/$$p; done
	install -s -m 755 .build/release/martlet $(DESTDIR)$(PREFIX)/sbin/martlet
	install -s -m 755 .build/release/sendmail $(DESTDIR)$(PREFIX)/sbin/sendmail
	install -s -m 755 .build/release/postqueue $(DESTDIR)$(PREFIX)/sbin/postqueue
	install -s -m 755 .build/release/postfix $(DESTDIR)$(PREFIX)/sbin/postfix
	for name in $(SYSTEM_COMMANDS); do ln -sf postfix $(DESTDIR)$(PREFIX)/sbin/$$name; done
	for name in postsuper postcat qshape; do ln -sf postqueue $(DESTDIR)$(PREFIX)/sbin/$$name; done
	ln -sf ../sbin/sendmail $(DESTDIR)$(PREFIX)/bin/mailq
	ln -sf ../sbin/sendmail $(DESTDIR)$(PREFIX)/bin/newaliases
	for f in main.cf master.cf; do [ -e $(DESTDIR)$(SYSCONF)/$$f ] || install -m 644 conf/$$f $(DESTDIR)$(SYSCONF)/$$f; done
	install -m 644 systemd/martlet.service $(DESTDIR)/usr/lib/systemd/system/martlet.service
	install -m 644 systemd/martlet.sysusers $(DESTDIR)/usr/lib/sysusers.d/martlet.conf
	# The users as whom the programs run; a package does this by itself (systemd-sysusers).
	@[ -n "$(DESTDIR)" ] || .ci/accounts

clean:
	rm -rf .build run
