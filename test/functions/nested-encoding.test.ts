import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { DataType } from "../../catalog/types.ts";
import { decimal } from "../../catalog/types.ts";
import type { Value } from "../../catalog/values.ts";
import { compareNullsFirst } from "../../executor/functions/compare.ts";
import { arrayLength, decodeValue, elementRange, encodeValue, fieldRange } from "../../executor/nested/encoding.ts";

const FIXED: readonly DataType[] = [
  { kind: "boolean" }, { kind: "byte" }, { kind: "short" }, { kind: "int" }, { kind: "long" }, { kind: "float" }, { kind: "double" },
  decimal(10, 2), decimal(38, 10), { kind: "date" }, { kind: "timestamp" }, { kind: "calendar_interval" }, { kind: "string" }, { kind: "binary" },
];

const types: fc.Arbitrary<DataType> = fc.letrec<{ type: DataType }>((tie) => ({
  type: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    fc.constantFrom(...FIXED),
    tie("type").map((element): DataType => ({ kind: "array", element, containsNull: true })),
    fc.array(tie("type"), { maxLength: 4 }).map((fields): DataType => ({ kind: "struct", fields: fields.map((type, i) => ({ name: `f${i}`, type, nullable: true })) })),
    fc.tuple(fc.constantFrom(...FIXED), tie("type")).map(([key, value]): DataType => ({ kind: "map", key, value, valueContainsNull: true })),
  ),
})).type;

function nullable(type: DataType): fc.Arbitrary<Value> {
  return fc.oneof({ weight: 1, arbitrary: fc.constant(null) }, { weight: 4, arbitrary: values(type) });
}

function values(type: DataType): fc.Arbitrary<Value> {
  switch (type.kind) {
    case "boolean":
      return fc.boolean();
    case "byte":
      return fc.integer({ min: -128, max: 127 });
    case "short":
      return fc.integer({ min: -32768, max: 32767 });
    case "int":
    case "date":
      return fc.integer();
    case "long":
    case "timestamp":
      return fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
    case "float":
      return fc.float();
    case "double":
      return fc.double();
    case "decimal":
      return fc.bigInt({ min: -(10n ** BigInt(type.precision)) + 1n, max: 10n ** BigInt(type.precision) - 1n });
    case "string":
      return fc.string({ unit: "grapheme" });
    case "binary":
      return fc.uint8Array();
    case "calendar_interval":
      return fc.record({ months: fc.integer(), days: fc.integer(), micros: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }) });
    case "array":
      return fc.array(nullable(type.element), { maxLength: 5 });
    case "struct":
      return fc.tuple(...type.fields.map((f) => nullable(f.type))).map((fields) => ({ fields }));
    case "map":
      return fc.array(fc.tuple(values(type.key), nullable(type.value)), { maxLength: 4 }).map((pairs) => ({ keys: pairs.map((p) => p[0]), values: pairs.map((p) => p[1]) }));
    default:
      throw new Error(`no values for ${type.kind}`);
  }
}

const typedValues = types.chain((type) => values(type).map((value) => ({ type, value })));

describe("nested encoding", () => {
  test("a value read back equals the one written, wherever it stands", () => {
    fc.assert(
      fc.property(typedValues, fc.nat(5), ({ type, value }, shift) => {
        const bytes = encodeValue(type, value);
        const moved = new Uint8Array(bytes.length + shift + 3);
        moved.set(bytes, shift);
        expect(compareNullsFirst(type, decodeValue(type, moved, shift, shift + bytes.length), value)).toBe(0);
      }),
      { numRuns: 300, seed: 20_260 },
    );
  });

  test("equal values have equal bytes: zero and NaN have one form", () => {
    const type: DataType = { kind: "array", element: { kind: "double" }, containsNull: true };
    const otherNaN = new Float64Array(new BigUint64Array([0xfff8000000000001n]).buffer)[0];
    expect(encodeValue(type, [-0, otherNaN, null])).toEqual(encodeValue(type, [0, Number.NaN, null]));
  });

  test("fields and elements are found without reading the rest", () => {
    const type = { kind: "struct", fields: [{ name: "a", type: { kind: "string" }, nullable: true }, { name: "b", type: { kind: "int" }, nullable: true }, { name: "c", type: { kind: "string" }, nullable: true }, { name: "d", type: { kind: "array", element: { kind: "string" }, containsNull: true }, nullable: true }] } as const;
    const bytes = encodeValue(type, { fields: ["héllo", null, "c", ["x", null, "yz"]] });
    const text = (range: { start: number; end: number } | undefined): Value => range === undefined ? null : decodeValue({ kind: "string" }, bytes, range.start, range.end);
    expect(text(fieldRange(type, bytes, 0, 0))).toBe("héllo");
    expect(fieldRange(type, bytes, 0, 1)).toBeUndefined();
    expect(text(fieldRange(type, bytes, 0, 2))).toBe("c");
    const array = fieldRange(type, bytes, 0, 3);
    expect(array).toBeDefined();
    expect(arrayLength(bytes, array?.start ?? 0)).toBe(3);
    expect([0, 1, 2].map((i) => text(elementRange({ kind: "string" }, bytes, array?.start ?? 0, i)))).toEqual(["x", null, "yz"]);
  });
});
