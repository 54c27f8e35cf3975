# The two commands that matter are `make report` and `make test`; see README.md.
# Everything is set up in this folder: .venv (the project's Python), .venvs (other interpreters), target.

VENV := .venv
PYTHON := $(VENV)/bin/python
CONSTRAINTS := python/constraints.txt
OTHER_PYTHONS := 3.12 3.13
# What `make interpreters` fetched; only CPython, since the wheel's extension module is built for it.
FETCHED := $(wildcard .interpreters/bin/python3.*)
OUT := target/conformance
RUST_SOURCES := $(shell find harness reports python -name '*.rs' -o -name '*.toml' -o -name '*.html' -o -name '*.py' -not -path '*/target/*')
CASES := $(shell find cases -name '*.json')
BUFCHECK := cargo run --quiet --package bufcheck --bin bufcheck --

.PHONY: browser sarif pages help setup build python report matrix histories test python-test example-pyo3 lint schemas interpreter-cases bench clean

help:
	@echo 'make repros   the program of every must finding of corpus, C mutants and packages, run alone: the confirmed rate'
	@echo 'make report   set up, build, check the built-in corpus, write $(OUT)/report.{json,html}'
	@echo 'make test     everything CI checks'
	@echo 'make matrix   the corpus on every CPython found ($(OTHER_PYTHONS))'
	@echo 'make histories  random histories of the corpus (SEED=1 STEPS=100)'
	@echo 'make python-test   the Python package, installed by pip: API, pytest plugin, guides'
	@echo 'make example-pyo3  cargo test in a PyO3 crate outside the workspace'
	@echo 'make selftest      mutants and clean set on every CPython found'
	@echo 'make ecosystem     packages that people use, as recorded (target/ecosystem); make zig: the one in Zig'
	@echo 'make ecosystem-heavy  the large ones: jax media mpi qt scene vtk (GROUPS=... for some), removed again'
	@echo 'make upstream      the reproducers of what was reported upstream'
	@echo 'make trace-selftest  tests of CPython, with and without the tracer'
	@echo 'make sound    the crate with unsafe code under Miri, sanitizers and valgrind, as far as they are had'
	@echo 'make examples      code to copy, one folder a binding, built and checked'
	@echo 'make package       what a release gives away: crates, wheel, sdist, built and inspected'
	@echo 'make browser       the HTML pages, read and judged in Chromium'
	@echo 'make sarif         the SARIF logs, judged by SARIF Multitool'
	@echo 'make bench    measure, and print the ratios'
	@echo 'make schemas  write cases/schema/*.json anew'
	@echo 'make interpreters  fetch newer and other interpreters into .interpreters; make matrix uses them'
	@echo 'make interpreter-cases  write cases/interpreter/*.json anew (their known deviations stay)'
	@echo 'make clean    remove everything that the others made'

# --- set-up --------------------------------------------------------------------------------------------

setup: $(VENV)/.stamp

$(VENV)/.stamp: $(CONSTRAINTS)
	python3 -m venv $(VENV)
	$(PYTHON) -m pip install --quiet --disable-pip-version-check -c $(CONSTRAINTS) numpy maturin uv ruff pytest
	touch $@

build: setup
	cargo build --workspace --exclude bufcheck-python

# The Python package for workers in other interpreters: an abi3 wheel, unpacked where `bufcheck` finds it.
python: target/python/.stamp

target/python/.stamp: $(VENV)/.stamp $(RUST_SOURCES) $(CASES)
	rm -rf target/wheels
	$(VENV)/bin/maturin build --quiet --profile dev --manifest-path python/Cargo.toml --target-dir target/maturin \
	    --interpreter $(PYTHON) --out target/wheels
	rm -rf target/python
	$(PYTHON) -m pip install --quiet --disable-pip-version-check --no-deps --target target/python \
	    target/wheels/bufcheck-*.whl
	touch $@

# Interpreters other than the project's own, each with the pinned NumPy; one that is missing is said so.
.venvs/%/.stamp: $(CONSTRAINTS) | $(VENV)/.stamp
	@rm -rf .venvs/$*
	@found=$$(tools/find-python $*) || { echo "skipped: no CPython $* on this machine"; exit 0; }; \
	    "$$found" -m venv .venvs/$* && \
	    .venvs/$*/bin/python -m pip install --quiet --disable-pip-version-check -c $(CONSTRAINTS) numpy && \
	    touch $@

# --- the main job --------------------------------------------------------------------------------------

report: build defects
	@mkdir -p $(OUT)
	PYTHONPATH=target/defects $(BUFCHECK) selftest --json $(OUT)/selftest.json
	$(BUFCHECK) run --corpus --selftest $(OUT)/selftest.json --json $(OUT)/report.json --html $(OUT)/report.html --record $(OUT)/run.jsonl
	@echo 'Report: $(OUT)/report.html'

# Newer and other interpreters, from the packages of Debian: seconds, network, 350 MB. What cannot be had is said so.
.PHONY: interpreters
interpreters:
	tools/interpreters .interpreters

matrix: build python $(OTHER_PYTHONS:%=.venvs/%/.stamp)
	@mkdir -p $(OUT)
	$(BUFCHECK) run --corpus --python $(PYTHON) $(foreach v,$(OTHER_PYTHONS),$(if $(wildcard .venvs/$(v)/bin/python),--python .venvs/$(v)/bin/python)) \
	    $(foreach python,$(FETCHED),--python $(python)) --json $(OUT)/matrix.json --html $(OUT)/matrix.html

# Random histories of the whole corpus: nothing may show but what is recorded.
histories: build
	$(BUFCHECK) fuzz '*' --seed $(or $(SEED),1) --steps $(or $(STEPS),100)

# The pages of every kind, read in Chromium: first screen, links, filters, copying, themes, scripts off, and axe-core.
browser: .venvs/browser/.stamp pages
	.venvs/browser/bin/python tools/browser target/pages

# The SARIF logs of every kind, judged by the validator of the standard.
sarif: pages
	tools/sarif target/pages

pages:
	cargo run --quiet --package bufcheck-reports --example pages -- target/pages

.venvs/browser/.stamp: $(VENV)/.stamp $(CONSTRAINTS)
	@test -d .venvs/browser || $(PYTHON) -m venv .venvs/browser
	@.venvs/browser/bin/python -m pip install --quiet --disable-pip-version-check -c $(CONSTRAINTS) playwright axe-playwright-python \
	    || echo 'skipped: Playwright and axe-core could not be had'
	@touch $@

# --- checks --------------------------------------------------------------------------------------------

test: lint schemas-fresh
	cargo test --workspace --exclude bufcheck-python
	$(MAKE) matrix
	$(MAKE) histories
	$(MAKE) python-test
	$(MAKE) example-pyo3
	$(MAKE) ecosystem
	$(MAKE) zig

# The package as a user installs it, in an environment of its own, and everything that Python can ask of it.
python-test: .venvs/package/.stamp
	.venvs/package/bin/mypy --config-file python/pyproject.toml python/bufcheck
	.venvs/package/bin/pytest -rs -n 2 -p no:cacheprovider -m 'not cargo' python/tests

.venvs/package/.stamp: $(VENV)/.stamp $(RUST_SOURCES) $(CASES) python/pyproject.toml
	@test -d .venvs/package || $(PYTHON) -m venv .venvs/package
	MATURIN_PEP517_ARGS='--profile dev --target-dir $(CURDIR)/target/maturin' PIP_CONSTRAINT=$(CURDIR)/$(CONSTRAINTS) \
	    .venvs/package/bin/python -m pip install --quiet --disable-pip-version-check --force-reinstall --no-deps ./python
	.venvs/package/bin/python -m pip install --quiet --disable-pip-version-check -c $(CONSTRAINTS) \
	    hypothesis mypy numpy pytest pytest-xdist pyyaml xmlschema
	touch $@

# A crate outside the workspace: its tests run, and those that should fail do.
example-pyo3: .venvs/package/.stamp
	CARGO_TARGET_DIR=$(CURDIR)/target .venvs/package/bin/pytest -rs -p no:cacheprovider -m cargo python/tests

# Modules that nobody here wrote, each deviation proven by ctypes first; and the Zig module (about a minute).
.PHONY: third-party ecosystem ecosystem-heavy zig
third-party ecosystem: build python
	tools/third-party

# The same for packages of several hundred megabytes, one group after the other (GROUPS='qt vtk' for some of them).
ecosystem-heavy: build python
	tools/third-party heavy $(GROUPS)

zig: build python
	tools/third-party zig

# The reproducers of what was reported upstream: each still shows what its text says, without bufcheck.
.PHONY: upstream
upstream: setup
	$(PYTHON) reports/upstream/run.py

# Code to copy, one folder a binding: the good is clean, each slip of the bad is found.
.PHONY: examples
examples: build python
	tools/examples

# Crates, wheel and sdist as a release makes them, and whether they are complete. Compiles everything once more for
# the wheel, so CI has a job of its own for it.
.PHONY: package
package: setup
	tools/package

lint: setup
	cargo fmt --all -- --check
	cargo clippy --workspace --all-targets -- -D warnings
	cargo fmt --manifest-path fuzz/Cargo.toml -- --check
	cargo clippy --manifest-path fuzz/Cargo.toml --all-targets -- -D warnings
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .

schemas: setup
	cargo run --quiet --package bufcheck-model --example schemas -- cases/schema

# The calls of the interpreter's functions, out of the protocol's types.
interpreter-cases:
	cargo run --quiet -p bufcheck-rules --example interpreter_cases -- cases/interpreter

.PHONY: schemas-fresh
schemas-fresh: setup
	@fresh=$$(mktemp -d) && cargo run --quiet --package bufcheck-model --example schemas -- "$$fresh" && \
	    diff -r "$$fresh" cases/schema && rm -r "$$fresh" || { echo 'the schemas are stale: run `make schemas`'; exit 1; }

bench: build
	cargo run --quiet --release --package bufcheck-probe --example speed
	cargo build --quiet --release --package bufcheck-probe --bin bufcheck-worker
	cargo bench --package bufcheck --bench engine --bench consumers

clean:
	rm -rf target $(VENV) .venvs

# --- the suite itself ----------------------------------------------------------------------------------

PYTHONS = $(PYTHON) $(foreach v,$(OTHER_PYTHONS),$(wildcard .venvs/$(v)/bin/python))

# What can be had of Miri, sanitizers and valgrind, over the crate with unsafe code.
.PHONY: sound
sound: setup
	tools/sound

# The exporters in C, once for each interpreter, side by side.
.PHONY: defects selftest witness mutants-of-checker fuzz
defects: setup
	@for python in $(PYTHONS); do $$python python/tests/defects/build.py target/defects || exit 1; done

# Every mutant is caught by the rule it was made to break, and nothing clean is accused.
selftest: build python $(OTHER_PYTHONS:%=.venvs/%/.stamp)
	@$(MAKE) --no-print-directory defects
	PYTHONPATH=target/defects $(BUFCHECK) selftest $(foreach p,$(PYTHONS),--python $(p))

# CPython's own tests do with the tracer what they do without it; prints the ratio of the times.
.PHONY: trace-selftest
trace-selftest: python $(OTHER_PYTHONS:%=.venvs/%/.stamp)
	tools/trace-selftest target/python $(PYTHONS)

# Each finding of a `must` rule has a program that shows it without bufcheck. Those of the corpus, of the mutants in C, and
# of the packages that people use are run alone; the rate of those that show their fault is the last line of each.
.PHONY: repros
repros: build python
	$(PYTHON) python/tests/defects/build.py target/defects
	-$(BUFCHECK) repro '*' --quiet
	-PYTHONPATH=target/defects $(BUFCHECK) repro --mutants --quiet $$($(PYTHON) tools/c-mutants)
	tools/third-party
	-$(BUFCHECK) repro '*' --quiet --report target/ecosystem/report.json

# A probe of another kind asks again and compares.
witness: build python
	@mkdir -p $(OUT)
	$(BUFCHECK) run --corpus --python $(PYTHON) --record $(OUT)/witness.jsonl --quiet; \
	    $(PYTHON) python/tests/witness/witness.py $(OUT)/witness.jsonl harness/probe/src/exporter/corpus.py

# Takes hours; MUTANTS_ARGS='--file harness/rules/src/exporter/len.rs' or '--shard 1/20' for a part.
mutants-of-checker:
	PYTHONEXECUTABLE=$(CURDIR)/$(PYTHON) cargo mutants --package bufcheck-protocol --package bufcheck-rules $(MUTANTS_ARGS)

# For SECONDS (600 if absent) on every target; `make test` runs the same for a moment.
.PHONY: fuzz-short
fuzz-short:
	cargo test --quiet --manifest-path fuzz/Cargo.toml

test: defects fuzz-short
test: export PYTHONPATH := $(CURDIR)/target/defects

fuzz:
	cargo run --release --manifest-path fuzz/Cargo.toml -- $(or $(SECONDS),600)
