"""delta-rs (the Python package deltalake), driven by test/interop/run.ts. It has no SQL of its own for writing: what it writes is here, by feature."""

import datetime
import decimal
import importlib.metadata

import pyarrow as pa
from deltalake import DeltaTable, Field, QueryBuilder, Schema, write_deltalake

from engine_protocol import normal, serve

UTC = datetime.timezone.utc


def batch(**columns):
    return pa.table(columns)


def primitives(path):
    schema = pa.schema([("i8", pa.int8()), ("i16", pa.int16()), ("i32", pa.int32()), ("i64", pa.int64()), ("f", pa.float32()), ("d", pa.float64()), ("m", pa.decimal128(20, 3)), ("s", pa.string()), ("b", pa.bool_()), ("x", pa.binary()), ("day", pa.date32()), ("at", pa.timestamp("us", "UTC"))])
    rows = [
        [1, 2, 3, 4, 0.5, 0.1, decimal.Decimal("12345678901234567.891"), "a", True, b"\x00\xff", datetime.date(2024, 2, 29), datetime.datetime(2024, 1, 1, 12, 0, 0, 123456, UTC)],
        [None] * 12,
        [-128, -32768, -(2**31), -(2**63), -1.5, float("nan"), decimal.Decimal("-0.001"), "it's ä€😀", False, b"", datetime.date(1900, 1, 1), datetime.datetime(1969, 12, 31, 23, 59, 59, 999999, UTC)],
    ]
    write_deltalake(path, pa.table({field.name: pa.array([row[i] for row in rows], field.type) for i, field in enumerate(schema)}, schema=schema))


def nested(path):
    kind = pa.struct([("x", pa.int32()), ("y", pa.list_(pa.string()))])
    write_deltalake(
        path,
        pa.table(
            {
                "id": pa.array([1, 2, 3], pa.int32()),
                "a": pa.array([[1, None], [], None], pa.list_(pa.int32())),
                "m": pa.array([[("k", 1), ("l", None)], [], None], pa.map_(pa.string(), pa.int32())),
                "s": pa.array([{"x": 1, "y": ["p", None]}, {"x": None, "y": None}, None], kind),
            }
        ),
    )


def partitioned(path):
    texts = ["a", "a b", "x/y=z", "100%", "ä#?", "it's", None]
    write_deltalake(
        path,
        pa.table(
            {
                "id": pa.array(range(len(texts)), pa.int32()),
                "p": pa.array(texts),
                "d": pa.array([datetime.date(2024, 1, 1 + i) for i in range(len(texts))]),
                "at": pa.array([datetime.datetime(2024, 1, 1, 0, 0, i, 5, UTC) for i in range(len(texts))], pa.timestamp("us", "UTC")),
            }
        ),
        partition_by=["p", "d", "at"],
    )


def changes(path):
    write_deltalake(path, batch(id=pa.array(range(10), pa.int64()), s=pa.array([f"s{i}" for i in range(10)])))
    table = DeltaTable(path)
    table.delete("id = 3")
    table.update(predicate="id > 7", updates={"s": "'updated'"})
    source = batch(id=pa.array([1, 100], pa.int64()), s=pa.array(["merged", "inserted"]))
    table.merge(source, "t.id = s.id", source_alias="s", target_alias="t").when_matched_update_all().when_not_matched_insert_all().execute()
    write_deltalake(path, batch(id=pa.array([5], pa.int64()), s=pa.array(["again"])), mode="append")


def checkpoints(path):
    for i in range(6):
        write_deltalake(path, batch(id=pa.array([i], pa.int32()), p=pa.array([i % 2], pa.int32())), mode="append", partition_by=["p"])
        if i == 3:
            DeltaTable(path).create_checkpoint()


def overwrite(path):
    write_deltalake(path, batch(id=pa.array([1, 2], pa.int32())))
    write_deltalake(path, batch(id=pa.array([3, 4], pa.int32())), mode="overwrite")
    write_deltalake(path, batch(id=pa.array([5], pa.int32())), mode="append")


def check_constraints(path):
    write_deltalake(path, batch(id=pa.array([1, 2], pa.int32())))
    DeltaTable(path).alter.add_constraint({"small": "id < 10"})


def not_null(path):
    DeltaTable.create(path, Schema([Field("id", "integer", nullable=False), Field("s", "string")]))
    schema = pa.schema([pa.field("id", pa.int32(), nullable=False), pa.field("s", pa.string())])
    write_deltalake(path, pa.table({"id": [1, 2], "s": ["a", None]}, schema=schema), mode="append")


def change_data_feed(path):
    write_deltalake(path, batch(id=pa.array([1, 2, 3], pa.int64()), s=pa.array(["a", "b", "c"])), configuration={"delta.enableChangeDataFeed": "true"})
    table = DeltaTable(path)
    table.update(predicate="id = 2", updates={"s": "'B'"})
    DeltaTable(path).delete("id = 1")


def ntz(path):
    write_deltalake(path, batch(id=pa.array([1, 2], pa.int32()), t=pa.array([datetime.datetime(2024, 1, 1, 12, 0, 0, 5), None], pa.timestamp("us"))))


def add_columns(path):
    write_deltalake(path, batch(id=pa.array([1], pa.int32())))
    write_deltalake(path, batch(id=pa.array([2], pa.int32()), s=pa.array(["new"])), mode="append", schema_mode="merge")


def optimize(path):
    for i in range(4):
        write_deltalake(path, batch(id=pa.array([i, 10 - i], pa.int64())), mode="append")
    DeltaTable(path).optimize.compact()
    DeltaTable(path).optimize.z_order(["id"])


def restore(path):
    write_deltalake(path, batch(id=pa.array([1, 2], pa.int32())))
    write_deltalake(path, batch(id=pa.array([3], pa.int32())), mode="append")
    DeltaTable(path).restore(0)


def long_texts(path):
    write_deltalake(path, batch(id=pa.array([1, 2, 3], pa.int32()), s=pa.array(["z" * 40, "a" * 33 + "ä€😀", None])))
    write_deltalake(path, batch(id=pa.array([4], pa.int32()), s=pa.array(["b"])), mode="append")


WRITERS = {
    "primitive types": primitives,
    "nested types": nested,
    "partitions": partitioned,
    "DELETE, UPDATE, MERGE": changes,
    "checkpoints": checkpoints,
    "INSERT OVERWRITE": overwrite,
    "CHECK constraints": check_constraints,
    "NOT NULL": not_null,
    "change data feed": change_data_feed,
    "TIMESTAMP_NTZ": ntz,
    "ADD COLUMN": add_columns,
    "OPTIMIZE and ZORDER": optimize,
    "RESTORE": restore,
    "statistics of long texts": long_texts,
}


def answer(request):
    kind = request["kind"]
    if kind == "versions":
        return [[f"deltalake {importlib.metadata.version('deltalake')}"]]
    if kind == "features":
        return [[name] for name in WRITERS]
    if kind == "write":
        WRITERS[request["feature"]](request["path"])
        return []
    if kind == "append":
        # The rows of the table once more: another writer's commit after the commits that are there.
        table = DeltaTable(request["path"])
        rows = pa.table(QueryBuilder().register("t", table).execute("SELECT * FROM t"))
        write_deltalake(table, rows, mode="append")
        return []
    table = DeltaTable(request["path"], version=request.get("version"))
    rows = pa.table(QueryBuilder().register("t", table).execute("SELECT * FROM t"))
    columns = [rows.column(name).to_pylist() for name in [field.name for field in table.schema().fields]]
    types = [field.type for field in rows.schema]
    return [[normal(plain(value, kind)) for value, kind in zip(row, types)] for row in zip(*columns)]


def plain(value, kind):
    """Structs come as dictionaries, and maps as lists of pairs: the other way round than elsewhere."""
    if value is None:
        return None
    if pa.types.is_struct(kind):
        return [plain(value[field.name], field.type) for field in kind]
    if pa.types.is_map(kind):
        return {key: plain(item, kind.item_type) for key, item in value}
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        return [plain(item, kind.value_type) for item in value]
    return value


serve(answer)
