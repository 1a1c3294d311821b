import { isIntegral } from "../../catalog/types.ts";
import type { AstExpr } from "../ast.ts";
import type { ForeignNode } from "./foreign-tree.ts";
import { lowerExpression } from "./lower-expression.ts";
import type { Lowering } from "./lowering.ts";
import { isFractional } from "./numbers.ts";
import { dialectType } from "./types.ts";

/** `CAST(x AS type)`, `x::type`, SAFE_CAST and TRY_CAST. */
export function lowerCast(l: Lowering, node: ForeignNode): AstExpr {
  const { c } = l;
  const { start } = c;
  if (node.symbol === "::") {
    const operand = operandOfCast(l, node);
    l.expect("::");
    return checkedCast(l, { kind: "cast", operand, type: castType(l), try: false, span: c.spanFrom(start) });
  }
  const isTry = c.accept("SAFE_CAST") || c.accept("TRY_CAST");
  if (!isTry) l.expect("CAST");
  l.expect("(");
  const operand = lowerExpression(l, node.expr);
  l.expect("AS");
  const type = castType(l);
  l.expect(")");
  return checkedCast(l, { kind: "cast", operand, type, try: isTry, span: c.spanFrom(start) });
}

/** Where casts to integers round, only those can be taken over that have nothing to round. */
function checkedCast(l: Lowering, cast: Extract<AstExpr, { kind: "cast" }>): AstExpr {
  if (l.dialect.castsRound && isIntegral(cast.type) && !isWhole(cast.operand)) l.refuse("a cast to an integer, which rounds there and cuts in Spark; cast ROUND(...) or FLOOR(...) of it", cast.span);
  return cast;
}

const WHOLE_FUNCTIONS = new Set(["round", "floor", "ceil", "ceiling", "count", "length", "char_length", "octet_length"]);

/** Whether an expression certainly has no fraction. */
function isWhole(expr: AstExpr): boolean {
  switch (expr.kind) {
    case "string":
    case "boolean":
    case "null":
    case "extract":
      return true;
    case "number":
      return !isFractional(expr);
    case "cast":
      return isIntegral(expr.type);
    case "unary":
      return isWhole(expr.operand);
    case "call":
      return expr.args.length <= 1 && WHOLE_FUNCTIONS.has(expr.name.parts[0].name.toLowerCase());
    default:
      return false;
  }
}

/** `::` binds tighter than any operator, so what is before it must be a single operand. */
function operandOfCast(l: Lowering, node: ForeignNode): AstExpr {
  const operand = node.expr ?? l.disagree();
  if ((operand.type === "binary_expr" || operand.type === "unary_expr") && operand.parentheses !== true) l.refuse(":: after an operator without parentheses");
  return lowerExpression(l, operand);
}

function castType(l: Lowering): ReturnType<typeof dialectType> & {} {
  const { start } = l.c;
  const type = dialectType(l.c, l.dialect);
  if (type === undefined) return l.refuse(`the type ${l.c.text}`);
  if (l.c.word === "[" || l.c.word === "WITH") l.refuse("an array type", l.c.spanFrom(start));
  return type;
}
