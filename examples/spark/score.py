"""Score customers on Spark, and write the scores into the rows of a campaign."""

import os
import sys

from pyspark.sql import SparkSession

import dbml.database
import dbml.spark

JDBC = "/usr/share/java/postgresql.jar"


def main(dsn: str) -> None:
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)  # on this machine; a cluster has its own
    spark = (
        SparkSession.builder.appName("scores")
        .config("spark.jars", JDBC)
        .config("spark.ui.enabled", "false")
        .getOrCreate()
    )
    with dbml.database.connect(dsn) as connection:
        model = dbml.spark.Model.of(connection, "churn")
    # Golden rows, and those built to hurt: does this cluster answer as the model does?
    model.confirm(spark)
    with dbml.spark.reading(spark, dsn, "customer", "id", model) as customers:
        scored = model.with_score(customers).select("id", "score")
        written = dbml.spark.write(scored, dsn, "campaign", "id", {"score": "score"})
    print(f"{written} rows of campaign were written.")
    spark.stop()


if __name__ == "__main__":
    main(sys.argv[1])
