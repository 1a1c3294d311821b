import { expect, test } from "vitest";
import type { DataType } from "../../catalog/types.ts";
import { BOOLEAN, decimal, DOUBLE, INT, LONG, SHORT, STRING } from "../../catalog/types.ts";
import type { Value } from "../../catalog/values.ts";
import { call, column, literal, pairs, ref } from "./expressions.ts";
import { expectInterpreted } from "./interpreted.ts";

const ARRAY_OF_STRINGS: DataType = { kind: "array", element: STRING, containsNull: true };
const STRUCT: DataType = {
  kind: "struct",
  fields: [
    { name: "n", type: INT, nullable: true },
    { name: "s", type: STRING, nullable: true },
    { name: "flag", type: BOOLEAN, nullable: true },
    { name: "d", type: decimal(30, 2), nullable: true },
    { name: "small", type: SHORT, nullable: false },
    { name: "list", type: ARRAY_OF_STRINGS, nullable: true },
    { name: "t", type: STRING, nullable: false },
    { name: "x", type: DOUBLE, nullable: true },
    { name: "last", type: LONG, nullable: true },
  ],
};
const structs: Value[] = [
  { fields: [1, "one", true, 10n ** 25n, -5, ["a", null, "bcd"], "t", 1.5, 2n ** 60n] },
  { fields: [null, null, null, null, 7, null, "", null, null] },
  { fields: [-1, "", false, -1n, 0, [], "longer text", -0.5, -1n] },
  null,
];

test("fields of structs of every type", async () => {
  if (STRUCT.kind !== "struct") throw new Error("a struct");
  const s = column(STRUCT);
  for (const [i, field] of STRUCT.fields.entries()) {
    expect(await expectInterpreted({ ...call("getfield", [ref(s), literal(i, INT)], field.type), nullable: true }, [s], structs.map((v) => [v]))).toBe(0);
  }
  const element = { ...call("get", [{ ...call("getfield", [ref(s), literal(5, INT)], ARRAY_OF_STRINGS), nullable: true }, literal(2, INT)], STRING), nullable: true };
  expect(await expectInterpreted(element, [s], structs.map((v) => [v]))).toBe(0);
});

const arrays: [DataType, Value[]][] = [
  [STRING, [[], ["a"], [null, "", "xyz"], ["p", "q", "r", "s", "t", "u", "v", "w", null, "y"], null]],
  [INT, [[], [1], [null, 2, -3], [1, 2, 3, 4, 5, 6, 7, 8, null], null]],
  [BOOLEAN, [[true, null, false], null]],
  [decimal(38, 0), [[10n ** 37n, null, -1n], null]],
  [ARRAY_OF_STRINGS, [[["a", null], null, []], null]],
];

test.each(arrays)("elements and sizes of arrays of %o", async (element, values) => {
  const a = column({ kind: "array", element, containsNull: true });
  const i = column(INT);
  const rows = pairs(values, [0, 1, 2, 8, 9, -1, 2 ** 31 - 1, null]);
  expect(await expectInterpreted({ ...call("get", [ref(a), ref(i)], element), nullable: true }, [a, i], rows)).toBe(0);
  for (const mode of ["ansi", "try", "legacy"] as const) {
    expect((await expectInterpreted({ ...call("getitem", [ref(a), ref(i)], element, mode), nullable: true }, [a, i], rows)) > 0).toBe(mode === "ansi");
  }
  for (const name of ["element_at", "try_element_at"]) {
    for (const mode of ["ansi", "try", "legacy"] as const) {
      const raised = await expectInterpreted({ ...call(name, [ref(a), ref(i)], element, mode), nullable: true }, [a, i], [...rows, ...pairs(values, [1, -2, -10])]);
      expect(raised > 0).toBe(mode !== "try");
    }
  }
  for (const name of ["size", "array_size"]) expect(await expectInterpreted(call(name, [ref(a)], INT), [a], values.map((v) => [v]))).toBe(0);
});

test("size of maps", async () => {
  const m = column({ kind: "map", key: STRING, value: INT, valueContainsNull: true });
  expect(await expectInterpreted(call("size", [ref(m)], INT), [m], [[{ keys: [], values: [] }], [{ keys: ["a", "b"], values: [1, null] }], [null]])).toBe(0);
});
