import type { Val } from "../wasm/instructions.ts";
import { i32 } from "../wasm/instructions.ts";
import type { EmittedValue } from "./emitted-value.ts";
import { FALSE, orFlags } from "./null-flags.ts";

/** i32: TRUE and not NULL. */
export function trueLane(value: EmittedValue): Val {
  if (value.isNull === undefined) return value.lanes[0];
  return value.isNull.constant === 1 ? FALSE : i32.and(value.lanes[0], i32.eqz(value.isNull));
}

/** i32: FALSE and not NULL. */
export function falseLane(value: EmittedValue): Val {
  if (value.isNull?.constant === 1) return FALSE;
  return i32.eqz(value.isNull === undefined ? value.lanes[0] : (orFlags(value.lanes[0], value.isNull) ?? FALSE));
}
