"""A DAG for Airflow 2.4 or newer: churn is made anew where its recipe says that it is due.

Copy it into the folder of DAGs. The machine of the worker needs dbml, the recipe, the environment variable DBML_DSN,
and a key that the database trusts (DBML_KEY). Two runs at once, or one that is killed and tried again, make one
version.
"""

from datetime import datetime, timedelta

try:
    from airflow.providers.standard.operators.bash import BashOperator
    from airflow.sdk import DAG
except ImportError:  # Airflow 2
    from airflow import DAG
    from airflow.operators.bash import BashOperator

RECIPE = "{{ var.value.get('churn_recipe', '/etc/dbml/churn-recipe.toml') }}"

with DAG(
    dag_id="retrain_churn",
    description="Makes churn anew where its recipe says that it is due, and lets it serve if it is better.",
    schedule="@hourly",
    start_date=datetime(2026, 1, 1),
    catchup=False,
    max_active_runs=1,
    default_args={"retries": 2, "retry_delay": timedelta(minutes=10)},
    tags=["dbml"],
) as dag:
    # A new version that is no better is an answer and no failure, though the exit status is 1: then there is a verdict.
    BashOperator(
        task_id="retrain",
        bash_command=f"""
said=$(dbml retrain churn --recipe "{RECIPE}" --if-due --json) || [ -n "$said" ] || exit 1
echo "$said"
""",
    )
