import path from "node:path";
import type { StructField } from "../../catalog/types.ts";
import { DOUBLE, INT, STRING } from "../../catalog/types.ts";
import type { DataType } from "../../catalog/types.ts";
import type { NumberColumn, TextColumn } from "../generate/columns.ts";
import { ensureDataset } from "../generate/dataset.ts";
import { RandomStream } from "../generate/random.ts";
import { TableFile } from "../generate/table-file.ts";

const VERSION = 1;
const SEED = 108;
/** Levels of the group-by data's low-cardinality columns. */
const GROUPS = 100;

export const H2O_TABLES = ["groupby", "x", "small", "medium", "big"] as const;
export type H2oTable = (typeof H2O_TABLES)[number];

/** Makes the tables of the db-benchmark (h2oai) for group-by and join, `rows` long, as Parquet files in the folder, unless they are there. */
export async function ensureH2o(folder: string, rows: number): Promise<string> {
  return await ensureDataset(folder, { suite: "h2o", version: VERSION, seed: SEED, size: rows }, async (target) => {
    await groupBy(target, rows);
    await joinTable(target, "x", rows, rows, 3);
    const [low, middle] = joinLevels(rows);
    await joinTable(target, "small", rows, low, 1);
    await joinTable(target, "medium", rows, middle, 2);
    await joinTable(target, "big", rows, rows, 3);
  });
}

export function h2oFile(folder: string, table: H2oTable): string {
  return path.join(folder, `${table}.parquet`);
}

function columns(types: Readonly<Record<string, DataType>>): StructField[] {
  return Object.entries(types).map(([name, type]) => ({ name, type, nullable: false }));
}

/** id1, id2, id4, id5: 100 levels; id3, id6: rows / 100 levels; v1 to 5, v2 to 15, v3 below 100 with six decimals. */
async function groupBy(folder: string, rows: number): Promise<void> {
  const types = { id1: STRING, id2: STRING, id3: STRING, id4: INT, id5: INT, id6: INT, v1: INT, v2: INT, v3: DOUBLE };
  const file = new TableFile(h2oFile(folder, "groupby"), columns(types));
  const many = Math.max(1, Math.floor(rows / GROUPS));
  const texts = [textLevels(file, "id1", GROUPS, 3), textLevels(file, "id2", GROUPS, 3), textLevels(file, "id3", many, 10)];
  const numbers = [levels(file, "id4", GROUPS), levels(file, "id5", GROUPS), levels(file, "id6", many), levels(file, "v1", 5), levels(file, "v2", 15)];
  const v3 = file.number("v3");
  const values = new RandomStream(SEED, "v3");
  for (let row = 0; row < rows; row++) {
    for (const next of texts) next();
    for (const next of numbers) next();
    v3.push(hundredths(values));
    if (file.endRow()) await file.flush();
  }
  await file.close();
}

function textLevels(file: TableFile, name: string, count: number, digits: number): () => void {
  const column = file.text(name);
  const random = new RandomStream(SEED, name);
  return () => pushName(column, random.int(1, count), digits);
}

function levels(file: TableFile, name: string, count: number): () => void {
  const column = file.number(name);
  const random = new RandomStream(SEED, name);
  return () => column.push(random.int(1, count));
}

const ID = new TextEncoder().encode("id");

function pushName(column: TextColumn, value: number, digits: number): void {
  column.append(ID);
  column.appendDigits(value, digits);
  column.end();
}

/** Uniform below 100 with six decimals. */
function hundredths(random: RandomStream): number {
  return Math.floor(random.unit() * 1e8) / 1e6;
}

/** Levels of id1, id2 and id3 in the join data. */
function joinLevels(rows: number): readonly [number, number, number] {
  return [Math.max(10, Math.floor(rows / 1e6)), Math.max(10, Math.floor(rows / 1e3)), rows];
}

/**
 * A join table with the first `keys` of id1, id2, id3 as numbers, the same as text in id4, id5, id6, and a value. The last key is unique
 * where the table has as many rows as levels. Nine tenths of the levels occur on both sides of a join.
 */
async function joinTable(folder: string, table: Exclude<H2oTable, "groupby">, baseRows: number, rows: number, keys: number): Promise<void> {
  const value = table === "x" ? "v1" : "v2";
  const types: Record<string, DataType> = {};
  for (let k = 1; k <= keys; k++) types[`id${k}`] = INT;
  for (let k = 1; k <= keys; k++) types[`id${k + 3}`] = STRING;
  types[value] = DOUBLE;
  const file = new TableFile(h2oFile(folder, table), columns(types));
  const levelCounts = joinLevels(baseRows);
  const draws = Array.from({ length: keys }, (_, k) => {
    const count = levelCounts[k];
    const level = k === keys - 1 ? permuted(count, table) : drawn(count, `${table} id${k + 1}`);
    const number: NumberColumn = file.number(`id${k + 1}`);
    const text: TextColumn = file.text(`id${k + 4}`);
    return (row: number) => {
      const key = sideKey(level(row), count, table === "x");
      number.push(key);
      pushName(text, key, 1);
    };
  });
  const values = file.number(value);
  const random = new RandomStream(SEED, `${table} value`);
  for (let row = 0; row < rows; row++) {
    for (const draw of draws) draw(row);
    values.push(hundredths(random));
    if (file.endRow()) await file.flush();
  }
  await file.close();
}

function drawn(count: number, name: string): (row: number) => number {
  const random = new RandomStream(SEED, name);
  return () => random.int(0, count - 1);
}

/** Every level once in `count` rows, in an order of its own: multiplication by a number without common factor. */
function permuted(count: number, name: string): (row: number) => number {
  let factor = new RandomStream(SEED, `${name} order`).int(Math.floor(count / 3), Math.floor((2 * count) / 3)) | 1;
  while (greatestCommonDivisor(factor, count) !== 1) factor += 2;
  return (row) => Number((BigInt(row) * BigInt(factor)) % BigInt(count));
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}

/** Levels below nine tenths have one key on both sides, the others one for each side. */
function sideKey(level: number, count: number, left: boolean): number {
  const common = Math.floor(count * 0.9);
  return level < common || left ? level + 1 : level + 1 + count - common;
}
