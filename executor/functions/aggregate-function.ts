import type { Span } from "../../catalog/errors.ts";
import type { EvalMode } from "../../catalog/expression.ts";
import type { DataType } from "../../catalog/types.ts";
import type { Value } from "../../catalog/values.ts";

/** What an aggregate knows beside its rows. */
export interface AggregateSite {
  readonly name: string;
  readonly argTypes: readonly DataType[];
  readonly type: DataType;
  readonly mode: EvalMode;
  readonly timeZone: string;
  /** The first WITHIN GROUP key is descending: percentile_cont(p) counts from the top. */
  readonly descending?: boolean;
  /** IGNORE NULLS of first, last, any_value and nth_value. */
  readonly ignoreNulls?: boolean;
  readonly span?: Span;
}

/** The argument values of each row of a group: filtered, made distinct and put in WITHIN GROUP order by the caller. */
export type AggregateRows = readonly (readonly Value[])[];

/** An aggregate as a function of its whole group: the reference for compiled ones, and the long tail. */
export interface AggregateFunction {
  readonly name: string;
  readonly finish: (rows: AggregateRows, site: AggregateSite) => Value;
}

export function defineAggregate(name: string, finish: AggregateFunction["finish"]): AggregateFunction {
  return { name, finish };
}

/** The first argument of every row where it is not NULL. */
export function present(rows: AggregateRows): Value[] {
  const values: Value[] = [];
  for (const row of rows) if (row[0] !== null) values.push(row[0]);
  return values;
}
