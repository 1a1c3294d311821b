import type { ColumnId, Expr } from "../../catalog/expression.ts";
import { isNullable, operands, typeOf } from "../../catalog/expression.ts";
import type { DataType } from "../../catalog/types.ts";
import { isIntegral, isNumeric, isStringLike } from "../../catalog/types.ts";
import { conjuncts, disjuncts } from "../conjunctions.ts";

function words(text: string): ReadonlySet<string> {
  return new Set(text.trim().split(/\s+/));
}

/** Calls whose value is not decided by their arguments: never duplicated, moved past a filter, or folded. */
const NONDETERMINISTIC: ReadonlySet<string> = words(`
  rand random randn randstr uniform uuid shuffle monotonically_increasing_id spark_partition_id input_file_name input_file_block_start
  input_file_block_length raise_error assert_true
`);

export function isDeterministic(expr: Expr): boolean {
  const known = deterministic.get(expr);
  if (known !== undefined) return known;
  const result = !(expr.kind === "call" && NONDETERMINISTIC.has(expr.name)) && operands(expr).every(isDeterministic);
  deterministic.set(expr, result);
  return result;
}

const deterministic = new WeakMap<Expr, boolean>();

/** Calls whose value is decided by the partition that a row is in. */
const OF_PARTITION: ReadonlySet<string> = words("monotonically_increasing_id spark_partition_id");

export function seesPartition(expr: Expr): boolean {
  return !isDeterministic(expr) && ((expr.kind === "call" && OF_PARTITION.has(expr.name)) || operands(expr).some(seesPartition));
}

/** Calls that give a value or NULL for all arguments of their types. What is not here may raise under ANSI mode. */
const TOTAL: ReadonlySet<string> = words(`
  = == <=> <> != < <= > >= and or not ! isnull isnotnull istrue isfalse isnan coalesce nanvl greatest least like ilike startswith endswith contains upper lower ucase
  lcase trim ltrim rtrim btrim length char_length character_length substring substr left right concat || reverse ascii instr locate position replace
  translate lpad rpad initcap octet_length year quarter month day dayofmonth dayofweek dayofyear weekofyear weekday hour minute second date_trunc trunc
  datediff date_diff concat_ws substring_index soundex levenshtein hex base64 bit_count
  last_day hash xxhash64 md5 sha1 sha2 crc32 & | ^ ~ size cardinality array struct named_struct getfield in
`);

/** Closed range of the values that a column or expression takes, in the units of the type (unscaled for decimals). */
export interface Range {
  readonly min: bigint;
  readonly max: bigint;
}

/** What statistics promise of a column; ids are unique in a query, so one map serves every node. */
export type ColumnRanges = ReadonlyMap<ColumnId, Range>;

const NO_RANGES: ColumnRanges = new Map();

/** Whether evaluation can raise for some row, given the promised ranges. */
export function mayRaise(expr: Expr, ranges: ColumnRanges = NO_RANGES): boolean {
  switch (expr.kind) {
    case "literal":
    case "column":
      return false;
    case "call":
      return callMayRaise(expr, ranges) || expr.args.some((arg) => mayRaise(arg, ranges));
    case "cast":
      return (expr.mode === "ansi" && !isSafeCast(typeOf(expr.input), expr.type) && !fits(rangeOf(expr.input, ranges), typeOf(expr.input), expr.type)) || mayRaise(expr.input, ranges);
    case "case":
    case "in":
    case "lambda":
      return operands(expr).some((operand) => mayRaise(operand, ranges));
  }
}

function callMayRaise(expr: Extract<Expr, { kind: "call" }>, ranges: ColumnRanges): boolean {
  if (TOTAL.has(expr.name)) return false;
  if (expr.name === "raise_error" || expr.name === "assert_true") return true;
  if (expr.mode !== "ansi") return false;
  switch (expr.name) {
    case "+":
    case "-":
    case "*":
    case "negative":
    case "positive":
    case "abs":
      if (!isNumeric(expr.type)) return true;
      if (expr.type.kind === "float" || expr.type.kind === "double") return false;
      return rangeOf(expr, ranges) === undefined;
    case "/":
    case "%":
    case "mod":
    case "div": {
      const divisor = expr.args[1];
      return !(divisor?.kind === "literal" && divisor.value !== null && Number(divisor.value) !== 0 && Number(divisor.value) !== -1);
    }
    case "rlike":
    case "regexp":
    case "regexp_like":
    case "regexp_replace":
    case "regexp_extract":
    case "regexp_count":
    case "regexp_instr":
    case "regexp_substr":
      // Only a pattern can be wrong, and one that is written out is so for every row.
      return expr.args[1].kind !== "literal";
    default:
      return true;
  }
}

const INTEGRAL_RANGE: Readonly<Record<string, Range>> = {
  byte: { min: -128n, max: 127n },
  short: { min: -32768n, max: 32767n },
  int: { min: -2147483648n, max: 2147483647n },
  long: { min: -9223372036854775808n, max: 9223372036854775807n },
};

/** All values of a type whose values are integers in memory; undefined for others. */
export function typeRange(type: DataType): Range | undefined {
  if (type.kind === "decimal") {
    const bound = 10n ** BigInt(type.precision) - 1n;
    return { min: -bound, max: bound };
  }
  if (type.kind === "date") return INTEGRAL_RANGE.int;
  if (type.kind === "timestamp" || type.kind === "timestamp_ntz") return INTEGRAL_RANGE.long;
  return INTEGRAL_RANGE[type.kind];
}

/** The range of an integral, decimal or date expression when no step of it can leave its type; else undefined. */
export function rangeOf(expr: Expr, ranges: ColumnRanges): Range | undefined {
  switch (expr.kind) {
    case "column":
      return ranges.get(expr.id) ?? typeRange(expr.type);
    case "literal":
      return (typeof expr.value === "bigint" || (typeof expr.value === "number" && Number.isInteger(expr.value))) && typeRange(expr.type) !== undefined
        ? { min: BigInt(expr.value), max: BigInt(expr.value) }
        : undefined;
    case "cast": {
      const from = typeOf(expr.input);
      const input = rangeOf(expr.input, ranges);
      if (input === undefined) return undefined;
      if (isIntegral(from) && isIntegral(expr.type)) return within(input, expr.type);
      if (isIntegral(from) && expr.type.kind === "decimal") return within(scaled(input, expr.type.scale), expr.type);
      if (from.kind === "decimal" && expr.type.kind === "decimal" && expr.type.scale >= from.scale) return within(scaled(input, expr.type.scale - from.scale), expr.type);
      return undefined;
    }
    case "call":
      return rangeOfCall(expr, ranges);
    case "case":
    case "in":
    case "lambda":
      return undefined;
  }
}

function rangeOfCall(expr: Extract<Expr, { kind: "call" }>, ranges: ColumnRanges): Range | undefined {
  const sides = expr.args.map((arg) => rangeOf(arg, ranges));
  const [a, b] = sides;
  if (a === undefined || sides.includes(undefined)) return undefined;
  const scaleOf = (type: DataType): number => (type.kind === "decimal" ? type.scale : 0);
  const sameScale = expr.args.every((arg) => typeOf(arg).kind === expr.type.kind && scaleOf(typeOf(arg)) === scaleOf(expr.type));
  switch (expr.name) {
    case "+":
      return b !== undefined && sameScale ? within({ min: a.min + b.min, max: a.max + b.max }, expr.type) : undefined;
    case "-":
      return b !== undefined && sameScale ? within({ min: a.min - b.max, max: a.max - b.min }, expr.type) : undefined;
    case "*": {
      if (b === undefined || scaleOf(typeOf(expr.args[0])) + scaleOf(typeOf(expr.args[1])) !== scaleOf(expr.type)) return undefined;
      const products = [a.min * b.min, a.min * b.max, a.max * b.min, a.max * b.max];
      return within({ min: products.reduce((x, y) => (x < y ? x : y)), max: products.reduce((x, y) => (x > y ? x : y)) }, expr.type);
    }
    case "negative":
      return within({ min: -a.max, max: -a.min }, expr.type);
    default:
      return undefined;
  }
}

function scaled(range: Range, digits: number): Range {
  const factor = 10n ** BigInt(digits);
  return { min: range.min * factor, max: range.max * factor };
}

function within(range: Range, type: DataType): Range | undefined {
  const bounds = typeRange(type);
  return bounds !== undefined && range.min >= bounds.min && range.max <= bounds.max ? range : undefined;
}

function fits(range: Range | undefined, from: DataType, to: DataType): boolean {
  return range !== undefined && isIntegral(from) && isIntegral(to) && within(range, to) !== undefined;
}

/** A cast that keeps every value: widening of numbers, dates to timestamps, anything to string. */
export function isSafeCast(from: DataType, to: DataType): boolean {
  if (from.kind === to.kind && from.kind !== "decimal" && from.kind !== "array" && from.kind !== "map" && from.kind !== "struct") return true;
  if (from.kind === "null" || isStringLike(to)) return true;
  if (isIntegral(from) && isIntegral(to)) return (typeRange(from) as Range).max <= (typeRange(to) as Range).max;
  if ((isNumeric(from) || from.kind === "boolean") && (to.kind === "double" || to.kind === "float")) return true;
  if (from.kind === "decimal" && to.kind === "decimal") return to.scale >= from.scale && to.precision - to.scale >= from.precision - from.scale;
  if (isIntegral(from) && to.kind === "decimal") return to.precision - to.scale >= String((typeRange(from) as Range).max).length;
  if (from.kind === "date" && (to.kind === "timestamp" || to.kind === "timestamp_ntz")) return true;
  return from.kind === "timestamp" && to.kind === "date";
}

/** Calls that are NULL as soon as one argument is. */
const STRICT: ReadonlySet<string> = words(`
  = <> != < <= > >= + - * / % div mod negative positive abs not ! like ilike startswith endswith contains upper lower trim ltrim rtrim length substring
  substr left right year month day quarter dayofweek dayofyear hour minute second date_add date_sub datediff add_months concat || round floor ceil
  replace & | ^ ~ sqrt power exp ln last_day
`);

/** Whether a NULL for any argument makes the call NULL. */
export function isNullOnNull(name: string): boolean {
  return STRICT.has(name);
}

/** Columns of which a NULL makes the value NULL. */
export function columnsForcingNull(expr: Expr, into: Set<ColumnId> = new Set()): Set<ColumnId> {
  switch (expr.kind) {
    case "column":
      into.add(expr.id);
      break;
    case "cast":
      columnsForcingNull(expr.input, into);
      break;
    case "call":
      if (STRICT.has(expr.name)) for (const arg of expr.args) columnsForcingNull(arg, into);
      break;
    case "in":
      columnsForcingNull(expr.input, into);
      break;
    case "literal":
    case "case":
    case "lambda":
      break;
  }
  return into;
}

/**
 * Columns of which a NULL keeps the condition from being TRUE: after a filter by it they are not NULL.
 * A disjunction rejects what all of its branches reject.
 */
export function nullRejectedColumns(condition: Expr): ReadonlySet<ColumnId> {
  const known = rejected.get(condition);
  if (known !== undefined) return known;
  const result = computeNullRejected(condition);
  rejected.set(condition, result);
  return result;
}

const rejected = new WeakMap<Expr, ReadonlySet<ColumnId>>();

function computeNullRejected(condition: Expr): ReadonlySet<ColumnId> {
  if (condition.kind === "call") {
    if (condition.name === "isnotnull") return columnsForcingNull(condition.args[0]);
    if (condition.name === "and") return new Set(conjuncts(condition).flatMap((arg) => [...nullRejectedColumns(arg)]));
    if (condition.name === "or") {
      const [first, ...others] = disjuncts(condition).map(nullRejectedColumns);
      return new Set([...first].filter((id) => others.every((set) => set.has(id))));
    }
    if (condition.name === "not" && condition.args[0].kind === "call") {
      const inner = condition.args[0];
      if (inner.name === "isnull") return columnsForcingNull(inner.args[0]);
      if (inner.name === "and") return nullRejectedOfNegated(inner.args);
      if (inner.name === "or") return new Set(inner.args.flatMap((arg) => [...columnsForcingNull(arg)]));
    }
    if (condition.name === "<=>") {
      const [a, b] = condition.args;
      if (!isNullable(a)) return columnsForcingNull(b);
      if (!isNullable(b)) return columnsForcingNull(a);
    }
  }
  return columnsForcingNull(condition);
}

/** NOT (a AND b) is TRUE when one of them is FALSE: only what makes all of them NULL is rejected. */
function nullRejectedOfNegated(args: readonly Expr[]): ReadonlySet<ColumnId> {
  const [first, ...others] = args.map((arg) => columnsForcingNull(arg));
  return new Set([...first].filter((id) => others.every((set) => set.has(id))));
}
