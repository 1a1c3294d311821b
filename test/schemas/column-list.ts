import type { DataType, StructField } from "../../catalog/types.ts";
import { BOOLEAN, DATE, decimal, DOUBLE, INT, LONG, SHORT, STRING, TIMESTAMP } from "../../catalog/types.ts";

const SIMPLE: Readonly<Record<string, DataType>> = { int: INT, long: LONG, short: SHORT, double: DOUBLE, string: STRING, date: DATE, timestamp: TIMESTAMP, boolean: BOOLEAN };

/** Columns written as `name type, name type, ...`; a type is one of the simple ones, `decimal(p;s)`, `char(n)` or `varchar(n)`; `!` after it: never NULL. */
export function columnList(text: string): readonly StructField[] {
  return text
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "")
    .map((part) => {
      const [name, type] = part.split(/\s+/);
      return { name, type: columnType(type.replace("!", "")), nullable: !type.endsWith("!") };
    });
}

function columnType(text: string): DataType {
  const sized = /^(decimal|char|varchar)\((\d+)(?:;(\d+))?\)$/.exec(text);
  if (sized === null) return SIMPLE[text];
  const [, kind, size, scale] = sized;
  return kind === "decimal" ? decimal(Number(size), Number(scale)) : { kind: kind as "char" | "varchar", length: Number(size) };
}
