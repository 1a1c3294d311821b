import path from "node:path";
import type { StructField } from "../../catalog/types.ts";
import { isStringLike } from "../../catalog/types.ts";
import type { RandomStream } from "../generate/random.ts";
import { TableFile } from "../generate/table-file.ts";

/** Values by column name: text, integers, dates as days, decimals as numbers. A column that is not named is filled from its type. */
export type Row = Readonly<Record<string, string | number | null>>;

/** Share of NULLs among the values of a nullable column that were not given. */
const FILLED_NULLS = 0.05;

/** Writes rows, given in part, to `<folder>/<table>.parquet`. */
export async function writeRows(folder: string, table: string, fields: readonly StructField[], rows: Iterable<Row>, random: RandomStream): Promise<void> {
  const file = new TableFile(path.join(folder, `${table}.parquet`), fields);
  for (const row of rows) {
    for (const field of fields) push(file, field, field.name in row ? row[field.name] : filler(field, random));
    if (file.endRow()) await file.flush();
  }
  await file.close();
}

function filler(field: StructField, random: RandomStream): string | number | null {
  if (field.nullable && random.chance(FILLED_NULLS)) return null;
  const { type, name } = field;
  if (isStringLike(type)) return type.kind === "char" && type.length === 1 ? random.pick(["Y", "N"]) : `${name.replace(/^[a-z]+_/, "")} ${random.int(1, 9)}`;
  if (type.kind === "date") return random.int(9862, 11_000); // From 1997-01-01.
  return random.int(1, 20);
}

function push(file: TableFile, { name, type }: StructField, value: string | number | null): void {
  if (isStringLike(type)) {
    if (value === null) file.text(name).pushNull();
    else file.text(name).push(String(value));
  } else if (type.kind === "decimal") {
    if (value === null) file.long(name).pushNull();
    else file.long(name).push(Math.round(Number(value) * 10 ** type.scale));
  } else if (value === null) {
    file.number(name).pushNull();
  } else {
    file.number(name).push(Number(value));
  }
}
