import type { DataType } from "../types.ts";
import { decimal, MAX_DECIMAL_PRECISION, STRING } from "../types.ts";
import { unexpectedInputType } from "./argument-errors.ts";
import { checkCount, coerceArguments, scalarBy } from "./define.ts";
import { ANY_DECIMAL, STRING_TYPE } from "./expected-types.ts";
import { parseNumberFormat } from "./number-format.ts";
import type { FunctionSignature, ScalarSignature } from "./signature.ts";

/** `to_number(text, format)`: a decimal with the format's digits; the format is a constant. */
function toNumber(name: string): ScalarSignature {
  return scalarBy(name, (given, context) => {
    checkCount(context, given.length, 2, 2);
    const args = coerceArguments(given, [STRING_TYPE], context);
    const format = context.literals[1];
    if (typeof format !== "string") return { args, result: decimal(MAX_DECIMAL_PRECISION, 0), nullable: "always" };
    const { precision, scale } = parseNumberFormat(format, context.span);
    return { args, result: decimal(Math.min(precision, MAX_DECIMAL_PRECISION), Math.min(scale, MAX_DECIMAL_PRECISION)), nullable: name === "to_number" ? "any" : "always" };
  });
}

function isDatetime(type: DataType): boolean {
  return type.kind === "date" || type.kind === "timestamp" || type.kind === "timestamp_ntz";
}

export const numberTextSignatures: readonly FunctionSignature[] = [
  toNumber("to_number"),
  toNumber("try_to_number"),
  scalarBy(
    "to_char",
    (given, context) => {
      checkCount(context, given.length, 2, 2);
      const [, format] = coerceArguments(given, [{ name: '"ANY"', accepts: () => true, implicit: () => undefined }, STRING_TYPE], context);
      if (isDatetime(given[0])) return { args: [{ kind: "timestamp" }, format], result: STRING, nullable: "any" };
      if (given[0].kind === "time") return { args: [given[0], format], result: STRING, nullable: "any" };
      if (given[0].kind === "binary") return { args: [given[0], format], result: STRING, nullable: "any" };
      const [value] = coerceArguments(given.slice(0, 1), [ANY_DECIMAL], context);
      if (value.kind !== "decimal") throw unexpectedInputType(context, 0, given[0], '("NUMERIC" or "DATE" or "TIMESTAMP" or "TIMESTAMP_NTZ" or "BINARY")');
      const text = context.literals[1];
      if (typeof text === "string") parseNumberFormat(text, context.span);
      return { args: [value, format], result: STRING, nullable: "any" };
    },
    { aliases: ["to_varchar"] },
  ),
];
