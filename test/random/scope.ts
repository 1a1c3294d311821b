import type { RandomStream } from "../../bench/generate/random.ts";
import type { DataType } from "../../catalog/types.ts";
import { BINARY, BOOLEAN, BYTE, DATE, DOUBLE, FLOAT, INT, LONG, SHORT, STRING, TIMESTAMP_NTZ, decimal, sameType } from "../../catalog/types.ts";
import type { Value } from "../../catalog/values.ts";
import type { Expr } from "./tree.ts";

/** What an expression may be built from at one place of a query: columns; in a grouped query its keys and aggregates; outer columns. */
export interface Scope {
  readonly leaves: readonly Expr[];
  /** Makes a subquery of one column for this place; absent where none may stand. */
  readonly subquery?: SubqueryMaker;
}

export interface SubqueryMaker {
  readonly scalar: (type: DataType) => Expr | undefined;
  readonly exists: () => Expr;
  readonly in: () => Expr;
}

/** The types that random expressions have. */
export const TYPES: readonly DataType[] = [
  BOOLEAN,
  BYTE,
  SHORT,
  INT,
  INT,
  LONG,
  FLOAT,
  DOUBLE,
  decimal(7, 2),
  decimal(18, 4),
  decimal(28, 4),
  STRING,
  STRING,
  BINARY,
  DATE,
  TIMESTAMP_NTZ,
];

export function leavesOf(scope: Scope, type: DataType): Expr[] {
  return scope.leaves.filter((leaf) => leaf.exact && sameType(leaf.type, type));
}

/** The exact leaves that are columns. */
export function columnLeaves(scope: Scope): (Expr & { kind: "column" })[] {
  return scope.leaves.filter((leaf) => leaf.kind === "column").filter((leaf) => leaf.exact);
}

/** Greatest magnitude that values of a type may have here: within the type, and for decimals within 17 digits, which DuckDB multiplies without overflow. */
export function typeLimit(type: DataType): number {
  switch (type.kind) {
    case "byte":
      return 127;
    case "short":
      return 32_767;
    case "int":
      return 2_147_483_647;
    case "long":
      return 9e18;
    case "decimal":
      return 10 ** (Math.min(17, type.precision) - type.scale) - 1;
    default:
      return Number.MAX_VALUE;
  }
}

export function literal(value: Value, type: DataType, bound = 0): Expr {
  return { kind: "literal", value, type, bound, exact: true };
}

const LITERAL_WORDS = ["", "a", "b", "abc", "ABC", "日本", "zz", "a_b"];

export function randomLiteral(random: RandomStream, type: DataType): Expr {
  if (random.chance(0.08)) return literal(null, type);
  switch (type.kind) {
    case "boolean":
      return literal(random.chance(0.5), type);
    case "byte":
    case "short":
    case "int": {
      const value = random.int(-9, 20);
      return literal(value, type, Math.abs(value));
    }
    case "long": {
      const value = random.int(-100, 1000);
      return literal(BigInt(value), type, Math.abs(value));
    }
    case "float":
    case "double": {
      const value = random.int(-40, 100) / 4;
      return literal(value, type, Math.abs(value));
    }
    case "decimal": {
      const value = random.int(-9999, 99_999);
      return literal(BigInt(value), type, Math.abs(value) / 10 ** type.scale);
    }
    case "string":
      return literal(random.pick(LITERAL_WORDS), type, 3);
    case "binary":
      return literal(new Uint8Array([0x61, random.int(0, 255)]), type);
    case "date":
      return literal(19_000 + random.int(0, 40), type);
    case "timestamp_ntz":
      return literal(BigInt(19_000 + random.int(0, 40)) * 86_400_000_000n + BigInt(random.int(0, 86_399)) * 1_000_000n, type);
    default:
      return literal(null, type);
  }
}
