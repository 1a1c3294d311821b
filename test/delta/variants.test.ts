import { mkdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { variantBytes } from "../../executor/nested/variant-format.ts";
import { variantJson } from "../../executor/nested/variant-json.ts";
import { TablesUnderTest } from "./tables-under-test.ts";

let tables: TablesUnderTest;
beforeAll(async () => {
  tables = await TablesUnderTest.open();
});
afterAll(() => tables.close());

/** Field names `a` and `b`. */
const METADATA = "01020001026162";
/** {"a":1,"b":[true,"x",1.5,null]} */
const OBJECT = "020200010002130c010304000103090a04057820010f00000000";

/** A table of the columns `id`, `v` and `l`, an array of structs of variants, whose one file is what DuckDB makes of a query. */
async function variantTable(name: string, query: string, features: readonly string[] = ["variantType"]): Promise<string> {
  const folder = join(tables.folder, name);
  mkdirSync(join(folder, "_delta_log"), { recursive: true });
  await tables.duckdb.execute(`COPY (${query}) TO '${folder}/part.parquet' (FORMAT parquet)`);
  const field = (column: string, type: unknown) => ({ name: column, type, nullable: true, metadata: {} });
  const schema = { type: "struct", fields: [field("id", "integer"), field("v", "variant"), field("l", { type: "array", elementType: { type: "struct", fields: [field("v", "variant")] }, containsNull: true })] };
  const actions = [
    { protocol: { minReaderVersion: 3, minWriterVersion: 7, readerFeatures: features, writerFeatures: features } },
    { metaData: { id: name, format: { provider: "parquet", options: {} }, schemaString: JSON.stringify(schema), partitionColumns: [], configuration: {} } },
    { add: { path: "part.parquet", partitionValues: {}, size: statSync(`${folder}/part.parquet`).size, modificationTime: 0, dataChange: true } },
  ];
  writeFileSync(join(folder, "_delta_log", `${"0".padStart(20, "0")}.json`), actions.map((action) => JSON.stringify(action)).join("\n"));
  return `delta.\`${folder}\``;
}

/** `values`: SQL of rows (id, metadata, value) in hexadecimal. */
function unshreddedRows(values: string): string {
  const variant = "CASE WHEN v IS NOT NULL THEN struct_pack(value := unhex(v), metadata := unhex(m)) END";
  return `SELECT id, ${variant} AS v, [struct_pack(v := ${variant})] AS l FROM (VALUES ${values}) AS t(id, m, v)`;
}

test("unshredded variants are read, at the top and nested, and shown as JSON; rows are changed", async () => {
  const values = `(1, '${METADATA}', '${OBJECT}'), (2, '${METADATA}', '0568'), (3, '${METADATA}', '00'), (4, NULL, NULL)`;
  for (const features of [["variantType"], ["variantType-preview", "variantShredding-preview"]]) {
    const table = await variantTable(`variants${features.length}`, unshreddedRows(values), features);
    expect(await tables.rows(`SELECT id, cast(v AS STRING), cast(l[0].v AS STRING) FROM ${table}`)).toEqual(['[1,"{\\"a\\":1,\\"b\\":[true,\\"x\\",1.5,null]}","{\\"a\\":1,\\"b\\":[true,\\"x\\",1.5,null]}"]', '[2,"h","h"]', "[3,null,null]", "[4,null,null]"]);
    expect(await tables.rows(`SELECT to_json(v) FROM ${table} WHERE id = 2`)).toEqual(['["\\"h\\""]']);
    expect(await tables.rows(`SELECT count(*) FROM ${table} WHERE v IS NOT NULL`)).toEqual(["[3]"]);
    await tables.run(`DELETE FROM ${table} WHERE v:a::int = 1`, `UPDATE ${table} SET v = parse_json('[2]'), l = NULL WHERE id = 4`, `INSERT INTO ${table} SELECT id + 10, v, l FROM ${table} WHERE id = 2`);
    expect(await tables.rows(`SELECT id, to_json(v), to_json(l) FROM ${table}`)).toEqual(['[12,"\\"h\\"","[{\\"v\\":\\"h\\"}]"]', '[2,"\\"h\\"","[{\\"v\\":\\"h\\"}]"]', '[3,"null","[{\\"v\\":null}]"]', '[4,"[2]",null]']);
  }
});

test("shredded variants are put together from typed values and what is left", async () => {
  const rest = `struct_pack(value := unhex('${OBJECT}'), typed_value := NULL::INT)`;
  const shredded = (value: string, typed: string) => `struct_pack(metadata := unhex('${METADATA}'), value := ${value}, typed_value := ${typed})`;
  const typed = (a: string, c: string) => `struct_pack(a := ${a}, c := ${c})`;
  const [missing, none] = ["struct_pack(value := NULL::BLOB, typed_value := NULL::INT)", "struct_pack(value := NULL::BLOB, typed_value := NULL::STRUCT(value BLOB, typed_value DECIMAL(5, 2))[])"];
  const list = "struct_pack(value := NULL::BLOB, typed_value := [struct_pack(value := NULL::BLOB, typed_value := 1.50::DECIMAL(5, 2)), struct_pack(value := unhex('0568'), typed_value := NULL::DECIMAL(5, 2))])";
  const rows = [
    shredded("NULL::BLOB", typed("struct_pack(value := NULL::BLOB, typed_value := 7)", list)),
    // {"b": "h"} is in no column of its own.
    shredded("unhex('02010100020568')", typed(rest, none)),
    shredded("unhex('0568')", `NULL::STRUCT(a STRUCT(value BLOB, typed_value INT), c STRUCT(value BLOB, typed_value STRUCT(value BLOB, typed_value DECIMAL(5, 2))[]))`),
    shredded("NULL::BLOB", typed(missing, none)),
    "NULL",
  ];
  const table = await variantTable("shredded", `SELECT id, v, [struct_pack(v := v)] AS l FROM (VALUES ${rows.map((row, i) => `(${i}, ${row})`).join(", ")}) AS t(id, v)`, ["variantType", "variantShredding"]);
  const texts = ['{"a":7,"c":[1.5,"h"]}', '{"a":{"a":1,"b":[true,"x",1.5,null]},"b":"h"}', '"h"', "{}", null];
  expect(await tables.rows(`SELECT id, to_json(v), to_json(l[0].v) FROM ${table}`)).toEqual(texts.map((text, i) => JSON.stringify([i, text, text])));
  expect(await tables.rows(`SELECT id FROM ${table} WHERE v:c[0]::double = 1.5`)).toEqual(["[0]"]);
});

test("variants are written as Parquet has them, and cannot be keys", async () => {
  await tables.run("CREATE TABLE written (id INT, v VARIANT, l ARRAY<VARIANT>) USING delta", `INSERT INTO written VALUES (1, parse_json('{"b":[true,"x",1.50,null],"a":1}'), array(parse_json('"h"'), NULL)), (2, NULL, NULL)`);
  const parts = "lower(hex(v.metadata)), lower(hex(v.value)), lower(hex(l[1].value)), l[2] IS NULL";
  // The dictionary has the names in the order in which they came, the object its fields in theirs.
  expect((await tables.duckdb.query(`SELECT ${parts} FROM '${tables.folder}/written/*.parquet' WHERE id = 1`)).rows).toEqual([["01020001026261", "020201000002130c010304000103090a04057820010f00000000", "0568", true]]);
  await tables.run(`MERGE INTO written t USING (SELECT 2 AS id, parse_json('{"m":1e2}') AS v) s ON t.id = s.id WHEN MATCHED THEN UPDATE SET v = s.v`);
  expect(await tables.rows("SELECT id, to_json(v), to_json(l) FROM written")).toEqual(['[1,"{\\"a\\":1,\\"b\\":[true,\\"x\\",1.5,null]}","[\\"h\\",null]"]', '[2,"{\\"m\\":100.0}",null]']);
  expect(await tables.failure("INSERT INTO written VALUES (3, 'text', NULL)")).toBe("INCOMPATIBLE_DATA_FOR_TABLE.CANNOT_SAFELY_CAST");
  expect(await tables.failure("CREATE TABLE by_variant (id INT, v VARIANT) USING delta PARTITIONED BY (v)")).toBe("INVALID_PARTITION_COLUMN_DATA_TYPE");
  expect(await tables.failure("CREATE TABLE by_variant (id INT, v VARIANT) USING delta CLUSTER BY (v)")).toBe("DELTA_CLUSTERING_COLUMNS_DATATYPE_NOT_SUPPORTED");
  for (const query of ["SELECT v FROM written GROUP BY v", "SELECT id FROM written GROUP BY ALL HAVING count(v) > 0 ORDER BY v", "SELECT DISTINCT v FROM written", "SELECT hash(v) FROM written", "SELECT 1 FROM written WHERE v = v", "SELECT v.a FROM written"]) expect(await tables.failure(query), query).toMatch(/NOT_ORDERABLE|MISSING|SET_OPERATION_ON_VARIANT|HASH_VARIANT|INVALID_ORDERING|INVALID_EXTRACT/);
});

/** What Spark answers. */
const FUNCTIONS: readonly (readonly [string, string | null])[] = [
  ["to_json(parse_json('1.50'))", "1.5"], ["to_json(parse_json('100.00'))", "100"], ["to_json(parse_json('1e3'))", "1000.0"], ["to_json(parse_json('-0.0'))", "0"], ["to_json(parse_json('1E400'))", '"Infinity"'], ["to_json(parse_json('1 2'))", "1"],
  ["to_json(parse_json('{\"b\":1,\"a\":{\"c\":[]}}'))", '{"a":{"c":[]},"b":1}'], ["try_parse_json('{')::string", null], ["try_parse_json('{\"a\":1,\"a\":2}')::string", null],
  ["schema_of_variant(parse_json('100.00'))", "DECIMAL(3,0)"], ["schema_of_variant(parse_json('0.001'))", "DECIMAL(3,3)"], ["schema_of_variant(parse_json('12345678901234567890'))", "DECIMAL(20,0)"], ["schema_of_variant(parse_json('1234567890123456789012345678901234567890'))", "DOUBLE"],
  ["schema_of_variant(parse_json('[1,2.5]'))", "ARRAY<DECIMAL(21,1)>"], ["schema_of_variant(parse_json('[1,\"a\"]'))", "ARRAY<VARIANT>"], ["schema_of_variant(parse_json('[1e3,2.25]'))", "ARRAY<DOUBLE>"], ["schema_of_variant(parse_json('[]'))", "ARRAY<VOID>"],
  ["schema_of_variant(parse_json('{\"b\":1,\"a b\":[{\"x\":1},{\"y\":\"q\"}]}'))", "OBJECT<`a b`: ARRAY<OBJECT<x: BIGINT, y: STRING>>, b: BIGINT>"], ["schema_of_variant(CAST(1Y AS VARIANT))", "BIGINT"], ["schema_of_variant(NULL)", null],
  ["variant_get(parse_json('[1,\"2\"]'), '$[1]', 'int')::string", "2"], ["variant_get(parse_json('{\"a\":{\"b c\":5}}'), '$.a[\"b c\"]', 'string')", "5"], ["variant_get(parse_json('{\"a\":1}'), '$.b', 'int')::string", null], ["to_json(variant_get(parse_json('{\"a\":null}'), '$.a'))", "null"],
  ["try_variant_get(parse_json('\"x\"'), '$', 'int')::string", null], ["variant_get(parse_json('1.5e0'), '$', 'timestamp')::string", "1970-01-01 00:00:01.5"], ["variant_get(parse_json('1.5'), '$', 'timestamp')::string", "1970-01-01 00:00:01.5"],
  ["to_json(variant_get(parse_json('{\"a\":[1,\"x\"],\"A\":1}'), '$', 'struct<a array<string>, b int>'))", '{"a":["1","x"]}'], ["to_json(parse_json('{\"a\":{\"b\":[1]}}')::map<string, map<string, array<bigint>>>)", '{"a":{"b":[1]}}'],
  ["parse_json('null')::string", null], ["parse_json('[1,\"a\"]')::string", '[1,"a"]'], ["CAST(X'41' AS VARIANT)::string", "A"], ["CAST(TIMESTAMP'2024-01-01 01:02:03.5' AS VARIANT)::string", "2024-01-01 01:02:03.5"], ["to_json(CAST(TIMESTAMP'2024-01-01 01:02:03.5' AS VARIANT))", '"2024-01-01 01:02:03.5+00:00"'],
  ["to_json(CAST(array(1,NULL) AS VARIANT))", "[1,null]"], ["to_json(to_variant_object(map('z',1,'y',2)))", '{"y":2,"z":1}'], ["to_json(to_variant_object(named_struct('b',1.50,'a',CAST(NULL AS INT))))", '{"a":null,"b":1.5}'],
  ["is_variant_null(parse_json('null'))::string", "true"], ["is_variant_null(NULL)::string", "false"], ["to_json(from_json('{\"a\":[1]}', 'a variant'))", '{"a":[1]}'], ["parse_json('{\"a\":[{\"b\":1}]}'):a[0].b::string", "1"],
  ["to_json(CAST(repeat('ä', 40) AS VARIANT))", `"${"ä".repeat(40)}"`], ["CAST(DATE'2024-01-01' AS VARIANT)::timestamp::string", "2024-01-01 00:00:00"],
];

const FAILURES: readonly (readonly [string, string])[] = [
  ["parse_json('')", "MALFORMED_RECORD_IN_PARSING.WITHOUT_SUGGESTION"], ["parse_json('{''a'':1}')", "MALFORMED_RECORD_IN_PARSING.WITHOUT_SUGGESTION"], ["parse_json('{\"a\":1,\"a\":2}')", "MALFORMED_RECORD_IN_PARSING.WITHOUT_SUGGESTION"], ["parse_json(5)", "DATATYPE_MISMATCH.UNEXPECTED_INPUT_TYPE"],
  ["variant_get(parse_json('\"x\"'), '$', 'int')", "INVALID_VARIANT_CAST"], ["variant_get(parse_json('300'), '$', 'tinyint')", "INVALID_VARIANT_CAST"], ["parse_json('1')::array<int>", "INVALID_VARIANT_CAST"], ["variant_get(parse_json('1'), 'a')", "INVALID_VARIANT_GET_PATH"],
  ["variant_get(parse_json('1'), '$.a.')", "INVALID_VARIANT_GET_PATH"], ["variant_get(parse_json('1'), '$', 'map<int,int>')", "DATATYPE_MISMATCH.CAST_WITHOUT_SUGGESTION"], ["CAST(named_struct('a',1) AS VARIANT)", "DATATYPE_MISMATCH.CAST_WITHOUT_SUGGESTION"], ["to_variant_object(1)", "DATATYPE_MISMATCH.CAST_WITHOUT_SUGGESTION"],
];

test("functions over variants answer as Spark's", async () => {
  const { rows } = await tables.sparrow.query(`SELECT ${FUNCTIONS.map(([sql]) => sql).join(", ")}`);
  FUNCTIONS.forEach(([sql, expected], i) => expect(rows[0][i], sql).toBe(expected));
  for (const [sql, condition] of FAILURES) expect(await tables.failure(`SELECT ${sql}`), sql).toBe(condition);
  expect(await tables.rows(`SELECT pos, key, to_json(value) FROM variant_explode(input => parse_json('{"b":1,"a":[2]}'))`)).toEqual(['[0,"a","[2]"]', '[1,"b","1"]']);
  expect(await tables.rows("SELECT count(*) FROM variant_explode(parse_json('1'))")).toEqual(["[0]"]);
  expect(await tables.rows("SELECT * FROM variant_explode_outer(NULL)")).toEqual(["[null,null,null]"]);
  expect(await tables.rows(`SELECT schema_of_variant_agg(parse_json(j)), schema_of_variant_agg(NULL) FROM VALUES ('{"a":1}'), ('{"b":"x"}'), (NULL) AS t(j)`)).toEqual(['["OBJECT<a: BIGINT, b: STRING>","VOID"]']);
});

test("every primitive of a variant as Spark's JSON has it", () => {
  const json = (hex: string, zone = "UTC"): string => variantJson(variantBytes(Buffer.from(METADATA, "hex"), Buffer.from(hex, "hex")), zone);
  const cases: readonly (readonly [string, string])[] = [
    ["04", "true"], ["08", "false"], ["0cff", "-1"], ["10e803", "1000"], ["14a0860100", "100000"], ["1800f2052a01000000", "5000000000"], ["1c000000000000f83f", "1.5"], ["1c000000000000f87f", '"NaN"'],
    ["200239050000", "13.37"], ["24010f00000000000000", "1.5"], ["2802ffffffffffffffffffffffffffffffff", "-0.01"], ["2c0b4d0000", '"2024-01-01"'], ["3000202110d70d0600", '"2024-01-01 00:00:00+00:00"'],
    ["3400202110d70d0600", '"2024-01-01 00:00:00"'], ["38000020c0", "-2.5"], ["3c020000000102", '"AQI="'], ["4003000000612262", '"a\\"b"'], ["50000102030405060708090a0b0c0d0e0f", '"00010203-0405-0607-0809-0a0b0c0d0e0f"'],
  ];
  for (const [hex, text] of cases) expect(json(hex), hex).toBe(text);
  expect(json("3000202110d70d0600", "America/New_York")).toBe('"2023-12-31 19:00:00-05:00"');
  expect(() => json("3c09000000ff")).toThrow(expect.objectContaining({ condition: "MALFORMED_VARIANT" }));
});
