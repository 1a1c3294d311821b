import path from "node:path";
import { RandomStream } from "../../bench/generate/random.ts";
import { TableFile } from "../../bench/generate/table-file.ts";
import type { DataType, StructField } from "../../catalog/types.ts";
import { BOOLEAN, BYTE, DATE, DOUBLE, FLOAT, INT, LONG, SHORT, STRING, TIMESTAMP_NTZ, decimal } from "../../catalog/types.ts";

/** A column of the random tables: `bound` is the greatest magnitude of its values, or of what is compared for types without one. */
export interface RandomColumn {
  readonly name: string;
  readonly type: DataType;
  readonly bound: number;
}

export interface RandomTable {
  readonly name: string;
  readonly rows: number;
  /** Share of NULLs in every column but `id`. */
  readonly nulls: number;
}

/** All tables have the same columns, so that anything can be joined or united with anything. `id` is a key. */
export const RANDOM_COLUMNS: readonly RandomColumn[] = [
  { name: "id", type: INT, bound: 1000 },
  { name: "k", type: INT, bound: 9 },
  { name: "flag", type: BOOLEAN, bound: 1 },
  { name: "tiny", type: BYTE, bound: 20 },
  { name: "small", type: SHORT, bound: 300 },
  { name: "num", type: INT, bound: 100 },
  { name: "big", type: LONG, bound: 1e12 },
  { name: "dbl", type: DOUBLE, bound: 1000 },
  { name: "flt", type: FLOAT, bound: 50 },
  { name: "price", type: decimal(7, 2), bound: 1000 },
  { name: "amount", type: decimal(18, 4), bound: 1e7 },
  { name: "word", type: STRING, bound: 12 },
  { name: "name", type: STRING, bound: 12 },
  { name: "day", type: DATE, bound: 0 },
  { name: "at", type: TIMESTAMP_NTZ, bound: 0 },
];

export const RANDOM_TABLES: readonly RandomTable[] = [
  { name: "ta", rows: 60, nulls: 0.1 },
  { name: "tb", rows: 35, nulls: 0.3 },
  { name: "tc", rows: 12, nulls: 0 },
  { name: "td", rows: 20, nulls: 0.8 },
  { name: "te", rows: 0, nulls: 0 },
];

/** Few, so that equality finds partners; with an empty text, blanks, upper and lower case, and characters of two, three and four bytes. */
const WORDS = ["", "a", "b", "ab", "abc", "ABC", " x ", "été", "日本", "🙂z", "zebra", "xyzzy", "a_b", "a%b", "longer text of some thirty bytes"];

const FIRST_DAY = 19_000; // 2022-01-08
const MICROS_PER_DAY = 86_400_000_000;

/** Writes the tables as `<folder>/<table>.parquet`. */
export async function writeRandomTables(folder: string, seed: number): Promise<void> {
  const fields: StructField[] = RANDOM_COLUMNS.map(({ name, type }) => ({ name, type, nullable: name !== "id" }));
  for (const table of RANDOM_TABLES) {
    const file = new TableFile(path.join(folder, `${table.name}.parquet`), fields);
    const random = new RandomStream(seed, table.name);
    for (let row = 0; row < table.rows; row++) {
      for (const column of RANDOM_COLUMNS) pushValue(file, column, column.name === "id" ? row : undefined, table.nulls, random);
      file.endRow();
    }
    await file.close();
  }
}

function pushValue(file: TableFile, { name, type, bound }: RandomColumn, given: number | undefined, nulls: number, random: RandomStream): void {
  const isNull = given === undefined && random.chance(nulls);
  switch (type.kind) {
    case "boolean":
      if (isNull) file.boolean(name).pushNull();
      else file.boolean(name).push(random.chance(0.5));
      break;
    case "long":
      if (isNull) file.long(name).pushNull();
      else file.long(name).push(random.chance(0.5) ? random.int(-9, 9) : Math.floor((random.unit() - 0.5) * 2 * bound));
      break;
    case "decimal":
      if (isNull) file.long(name).pushNull();
      else file.long(name).push(Math.floor((random.unit() - 0.5) * (random.chance(0.3) ? 10 : 2 * bound) * 10 ** type.scale));
      break;
    case "timestamp_ntz":
      if (isNull) file.long(name).pushNull();
      else file.long(name).push((FIRST_DAY + random.int(0, 40)) * MICROS_PER_DAY + random.int(0, 86_399) * 1_000_000);
      break;
    case "string":
      if (isNull) file.text(name).pushNull();
      else file.text(name).push(random.pick(WORDS));
      break;
    case "date":
      if (isNull) file.number(name).pushNull();
      else file.number(name).push(FIRST_DAY + random.int(0, 40));
      break;
    case "float":
    case "double":
      if (isNull) file.number(name).pushNull();
      else file.number(name).push(random.int(-bound * 4, bound * 4) / 4);
      break;
    default:
      if (isNull) file.number(name).pushNull();
      else file.number(name).push(given ?? random.int(-bound, bound));
  }
}
