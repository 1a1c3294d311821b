import type { FunctionBuilder } from "../wasm/function-builder.ts";
import type { Val } from "../wasm/instructions.ts";
import { i32, i64, select } from "../wasm/instructions.ts";

/** Proleptic Gregorian calendar over days since 1970-01-01, all i32, right for every i32. */
export interface Civil {
  readonly year: Val;
  /** 1 to 12 */
  readonly month: Val;
  /** 1 to 31 */
  readonly day: Val;
}

/** Cycles of 400 years that make every i32 day number positive. */
const CYCLES = 14_700n;
const DAYS_PER_CYCLE = 146_097n;
/** Days from 0000-03-01 to 1970-01-01. */
const EPOCH_SHIFT = 719_468n;

/** Source: Neri and Schneider, "Euclidean affine functions and their application to calendar algorithms" (2022). */
export function civilFromDays(f: FunctionBuilder, days: Val): Civil {
  const shifted = i64.add(i64.extendI32S(days), i64.const(EPOCH_SHIFT + DAYS_PER_CYCLE * CYCLES));
  const n1 = f.reusable(i64.add(i64.shl(shifted, i64.const(2n)), i64.const(3n)));
  const century = f.reusable(i64.divU(n1, i64.const(DAYS_PER_CYCLE)));
  const rest = i64.sub(n1, i64.mul(century, i64.const(DAYS_PER_CYCLE)));
  const n2 = i64.or(rest, i64.const(3n));
  const p2 = f.reusable(i64.mul(n2, i64.const(2_939_745n)));
  const yearOfCentury = i64.shrU(p2, i64.const(32n));
  const dayOfYear = f.reusable(i32.divU(i32.wrapI64(p2), i32.const(2_939_745 * 4)));
  const n3 = f.reusable(i32.add(i32.mul(dayOfYear, i32.const(2141)), i32.const(197_913)));
  const late = f.reusable(i32.geU(dayOfYear, i32.const(306)));
  const marchYear = i32.wrapI64(i64.sub(i64.add(i64.mul(century, i64.const(100n)), yearOfCentury), i64.const(400n * CYCLES)));
  const month = i32.shrU(n3, i32.const(16));
  return {
    year: i32.add(marchYear, late),
    month: i32.sub(month, i32.mul(late, i32.const(12))),
    day: i32.add(i32.divU(i32.and(n3, i32.const(0xffff)), i32.const(2141)), i32.const(1)),
  };
}

/** Days of a date whose month is 1 to 12; the day may be any. `year` and `month` safe to read twice. Wraps beyond i32. */
export function daysFromCivil(f: FunctionBuilder, year: Val, month: Val, day: Val): Val {
  const early = f.reusable(i32.leS(month, i32.const(2)));
  const y = f.reusable(i64.add(i64.sub(i64.extendI32S(year), i64.extendI32U(early)), i64.const(400n * CYCLES)));
  const century = f.reusable(i64.divU(y, i64.const(100n)));
  const marchMonth = i32.add(month, i32.mul(early, i32.const(12)));
  const daysOfYears = i64.add(i64.sub(i64.shrU(i64.mul(y, i64.const(1461n)), i64.const(2n)), century), i64.shrU(century, i64.const(2n)));
  const daysOfMonths = i32.shrU(i32.sub(i32.mul(marchMonth, i32.const(979)), i32.const(2919)), i32.const(5));
  const total = i64.add(daysOfYears, i64.extendI32S(i32.add(daysOfMonths, i32.sub(day, i32.const(1)))));
  return i32.wrapI64(i64.sub(total, i64.const(EPOCH_SHIFT + DAYS_PER_CYCLE * CYCLES)));
}

/** i32: 28 to 31. `year` and `month` safe to read twice. */
export function monthLength(year: Val, month: Val): Val {
  // Months alternate, with the change of step between July and August.
  const usual = i32.or(i32.const(30), i32.xor(month, i32.shrU(month, i32.const(3))));
  const leap = i32.eqz(i32.and(year, select(i32.eqz(i32.remS(year, i32.const(25))), i32.const(15), i32.const(3))));
  return select(i32.eq(month, i32.const(2)), i32.add(i32.const(28), leap), usual);
}

/** i32: Monday 0 to Sunday 6. */
export function weekday(days: Val): Val {
  return i32.wrapI64(i64.remU(i64.add(i64.extendI32S(days), i64.const(3n + 7n * 400_000_000n)), i64.const(7n)));
}

/** Floor division of i64 by a positive constant; `value` safe to read twice. */
export function floorDiv64(value: Val, divisor: bigint): Val {
  const down = select(i64.ltS(value, i64.const(0n)), i64.const(divisor - 1n), i64.const(0n));
  return i64.divS(i64.sub(value, down), i64.const(divisor));
}

/** value - floor(value / divisor) * divisor; not negative. `value` safe to read twice. */
export function floorMod64(f: FunctionBuilder, value: Val, divisor: bigint): Val {
  const remainder = f.reusable(i64.remS(value, i64.const(divisor)));
  return i64.add(remainder, select(i64.ltS(remainder, i64.const(0n)), i64.const(divisor), i64.const(0n)));
}
