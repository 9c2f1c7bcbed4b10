# `make` alone lists the targets. PYTHON chooses the interpreter, ARGS goes on to the command.
PYTHON ?= python3
ARGS ?=
BIN := .venv/bin

.DEFAULT_GOAL := help
.PHONY: help demo check test test-long test-brokers test-matrix lint bench soak website dist clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' Makefile

demo: .venv/.ready ## the whole story on a throwaway server (ARGS="--keep", ARGS="--tour" for what comes next)
	@$(BIN)/dbml demo $(ARGS)

check: lint .venv/.openmp .venv/.node ## lint, then every test that needs no server, in a minute or two (ARGS="-k name")
	@$(BIN)/pytest -q -n 2 -m "not server and not long and not broker" $(ARGS)

test: lint .venv/.openmp .venv/.java .venv/.node ## lint, then every test that is not long (ARGS="-k name")
	@$(BIN)/pytest -n 2 -m "not long and not broker" $(ARGS)

test-long: .venv/.test .venv/.openmp .venv/.java .venv/.node .venv/.browser .venv/.prometheus .venv/.others .venv/.mlflow .venv/.h2o .venv/.apart .venv/.onnxruntime-web .venv/.spark ## the tests that take longer: more variants of the same
	@$(BIN)/pytest -n 2 -m "long and not broker" $(ARGS)

test-brokers: .venv/.test .venv/.brokers ## events by NATS and RabbitMQ themselves, at the loopback address
	@$(BIN)/pytest -m broker $(ARGS)

test-matrix: .venv/.test .venv/.openmp .venv/.java .venv/.node .venv/.mlflow ## every test on each PostgreSQL, Python and scikit-learn of docs/versions.md (ARGS="17 18 -k name")
	@$(BIN)/python -m matrix $(ARGS)

lint: .venv/.test ## style, types, direction of imports
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --check --quiet . || { echo "to format: $(BIN)/ruff format ." >&2; exit 1; }
	@said=$$($(BIN)/mypy 2>&1) || { printf '%s\n' "$$said" >&2; exit 1; }
	@said=$$($(BIN)/lint-imports 2>&1) || { printf '%s\n' "$$said" >&2; exit 1; }

bench: .venv/.test .venv/.bench .venv/.openmp ## every engine against no model, other ways and the bounds (ARGS="--quick")
	@$(BIN)/python -m benchmarks $(ARGS)

soak: .venv/.test ## every fault under load, for half an hour (ARGS="--quick")
	@$(BIN)/python -m soak $(ARGS)

website: .venv/.website ## the documentation as a site that reads from disk, in build/site
	@$(BIN)/python -m website.pages build/pages
	@cp website/mkdocs.yml build/mkdocs.yml
	@mkdir -p build/pages/assets && cp website/site.css .venv/mermaid/mermaid.min.js build/pages/assets/
	@cd build && ../$(BIN)/zensical build --strict -f mkdocs.yml

dist: .venv/.dist ## the source archive, the wheel and its bill of materials, in dist/
	@rm -rf dist build/installed && mkdir -p build
	@$(BIN)/python -m build >build/dist.log 2>&1 || { tail -40 build/dist.log >&2; exit 1; }
	@$(PYTHON) -m venv build/installed
	@build/installed/bin/python -m pip install -q dist/*.whl
	@test -f build/installed/share/doc/dbml/docs/spec.md
	@cd build && installed/bin/dbml --help >/dev/null && installed/bin/python -c 'import dbml; [getattr(dbml, name) for name in dbml.__all__]'
	@$(BIN)/cyclonedx-py environment --pyproject pyproject.toml --output-reproducible -o dist/dbml.cdx.json build/installed
	@ls dist/*

clean: ## remove what was built and cached (not .venv)
	@rm -rf build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	@find . -name .venv -prune -o -name __pycache__ -type d -exec rm -rf {} +

# Debian keeps ensurepip in a package of its own, without which venv fails.
.venv/.ready: pyproject.toml
	@echo "setting up .venv (a few minutes the first time) …"
	@if said=$$($(PYTHON) -m venv .venv 2>&1); then :; \
	elif $(PYTHON) -c '' 2>/dev/null && ! $(PYTHON) -c 'import ensurepip' 2>/dev/null && [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	    echo "installing python3-venv with apt-get …"; \
	    export DEBIAN_FRONTEND=noninteractive; \
	    { apt-get install -y -qq python3-venv || { apt-get update -qq && apt-get install -y -qq python3-venv; }; } \
	        >/dev/null && $(PYTHON) -m venv --clear .venv; \
	else printf '%s\n' "$$said" >&2; exit 1; fi
	@$(BIN)/python -m pip install -q -e '.[demo]'
	@touch $@

.venv/.test: .venv/.ready
	@echo "adding what the tests need to .venv …"
	@$(BIN)/python -m pip install -q -e '.[demo,test]'
	@touch $@

.venv/.bench: .venv/.ready
	@echo "adding what the benchmarks need to .venv …"
	@$(BIN)/python -m pip install -q -e '.[demo,bench]'
	@touch $@

.venv/.dist: .venv/.ready
	@echo "adding what a release needs to .venv …"
	@$(BIN)/python -m pip install -q -e '.[demo,dist]'
	@touch $@

.venv/.mlflow: .venv/.test
	@echo "adding MLflow to .venv …"
	@$(BIN)/python -m pip install -q -e '.[mlflow]'
	@touch $@

# 3.46.0.11 is the last that writes a MOJO without a licence; later ones score it.
.venv/.h2o: .venv/.test
	@echo "adding H2O to .venv …"
	@$(BIN)/python -m pip install -q -e '.[h2o]' 'h2o<3.46.0.12'
	@touch $@

.venv/.apart: .venv/.test
	@echo "adding optbinning and skrub to .venv …"
	@$(BIN)/python -m pip install -q -e '.[optbinning,skrub]'
	@touch $@

# Its diagrams are drawn by Mermaid, which the site brings along: it reads from disk, where nothing else can be fetched.
.venv/.website: .venv/.ready
	@echo "adding what the website needs to .venv …"
	@$(BIN)/python -m pip install -q -e '.[demo,website]'
	@if ! command -v npm >/dev/null && [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	    echo "installing npm with apt-get …"; \
	    export DEBIAN_FRONTEND=noninteractive; \
	    { apt-get install -y -qq npm || { apt-get update -qq && apt-get install -y -qq npm; }; } >/dev/null; \
	fi
	@mkdir -p .venv/mermaid && cd .venv/mermaid && rm -f *.tgz && npm pack --silent mermaid@12 >/dev/null \
	    && tar -xzf mermaid-*.tgz --strip-components=2 package/dist/mermaid.min.js && rm mermaid-*.tgz
	@touch $@

# LightGBM's wheel brings no OpenMP of its own.
.venv/.openmp: .venv/.test
	@if ! $(BIN)/python -c 'import ctypes; ctypes.CDLL("libgomp.so.1")' 2>/dev/null && [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	    echo "installing libgomp1 with apt-get …"; \
	    export DEBIAN_FRONTEND=noninteractive; \
	    { apt-get install -y -qq libgomp1 || { apt-get update -qq && apt-get install -y -qq libgomp1; }; } >/dev/null; \
	fi
	@touch $@

# The PMML tests convert and evaluate in Java.
.venv/.java: .venv/.test
	@if ! command -v java >/dev/null && [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	    echo "installing default-jre-headless with apt-get …"; \
	    export DEBIAN_FRONTEND=noninteractive; \
	    { apt-get install -y -qq default-jre-headless || { apt-get update -qq && apt-get install -y -qq default-jre-headless; }; } >/dev/null; \
	fi
	@touch $@

# What dbml is compared with, or called by, each in a Python of its own: they want other libraries. Of MLServer only its schemas are read. NannyML's own list brings 1.8 GB of
# libraries for searches and clouds that what is compared here does not import.
.venv/.others: .venv/.test
	@echo "installing Evidently, NannyML, KServe and Airflow …"
	@$(BIN)/python -m venv .venv/others/airflow && .venv/others/airflow/bin/pip install -q apache-airflow==3.3.2
	@$(BIN)/python -m venv .venv/others/evidently && .venv/others/evidently/bin/pip install -q evidently==0.7.23 'pandas<3'
	@$(BIN)/python -m venv .venv/others/nannyml && .venv/others/nannyml/bin/pip install -q --no-deps nannyml==0.13.1
	@.venv/others/nannyml/bin/pip install -q 'APScheduler<4' category-encoders click 'flaml<3' gcsfs jinja2 'lightgbm<4.6' 'matplotlib<4' 'numpy<2.3' 'pandas<3' \
	    'plotly<6' pyarrow pydantic 'pyfiglet<0.9' python-dotenv pyyaml rich s3fs 'scikit-learn<1.8' scipy 'seaborn<0.14' 'segment-analytics-python<3' statsmodels
	@$(BIN)/python -m venv .venv/others/protocol && .venv/others/protocol/bin/pip install -q kserve==0.21.0
	@.venv/others/protocol/bin/pip install -q --no-deps mlserver==1.7.1
	@touch $@

# Rules, routes and the dashboard are tried with the programs that will read them.
.venv/.prometheus: .venv/.test
	@if ! command -v prometheus >/dev/null && [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	    echo "installing prometheus with apt-get …"; \
	    export DEBIAN_FRONTEND=noninteractive; \
	    { apt-get install -y -qq prometheus prometheus-alertmanager || { apt-get update -qq && apt-get install -y -qq prometheus prometheus-alertmanager; }; } >/dev/null; \
	fi
	@touch $@

# The report and the operator's page are looked at in a browser.
.venv/.browser: .venv/.test
	@if ! { command -v chromium && command -v chromedriver; } >/dev/null && [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	    echo "installing chromium and its driver with apt-get …"; \
	    export DEBIAN_FRONTEND=noninteractive; \
	    { apt-get install -y -qq chromium chromium-driver || { apt-get update -qq && apt-get install -y -qq chromium chromium-driver; }; } >/dev/null; \
	fi
	@touch $@

# Debian starts a broker as it installs it, at every address; the tests start their own, at the loopback address.
.venv/.brokers: .venv/.test
	@if ! { command -v nats-server && test -x /usr/lib/rabbitmq/bin/rabbitmq-server; } >/dev/null \
	    && [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	    echo "installing nats-server and rabbitmq-server with apt-get …"; \
	    export DEBIAN_FRONTEND=noninteractive; \
	    kept=$$(test -e /usr/sbin/policy-rc.d && echo yes); \
	    [ "$$kept" ] || { printf '#!/bin/sh\nexit 101\n' > /usr/sbin/policy-rc.d; chmod +x /usr/sbin/policy-rc.d; }; \
	    { apt-get install -y -qq nats-server rabbitmq-server \
	        || { apt-get update -qq && apt-get install -y -qq nats-server rabbitmq-server; }; } >/dev/null; \
	    status=$$?; [ "$$kept" ] || rm /usr/sbin/policy-rc.d; [ "$$status" = 0 ]; \
	fi
	@touch $@

# Exported ONNX files run in that browser too.
.venv/.onnxruntime-web: .venv/.browser
	@if ! command -v npm >/dev/null && [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	    echo "installing npm with apt-get …"; \
	    export DEBIAN_FRONTEND=noninteractive; \
	    { apt-get install -y -qq npm || { apt-get update -qq && apt-get install -y -qq npm; }; } >/dev/null; \
	fi
	@npm install --silent --no-audit --no-fund --ignore-scripts --prefix .venv/onnxruntime-web onnxruntime-web
	@touch $@

.venv/.spark: .venv/.test .venv/.java
	@if ! test -e /usr/share/java/postgresql.jar && [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	    echo "installing libpostgresql-jdbc-java with apt-get …"; \
	    export DEBIAN_FRONTEND=noninteractive; \
	    { apt-get install -y -qq libpostgresql-jdbc-java \
	        || { apt-get update -qq && apt-get install -y -qq libpostgresql-jdbc-java; }; } >/dev/null; \
	fi
	@echo "adding Spark to .venv …"
	@$(BIN)/python -m pip install -q -e '.[spark]'
	@touch $@

# JavaScript files are judged by node.
.venv/.node: .venv/.test
	@if ! command -v node >/dev/null && [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	    echo "installing nodejs with apt-get …"; \
	    export DEBIAN_FRONTEND=noninteractive; \
	    { apt-get install -y -qq nodejs || { apt-get update -qq && apt-get install -y -qq nodejs; }; } >/dev/null; \
	fi
	@touch $@
