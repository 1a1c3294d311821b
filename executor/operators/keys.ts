import { SparrowError } from "../../catalog/errors.ts";
import type { Column, Expr } from "../../catalog/expression.ts";
import { INT } from "../../catalog/types.ts";
import { equalByBytes } from "../emit/bytes-comparison.ts";
import type { EmittedValue } from "../emit/emitted-value.ts";
import { emitExpr } from "../emit/expression.ts";
import { emitEquals, emitHash } from "../emit/row-keys.ts";
import { loadField } from "../pipeline/row-access.ts";
import type { RowField, RowFieldRequest } from "../pipeline/row-layout.ts";
import type { SegmentEmitter } from "../pipeline/segment-emitter.ts";
import type { Local, Val } from "../wasm/instructions.ts";
import { i32, i64 } from "../wasm/instructions.ts";

/** Keys of groups and of hash tables: the values of a row, and the same values in a record. */

/** A key is kept as its dictionary code where one dictionary serves the query, and codes are equal where values are. */
export function keyFieldRequest(emitter: SegmentEmitter, column: Column, expr: Expr): RowFieldRequest {
  return { column, dictionary: equalByBytes(column.type) ? emitter.dictionaryOf(expr) : undefined };
}

/** More keys than this make code that takes longer to compile than to run: the machine's compiler is slow with many values across many branches. */
const MAX_KEYS = 1000;

/** Raises STATEMENT_TOO_COMPLEX for more keys than can be compiled in reasonable time. */
export function emitKeys(emitter: SegmentEmitter, exprs: readonly Expr[]): readonly EmittedValue[] {
  if (exprs.length > MAX_KEYS) {
    throw new SparrowError("STATEMENT_TOO_COMPLEX", "54001", `The statement is too complex: it groups, joins or removes duplicates by ${exprs.length} values; the limit is ${MAX_KEYS}.`, { limit: String(MAX_KEYS) });
  }
  return exprs.map((expr) => emitExpr(expr, emitter));
}

/** The value that is hashed and compared: the code of a field that is kept as a code. */
function comparable(value: EmittedValue, field: RowField): EmittedValue {
  if (field.storage.kind !== "code" || value.dictionary === undefined) return value;
  return { type: INT, lanes: [value.dictionary.code], isNull: value.isNull };
}

/** Upper half: directory slot and tag; lower half: Bloom bits of join directories. */
export function hashOfKeys(emitter: SegmentEmitter, values: readonly EmittedValue[], fields: readonly RowField[], collide: boolean): Val {
  if (values.length === 0 || collide) return i64.const(0n);
  return emitHash(values.map((value, i) => comparable(value, fields[i])), emitter);
}

/** Whether a record has these keys; NULL equals NULL. */
export function keysEqual(emitter: SegmentEmitter, values: readonly EmittedValue[], fields: readonly RowField[], row: Local): Val {
  const tests = values.map((value, i) => {
    const stored = loadField(emitter, fields[i], row, false);
    return emitEquals(comparable(value, fields[i]), comparable(stored, fields[i]), emitter, true);
  });
  return tests.length === 0 ? i32.const(1) : tests.reduce((a, b) => i32.and(a, b));
}
