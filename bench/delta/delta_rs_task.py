"""The tasks of sparrow-task.ts with delta-rs: python delta_rs_task.py <task> <folder> [number]."""

import json
import resource
import sys
import time

import pyarrow as pa
import pyarrow.dataset as ds
from deltalake import DeltaTable, QueryBuilder, write_deltalake

task, folder = sys.argv[1:3]
number = int(sys.argv[3]) if len(sys.argv) > 3 else None


def merge(ids):
    source = pa.table({"id": pa.array(ids, pa.int64()), "value": pa.array(["merged"] * len(ids))})
    result = DeltaTable(folder).merge(source, "t.id = s.id", source_alias="s", target_alias="t").when_matched_update({"value": "s.value"}).execute()
    return f"{result['num_target_rows_updated']} rows"


def perform():
    if task == "load":
        return f"{len(DeltaTable(folder).file_uris())} files"
    if task == "skip":
        dataset = DeltaTable(folder).to_pyarrow_dataset()
        chosen = sum(1 for _ in dataset.get_fragments(filter=ds.field("id") == number))
        return f"reads {chosen} of {len(DeltaTable(folder).file_uris())}"
    if task == "count":
        table = DeltaTable(folder, version=number)
        rows = pa.table(QueryBuilder().register("t", table).execute("SELECT count(*) AS n, sum(id) AS s FROM t"))
        return f"{rows.column('n')[0].as_py()} rows"
    if task == "merge-recent":
        return merge(range(int(number * 0.99), number))
    if task == "merge-scattered":
        return merge(range(0, number, 100))
    if task == "rewrite":
        table = DeltaTable(folder)
        rows = pa.table(QueryBuilder().register("t", table).execute(f"SELECT id, amount, CASE WHEN id >= {number} * 0.99 THEN 'merged' ELSE value END AS value FROM t"))
        write_deltalake(table, rows, mode="overwrite")
        return f"{int(number * 0.01)} rows"
    raise ValueError(task)


cpu_before = resource.getrusage(resource.RUSAGE_SELF)
before = time.perf_counter()
found = perform()
milliseconds = (time.perf_counter() - before) * 1000
cpu = resource.getrusage(resource.RUSAGE_SELF)
print(json.dumps({"milliseconds": milliseconds, "cpuMilliseconds": (cpu.ru_utime + cpu.ru_stime - cpu_before.ru_utime - cpu_before.ru_stime) * 1000, "found": found}))
