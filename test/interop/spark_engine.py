"""Spark with Delta, driven by test/interop/run.ts: each request is a statement."""

import os

os.environ["TZ"] = "UTC"
os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")

from engine_protocol import normal, serve  # noqa: E402

from pyspark.sql import SparkSession  # noqa: E402

SETTINGS = {
    "spark.jars.packages": os.environ["DELTA_PACKAGE"],
    "spark.sql.extensions": "io.delta.sql.DeltaSparkSessionExtension",
    "spark.sql.catalog.spark_catalog": "org.apache.spark.sql.delta.catalog.DeltaCatalog",
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.shuffle.partitions": "1",
    "spark.databricks.delta.snapshotPartitions": "1",
    "spark.databricks.delta.retentionDurationCheck.enabled": "false",
    "spark.ui.enabled": "false",
    "spark.driver.memory": "2g",
    "spark.sql.warehouse.dir": os.path.join(os.getcwd(), "spark-warehouse"),
}

builder = SparkSession.builder.appName("interop").master("local[1]")
for key, text in SETTINGS.items():
    builder = builder.config(key, text)
spark = builder.getOrCreate()
spark.sparkContext.setLogLevel("ERROR")


def answer(request):
    if request["kind"] == "versions":
        import importlib.metadata

        return [[f"pyspark {importlib.metadata.version('pyspark')}, {os.environ['DELTA_PACKAGE']}"]]
    result = spark.sql(request["sql"])
    return [[normal(value) for value in row] for row in result.collect()]


serve(answer)
