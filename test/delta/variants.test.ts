import { mkdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { variantBytes, variantJson } from "../../executor/nested/variant.ts";
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

/** A table whose one file DuckDB writes; `values`: SQL of rows (id, metadata, value) in hexadecimal. */
async function variantTable(name: string, values: string, more = ""): Promise<string> {
  const folder = join(tables.folder, name);
  mkdirSync(join(folder, "_delta_log"), { recursive: true });
  await tables.duckdb.execute(`COPY (SELECT id, CASE WHEN v IS NOT NULL THEN struct_pack(value := unhex(v), metadata := unhex(m)${more}) END AS v, [struct_pack(v := CASE WHEN v IS NOT NULL THEN struct_pack(value := unhex(v), metadata := unhex(m)) END)] AS l FROM (VALUES ${values}) AS t(id, m, v)) TO '${folder}/part.parquet' (FORMAT parquet)`);
  const field = (column: string, type: unknown) => ({ name: column, type, nullable: true, metadata: {} });
  const schema = { type: "struct", fields: [field("id", "integer"), field("v", "variant"), field("l", { type: "array", elementType: { type: "struct", fields: [field("v", "variant")] }, containsNull: true })] };
  const features = ["variantType"];
  const actions = [
    { protocol: { minReaderVersion: 3, minWriterVersion: 7, readerFeatures: features, writerFeatures: features } },
    { metaData: { id: name, format: { provider: "parquet", options: {} }, schemaString: JSON.stringify(schema), partitionColumns: [], configuration: {} } },
    { add: { path: "part.parquet", partitionValues: {}, size: statSync(`${folder}/part.parquet`).size, modificationTime: 0, dataChange: true } },
  ];
  writeFileSync(join(folder, "_delta_log", `${"0".padStart(20, "0")}.json`), actions.map((action) => JSON.stringify(action)).join("\n"));
  return `delta.\`${folder}\``;
}

test("unshredded variants are read, at the top and nested, and shown as JSON; writing them is refused by name", async () => {
  const table = await variantTable("variants", `(1, '${METADATA}', '${OBJECT}'), (2, '${METADATA}', '0568'), (3, '${METADATA}', '00'), (4, NULL, NULL)`);
  expect(await tables.rows(`SELECT id, cast(v AS STRING), cast(l[0].v AS STRING) FROM ${table}`)).toEqual(['[1,"{\\"a\\":1,\\"b\\":[true,\\"x\\",1.5,null]}","{\\"a\\":1,\\"b\\":[true,\\"x\\",1.5,null]}"]', '[2,"h","h"]', '[3,"null","null"]', "[4,null,null]"]);
  expect(await tables.rows(`SELECT to_json(v) FROM ${table} WHERE id = 2`)).toEqual(['["\\"h\\""]']);
  expect(await tables.rows(`SELECT count(*) FROM ${table} WHERE v IS NOT NULL`)).toEqual(["[3]"]);
  expect(await tables.failure(`INSERT INTO ${table} SELECT * FROM ${table}`)).toBe("DELTA_UNSUPPORTED_FEATURES_FOR_WRITE");
  expect(await tables.failure("CREATE TABLE v1 (v VARIANT) USING delta")).toBe("DELTA_UNSUPPORTED_DATA_TYPES");
  const shredded = await variantTable("shredded", `(1, '${METADATA}', '${OBJECT}')`, ", typed_value := 1");
  expect(await tables.failure(`SELECT v FROM ${shredded}`)).toBe("UNSUPPORTED_FEATURE.SHREDDED_VARIANT");
  expect(await tables.rows(`SELECT id FROM ${shredded}`)).toEqual(["[1]"]);
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
