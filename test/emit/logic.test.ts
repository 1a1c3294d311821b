import { describe, expect, test } from "vitest";
import type { Expr } from "../../catalog/expression.ts";
import type { DataType } from "../../catalog/types.ts";
import { BOOLEAN, DATE, decimal, DOUBLE, FLOAT, INT, LONG, STRING } from "../../catalog/types.ts";
import type { Value } from "../../catalog/values.ts";
import { answeredByDictionary } from "../../executor/emit/dictionary-predicates.ts";
import type { EmitContext } from "../../executor/emit/emit-context.ts";
import type { EmittedValue } from "../../executor/emit/emitted-value.ts";
import { canEmit, emitCondition, emitFilters } from "../../executor/emit/expression.ts";
import { get, i32 } from "../../executor/wasm/instructions.ts";
import { call, cases, column, inList, literal, pairs, ref } from "./expressions.ts";
import { runExpression, runRows } from "./row-runner.ts";

const LOGIC = [true, false, null];

/** An expression that is costly and so evaluated behind a jump: `x or (n / 1 = -1)`, never raising for the given rows. */
function costly(x: Expr, divisor: Expr): Expr {
  return call("or", [x, call("=", [call("div", [literal(1n, LONG), divisor], LONG), literal(-7n, LONG)])]);
}

describe("three-valued logic", () => {
  const a = column(BOOLEAN);
  const b = column(BOOLEAN);
  const one = column(LONG, false);
  const rows = pairs(LOGIC, LOGIC).map(([x, y]) => [x, y, 1n]);
  const and = (x: Value, y: Value): Value => (x === false || y === false ? false : x === null || y === null ? null : true);
  const or = (x: Value, y: Value): Value => (x === true || y === true ? true : x === null || y === null ? null : false);

  test.each([["and", and], ["or", or]] as const)("%s, evaluated or jumped over", async (name, f) => {
    const wanted = rows.map(([x, y]) => f(x, y));
    for (const right of [ref(b), costly(ref(b), ref(one))]) {
      const expr = call(name, [ref(a), right]);
      expect((await runExpression(expr, [a, b, one], rows)).values).toEqual(wanted);
      expect((await runExpression(call("not", [expr]), [a, b, one], rows)).values).toEqual(wanted.map((w) => (w === null ? null : !w)));
      for (const [tested, decisive] of [[expr, true], [call("not", [expr]), false], [call("not", [call("not", [expr])]), true]] as const) {
        const condition = await runRows((ctx) => ({ type: BOOLEAN, lanes: [emitCondition(tested, ctx)], isNull: undefined }), BOOLEAN, [a, b, one], rows);
        expect(condition.values).toEqual(wanted.map((w) => w === decisive));
      }
      const filtered = await runRows(
        (ctx) => {
          const passed = ctx.f.local("i32");
          ctx.f.set(passed, i32.const(0));
          ctx.f.block((reject) => {
            emitFilters([expr, literal(true, BOOLEAN)], ctx, reject);
            ctx.f.set(passed, i32.const(1));
          });
          return { type: BOOLEAN, lanes: [get(passed)], isNull: undefined };
        },
        BOOLEAN,
        [a, b, one],
        rows,
      );
      expect(filtered.values).toEqual(wanted.map((w) => w === true));
    }
  });

  test("constants", async () => {
    const nothing = literal(null, BOOLEAN);
    for (const name of ["and", "or"]) {
      for (const constant of [literal(true, BOOLEAN), literal(false, BOOLEAN), nothing]) {
        const { values } = await runExpression(call(name, [ref(a), constant]), [a], LOGIC.map((x) => [x]));
        expect(values).toEqual(LOGIC.map((x) => (name === "and" ? and : or)(x, constant.value)));
        const turned = await runRows((ctx) => ({ type: BOOLEAN, lanes: [emitCondition(call(name, [constant, ref(a)]), ctx)], isNull: undefined }), BOOLEAN, [a], LOGIC.map((x) => [x]));
        expect(turned.values).toEqual(LOGIC.map((x) => (name === "and" ? and : or)(x, constant.value) === true));
      }
    }
  });

  test("isnull, isnotnull, istrue, isfalse, <=>", async () => {
    const single = LOGIC.map((x) => [x]);
    const of = async (name: string): Promise<readonly Value[]> => (await runExpression(call(name, [ref(a)]), [a], single)).values;
    expect(await of("isnull")).toEqual([false, false, true]);
    expect(await of("isnotnull")).toEqual([true, true, false]);
    expect(await of("istrue")).toEqual([true, false, false]);
    expect(await of("isfalse")).toEqual([false, true, false]);
    expect((await runExpression(call("<=>", [ref(a), ref(b)]), [a, b], rows.map(([x, y]) => [x, y]))).values).toEqual(rows.map(([x, y]) => x === y));
  });
});

describe("rows that do not reach an expression", () => {
  const a = column(LONG);
  const b = column(LONG);
  const quotient = call("div", [ref(a), ref(b)], LONG);
  const notZero = call("<>", [ref(b), literal(0n, LONG)]);
  const rows = [[10n, 2n], [1n, 0n], [7n, null], [null, 0n], [9n, -3n]];
  const wanted = [5n, null, null, null, -3n];

  test("CASE WHEN b <> 0 THEN a div b END", async () => {
    const { values, error } = await runExpression(cases([[notZero, quotient]], literal(null, LONG), LONG), [a, b], rows);
    expect(error).toBeUndefined();
    expect(values).toEqual(wanted);
  });

  test("b <> 0 AND a div b > 0; b = 0 OR a div b > 0", async () => {
    const positive = call(">", [quotient, literal(0n, LONG)]);
    expect((await runExpression(call("and", [notZero, positive]), [a, b], rows)).values).toEqual([true, false, null, false, false]);
    const isZero = call("=", [ref(b), literal(0n, LONG)]);
    expect((await runExpression(call("or", [isZero, positive]), [a, b], rows)).values).toEqual([true, true, null, true, false]);
    const filter = await runRows((ctx) => ({ type: BOOLEAN, lanes: [emitCondition(call("and", [notZero, positive]), ctx)], isNull: undefined }), BOOLEAN, [a, b], rows);
    expect(filter.values).toEqual([true, false, false, false, false]);
  });

  test("coalesce(b, a div 0)", async () => {
    const expr = call("coalesce", [ref(b), call("div", [ref(a), literal(0n, LONG)], LONG), literal(4n, LONG)], LONG);
    expect((await runExpression(expr, [a, b], [[1n, 2n], [null, 0n], [null, null]])).values).toEqual([2n, 0n, 4n]);
    const raised = await runExpression(expr, [a, b], [[1n, 2n], [1n, null]]);
    expect(raised.error?.condition).toBe("DIVIDE_BY_ZERO");
    expect(raised.values).toEqual([2n]);
  });

  test("a value computed in one branch is computed again in the other", async () => {
    const expr = cases([[call(">", [ref(a), literal(5n, LONG)]), call("+", [call("%", [ref(a), ref(b)], LONG), literal(1n, LONG)], LONG)]], call("%", [ref(a), ref(b)], LONG), LONG);
    expect((await runExpression(call("+", [expr, call("%", [ref(a), ref(b)], LONG)], LONG), [a, b], [[10n, 7n], [4n, 3n]])).values).toEqual([7n, 2n]);
  });
});

/** Ascending; equal ones together. */
const ORDERED: [DataType, Value[][]][] = [
  [BOOLEAN, [[false], [true]]],
  [INT, [[-(2 ** 31)], [0], [5], [2 ** 31 - 1]]],
  [LONG, [[-(2n ** 63n)], [0n], [5n]]],
  [DATE, [[-5], [19000]]],
  [decimal(38, 3), [[-(10n ** 37n)], [-1n], [0n], [2n ** 63n], [10n ** 37n]]],
  [FLOAT, [[-Infinity], [-0, 0], [1.5], [Infinity], [NaN]]],
  [DOUBLE, [[-Infinity], [-0, 0], [5e-324], [Infinity], [NaN]]],
  [{ kind: "array", element: DOUBLE, containsNull: true }, [[[]], [[null]], [[null, 1]], [[-1, null]], [[0]], [[0, 5]], [[NaN]]]],
  [{ kind: "struct", fields: [{ name: "a", type: STRING, nullable: true }, { name: "b", type: INT, nullable: true }] }, [[{ fields: [null, 7] }], [{ fields: ["a", null] }], [{ fields: ["a", -1] }], [{ fields: ["b", -5] }]]],
  [STRING, [[""], ["a"], ["aaaaaaaaa"], ["aaaaaaaab"], ["b"], ["ba"], ["é"], ["日本"], ["😀"]]],
];

describe.each(ORDERED)("comparison of %o", (type, groups) => {
  const a = column(type);
  const b = column(type);
  const cells = [{ value: null as Value, rank: -1 }, ...groups.flatMap((group, rank) => group.map((value) => ({ value, rank })))];
  const both = pairs(cells, cells);
  const tests: Record<string, (x: number, y: number) => boolean> = { "=": (x, y) => x === y, "<>": (x, y) => x !== y, "<": (x, y) => x < y, "<=": (x, y) => x <= y, ">": (x, y) => x > y, ">=": (x, y) => x >= y };

  test.each(Object.keys(tests))("%s", async (name) => {
    const { values } = await runExpression(call(name, [ref(a), ref(b)]), [a, b], both.map(([x, y]) => [x.value, y.value]));
    expect(values).toEqual(both.map(([x, y]) => (x.rank < 0 || y.rank < 0 ? null : tests[name](x.rank, y.rank))));
    for (const { value, rank } of cells) {
      const constant = await runExpression(call(name, [ref(a), literal(value, type)]), [a], cells.map((c) => [c.value]));
      expect(constant.values).toEqual(cells.map((c) => (c.rank < 0 || rank < 0 ? null : tests[name](c.rank, rank))));
    }
  });

  test("CASE and coalesce carry every type", async () => {
    const expr = cases([[call("isnull", [ref(a)]), ref(b)]], ref(a), type);
    const rows = both.map(([x, y]) => [x.value, y.value]);
    const wanted = rows.map(([x, y]) => x ?? y);
    expect((await runExpression(expr, [a, b], rows)).values).toEqual(wanted);
    expect((await runExpression(call("coalesce", [ref(a), ref(b)], type), [a, b], rows)).values).toEqual(wanted);
  });

  test("IN", async () => {
    const list = groups.filter((_, i) => i % 2 === 1).map((group) => group[0]);
    const odd = (rank: number): boolean => rank % 2 === 1;
    const plain = await runExpression(inList(ref(a), list.map((v) => literal(v, type))), [a], cells.map((c) => [c.value]));
    expect(plain.values).toEqual(cells.map((c) => (c.rank < 0 ? null : odd(c.rank))));
    const withNull = await runExpression(inList(ref(a), [...list.map((v) => literal(v, type)), literal(null, type)]), [a], cells.map((c) => [c.value]));
    expect(withNull.values).toEqual(cells.map((c) => (c.rank < 0 || !odd(c.rank) ? null : true)));
    const withColumn = await runExpression(inList(ref(a), [ref(b), literal(list[0], type)]), [a, b], both.map(([x, y]) => [x.value, y.value]));
    expect(withColumn.values).toEqual(both.map(([x, y]) => (x.rank < 0 ? null : x.rank === 1 || x.rank === y.rank ? true : y.rank < 0 ? null : false)));
  });
});

test("predicates of a dictionary-coded column are answered by code", async () => {
  const s = column(STRING);
  const n = column(INT);
  const rows = pairs(["AIR", "MAIL", "", "SHIP by sea", null], [1, null]);
  const air = call("=", [ref(s), literal("AIR", STRING)]);
  const listed = inList(ref(s), [literal("MAIL", STRING), literal("SHIP by sea", STRING), literal(null, STRING)]);
  const expressions: [Expr, boolean, (s: string | null, n: Value) => Value][] = [
    [air, true, (x) => (x === null ? null : x === "AIR")],
    [listed, true, (x) => (x === null || (x !== "MAIL" && x !== "SHIP by sea") ? null : true)],
    [call("or", [air, call("not", [call("<", [ref(s), literal("B", STRING)])])]), true, (x) => (x === null ? null : x === "AIR" || x >= "B")],
    [call("and", [air, call("isnull", [ref(n)])]), false, (x, y) => (y !== null ? false : x === null ? null : x === "AIR")],
    [call("=", [call("coalesce", [ref(s), literal("AIR", STRING)], STRING), literal("AIR", STRING)]), false, (x) => x === null || x === "AIR"],
  ];
  for (const [expr, byCode, f] of expressions) {
    const wanted = rows.map(([x, y]) => f(x, y));
    expect((await runExpression(expr, [s, n], rows, { coded: [s] })).values).toEqual(wanted);
    const emit = (ctx: EmitContext): EmittedValue => {
      expect(answeredByDictionary(expr, ctx)).toBe(byCode);
      return { type: BOOLEAN, lanes: [emitCondition(expr, ctx)], isNull: undefined };
    };
    const condition = await runRows(emit, BOOLEAN, [s, n], rows, { coded: [s] });
    expect(condition.values).toEqual(wanted.map((w) => w === true));
  }
});

test("long chains are compiled, longer ones left to the interpreter", async () => {
  const a = column(LONG, false);
  const chains = (length: number): { sum: Expr; any: Expr } => {
    let sum: Expr = ref(a);
    let any: Expr = call("=", [ref(a), literal(-1n, LONG)]);
    for (let i = 0; i < length; i++) {
      sum = call("+", [sum, literal(BigInt(i), LONG)], LONG);
      any = call("or", [any, call("=", [ref(a), literal(BigInt(2 * i), LONG)])]);
    }
    return { sum, any };
  };
  const { sum, any } = chains(480);
  expect([canEmit(sum), canEmit(any)]).toEqual([true, true]);
  expect((await runExpression(sum, [a], [[1n]])).values).toEqual([1n + (480n * 479n) / 2n]);
  expect((await runExpression(any, [a], [[1n], [958n], [960n]])).values).toEqual([false, true, false]);
  const longer = chains(20_000);
  expect([canEmit(longer.sum), canEmit(longer.any)]).toEqual([false, false]);
});
