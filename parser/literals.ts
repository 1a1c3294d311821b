import type { AstExpr } from "./ast.ts";
import type { Cursor } from "./cursor.ts";

type NumberLiteral = Extract<AstExpr, { kind: "number" }>;

const NUMBER = /^(.*?)(L|S|Y|F|D|BD)?$/i;

/** The number that stands here; `start` is where its sign stands, if it has one. */
export function numberLiteral(c: Cursor, start: number): NumberLiteral {
  const negative = start !== c.start;
  const [, digits, suffix] = NUMBER.exec(c.text)!;
  c.advance();
  const literal: NumberLiteral = { kind: "number", text: negative ? `-${digits}` : digits, suffix: (suffix ?? "").toUpperCase() as NumberLiteral["suffix"], span: c.spanFrom(start) };
  checkRange(c, literal);
  return literal;
}

const INTEGER_BITS: Readonly<Partial<Record<NumberLiteral["suffix"], readonly [type: string, bits: bigint]>>> = { Y: ["tinyint", 8n], S: ["smallint", 16n], L: ["bigint", 64n] };
const MAX_FLOAT = 3.4028234663852886e38;

/** A suffix, or an exponent, names a type that must hold the number. */
function checkRange(c: Cursor, { text, suffix, span }: NumberLiteral): void {
  const integer = INTEGER_BITS[suffix];
  if (integer !== undefined) {
    const [type, bits] = integer;
    const max = 1n << (bits - 1n);
    if (BigInt(text) < -max || BigInt(text) >= max) outOfRange(c, text, type, `${-max}`, `${max - 1n}`, span.start);
  } else if (suffix === "F") {
    if (Math.abs(Number(text)) > MAX_FLOAT) outOfRange(c, text, "float", "-3.4028234663852886E+38", "3.4028234663852886E+38", span.start);
  } else if ((suffix === "D" || (suffix === "" && /e/i.test(text))) && !Number.isFinite(Number(text))) {
    outOfRange(c, text, "double", "-1.7976931348623157E+308", "1.7976931348623157E+308", span.start);
  }
}

function outOfRange(c: Cursor, text: string, type: string, minValue: string, maxValue: string, start: number): never {
  c.refuse("INVALID_NUMERIC_LITERAL_RANGE", `Numeric literal ${text} is outside the valid range for ${type} with minimum value of ${minValue} and maximum value of ${maxValue}. Please adjust the value accordingly.`, { rawStrippedQualifier: text, typeName: type, minValue, maxValue }, start, "22003");
}

const TYPED_LITERALS: ReadonlyMap<string, Extract<AstExpr, { kind: "typedLiteral" }>["type"]> = new Map([
  ["DATE", "date"],
  ["TIME", "time"],
  ["TIMESTAMP", "timestamp"],
  ["TIMESTAMP_NTZ", "timestamp_ntz"],
  ["TIMESTAMP_LTZ", "timestamp_ltz"],
]);

/** `DATE '...'` and its like: a word before a string. */
export function typedLiteral(c: Cursor): AstExpr {
  const start = c.start;
  const word = c.word;
  const name = c.text;
  c.advance();
  const value = c.string();
  if (word === "X") return { kind: "binary", value: hexBytes(c, value, start), span: c.spanFrom(start) };
  const type = TYPED_LITERALS.get(word);
  if (type === undefined) c.refuse("UNSUPPORTED_TYPED_LITERAL", `Literals of the type "${name.toUpperCase()}" are not supported. Supported types are "DATE", "TIME", "TIMESTAMP_NTZ", "TIMESTAMP_LTZ", "TIMESTAMP", "INTERVAL", "X".`, { unsupportedType: `"${name.toUpperCase()}"`, supportedTypes: '"DATE", "TIME", "TIMESTAMP_NTZ", "TIMESTAMP_LTZ", "TIMESTAMP", "INTERVAL", "X"' }, start, "0A000");
  return { kind: "typedLiteral", type, value, span: c.spanFrom(start) };
}

/** An odd number of digits has a zero put before. */
function hexBytes(c: Cursor, hex: string, start: number): Uint8Array {
  if (!/^[0-9a-fA-F]*$/.test(hex)) c.refuse("INVALID_TYPED_LITERAL", `The value of the typed literal "X" is invalid: '${hex}'.`, { valueType: '"X"', value: `'${hex}'` }, start, "42604");
  const even = hex.length % 2 === 0 ? hex : `0${hex}`;
  return Uint8Array.from({ length: even.length / 2 }, (_, i) => parseInt(even.slice(2 * i, 2 * i + 2), 16));
}
