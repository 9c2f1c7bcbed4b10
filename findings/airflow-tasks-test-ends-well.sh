#!/bin/sh
# `airflow tasks test` of Airflow 3 exits 0 although the task has failed.
#
# Why one guesses otherwise: the command runs one task and prints its traceback, so it is what a pipeline calls to try a
# DAG before it is merged; a command that tries something tells by its exit status what came of it. This one notes the
# task as failed in Airflow's database, or as up_for_retry, and ends well: `airflow tasks test … && deploy` deploys.
#
# Instead: look for the state in what it logs (new_state=success), or call dag.test() and ask its DagRun for the state.
# A task with retries is not tried again, but `airflow dags test` waits for its retry_delay.
set -eu
tmp=$(mktemp -d); trap 'rm -rf "$tmp"' EXIT; cd "$tmp"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check apache-airflow==3.3.2
mkdir dags
cat > dags/nightly.py <<'PY'
from datetime import datetime
from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import DAG

with DAG("nightly", start_date=datetime(2026, 1, 1), schedule=None):
    BashOperator(task_id="load", bash_command="exit 1")
PY
export AIRFLOW_HOME="$tmp" AIRFLOW__CORE__LOAD_EXAMPLES=False
venv/bin/airflow db migrate > migrated 2>&1
status=0
venv/bin/airflow tasks test nightly load 2026-01-02 > said 2>&1 || status=$?
echo "apache-airflow $(venv/bin/python -c 'from importlib.metadata import version; print(version("apache-airflow"))')"
echo "the task's own command: $(grep -o 'exited with return code [0-9]*' said), $(grep -o 'new_state=[a-z_]*' said)"
echo "airflow tasks test: guess exit status 1, seen $status"
if [ "$status" = 0 ] && grep -q "new_state=failed" said; then echo "as described"; else echo "CHANGED"; exit 1; fi
