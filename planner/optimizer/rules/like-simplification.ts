import type { Expr } from "../../../catalog/expression.ts";
import { typeOf } from "../../../catalog/expression.ts";
import { INT, STRING } from "../../../catalog/types.ts";
import { booleanCall, conjunction, equals, isCall } from "../../conjunctions.ts";
import type { ExpressionRule } from "../rule.ts";

/**
 * LIKE with `%` at the ends only is a test of prefix, suffix or substring. Not with `_` or an escape in the pattern, nor under a collation,
 * where equal strings may have other lengths. `a%b` also asks for the length: 'ab%' and '%ba' both fit 'aba', which `LIKE 'ab%ba'` does not.
 */
export const likeSimplification: ExpressionRule = {
  kind: "expression",
  name: "LikeSimplification",
  apply: (expr) => {
    if (!isCall(expr, "like")) return undefined;
    const [input, pattern, escape] = expr.args;
    if (pattern.kind !== "literal" || typeof pattern.value !== "string" || !isPlainText(input)) return undefined;
    if (escape !== undefined && (escape.kind !== "literal" || typeof escape.value !== "string" || pattern.value.includes(escape.value))) return undefined;
    if (pattern.value.includes("_") || (escape === undefined && pattern.value.includes("\\"))) return undefined;
    const parts = pattern.value.split("%");
    const [first, last] = [parts[0], parts[parts.length - 1]];
    const test = (name: string, value: string): Expr => booleanCall(name, [input, { kind: "literal", type: STRING, value }]);
    if (parts.length === 1) return equals(input, { kind: "literal", type: STRING, value: first });
    const middle = parts.slice(1, -1).filter((part) => part !== "");
    if (middle.length === 1 && first === "" && last === "") return test("contains", middle[0]);
    if (middle.length > 0) return undefined;
    if (first !== "" && last === "") return test("startswith", first);
    if (first === "" && last !== "") return test("endswith", last);
    if (first === "") return undefined;
    const length: Expr = { kind: "call", name: "length", args: [input], type: INT, nullable: expr.nullable, mode: expr.mode };
    const characters = [...first].length + [...last].length;
    return conjunction([booleanCall(">=", [length, { kind: "literal", type: INT, value: characters }]), test("startswith", first), test("endswith", last)]);
  },
};

function isPlainText(input: Expr): boolean {
  const type = typeOf(input);
  return type.kind === "string" && (type.collation === undefined || type.collation === "UTF8_BINARY");
}
