import type { AstExpr, BinaryOperator } from "../ast.ts";
import { joinOperands, PRECEDENCE } from "../expressions.ts";

/**
 * An expression as a row of operands and operators in the order of the text: what is left of a foreign tree once its grouping is thrown away.
 * Everything in parentheses is one operand.
 */
export type FlatItem =
  | { readonly kind: "operand"; readonly expr: AstExpr }
  | { readonly kind: "prefix"; readonly operator: "not" | "-" | "+" | "~"; readonly start: number }
  | { readonly kind: "infix"; readonly operator: BinaryOperator }
  /** IS NULL, IN (...): what follows the operand is read already. */
  | { readonly kind: "suffix"; readonly build: (operand: AstExpr) => AstExpr }
  /** LIKE, IS DISTINCT FROM: one more operand follows. */
  | { readonly kind: "predicate"; readonly build: (left: AstExpr, right: AstExpr) => AstExpr }
  /** BETWEEN: an operand, AND (as `infix`), and another follow. */
  | { readonly kind: "between"; readonly build: (operand: AstExpr, low: AstExpr, high: AstExpr) => AstExpr };

/** Groups of operators whose order of precedence is the same everywhere. */
type Rank = "or" | "and" | "not" | "predicate" | "comparison" | "bitwise" | "concat" | "additive" | "multiplicative" | "unary";

/** Side by side without parentheses, these group differently from one dialect to another. */
const DISPUTED: ReadonlySet<string> = new Set([
  "comparison comparison",
  "comparison predicate",
  "predicate predicate",
  "bitwise bitwise",
  "additive bitwise",
  "bitwise multiplicative",
  "bitwise concat",
  "additive concat",
  "concat multiplicative",
  "bitwise unary",
]);

/** Two operators without parentheses between them that dialects group differently. */
export class DisputedGrouping extends Error {
  readonly expr: AstExpr;

  constructor(expr: AstExpr) {
    super("operators that dialects group differently");
    this.expr = expr;
  }
}

/** Groups a flat row by precedence, as Spark does. Throws DisputedGrouping where the dialect might group it otherwise. */
export function regroup(items: readonly FlatItem[]): AstExpr {
  if (items.length === 1 && items[0].kind === "operand") return items[0].expr;
  const row = new Row(items);
  const { expr } = row.parse(PRECEDENCE.or);
  row.expectEnd();
  return expr;
}

interface Grouped {
  readonly expr: AstExpr;
  /** Of the outermost operator; undefined for an operand. */
  readonly rank: Rank | undefined;
}

function rankOf(operator: BinaryOperator): Rank {
  switch (operator) {
    case "or":
    case "and":
      return operator;
    case "=":
    case "<=>":
    case "<>":
    case "<":
    case "<=":
    case ">":
    case ">=":
      return "comparison";
    case "|":
    case "&":
    case "^":
    case "<<":
    case ">>":
    case ">>>":
      return "bitwise";
    case "||":
      return "concat";
    case "+":
    case "-":
      return "additive";
    case "*":
    case "/":
    case "%":
    case "div":
      return "multiplicative";
  }
}

const RANK_PRECEDENCE: Readonly<Record<Rank, number>> = { or: PRECEDENCE.or, and: PRECEDENCE.and, not: PRECEDENCE.not, predicate: PRECEDENCE.predicate, comparison: PRECEDENCE.comparison, bitwise: PRECEDENCE.bitOr, concat: PRECEDENCE.additive, additive: PRECEDENCE.additive, multiplicative: PRECEDENCE.multiplicative, unary: PRECEDENCE.unary };

class Row {
  private readonly items: readonly FlatItem[];
  private at = 0;

  constructor(items: readonly FlatItem[]) {
    this.items = items;
  }

  expectEnd(): void {
    if (this.at < this.items.length) throw new DisputedGrouping(this.anyOperand());
  }

  private anyOperand(): AstExpr {
    const operand = this.items.find((item) => item.kind === "operand");
    return operand?.kind === "operand" ? operand.expr : { kind: "null", span: { start: 0, end: 0 } };
  }

  parse(minimum: number): Grouped {
    let left = this.prefix(minimum);
    for (;;) {
      const item = this.items[this.at];
      if (item === undefined || item.kind === "operand" || item.kind === "prefix") return left;
      const rank = item.kind === "infix" ? rankOf(item.operator) : "predicate";
      const precedence = RANK_PRECEDENCE[rank];
      if (precedence < minimum) return left;
      this.at++;
      if (item.kind === "suffix") left = this.settle(item.build(left.expr), rank, [left]);
      else if (item.kind === "predicate") {
        const right = this.parse(PRECEDENCE.comparison);
        left = this.settle(item.build(left.expr, right.expr), rank, [left, right]);
      } else if (item.kind === "between") {
        const low = this.parse(PRECEDENCE.comparison);
        const and = this.items[this.at++];
        if (and?.kind !== "infix" || and.operator !== "and") throw new DisputedGrouping(left.expr);
        const high = this.parse(PRECEDENCE.comparison);
        left = this.settle(item.build(left.expr, low.expr, high.expr), rank, [left, low, high]);
      } else left = this.infix(left, item.operator, rank, precedence);
    }
  }

  private infix(left: Grouped, operator: BinaryOperator, rank: Rank, precedence: number): Grouped {
    if (operator === "and" || operator === "or" || operator === "||") {
      const operands = [left, this.parse(precedence + 1)];
      for (let next = this.items[this.at]; next?.kind === "infix" && next.operator === operator; next = this.items[this.at]) {
        this.at++;
        operands.push(this.parse(precedence + 1));
      }
      return this.settle(joinOperands(operands.map((o) => o.expr), operator), rank, operands);
    }
    const right = this.parse(precedence + 1);
    const span = { start: left.expr.span.start, end: right.expr.span.end };
    return this.settle({ kind: "binary_op", operator, left: left.expr, right: right.expr, span }, rank, [left, right]);
  }

  private settle(expr: AstExpr, rank: Rank, operands: readonly Grouped[]): Grouped {
    for (const operand of operands) {
      if (operand.rank !== undefined && DISPUTED.has([rank, operand.rank].sort().join(" "))) throw new DisputedGrouping(expr);
    }
    return { expr, rank };
  }

  private prefix(minimum: number): Grouped {
    const item = this.items[this.at++];
    if (item?.kind === "operand") return { expr: item.expr, rank: undefined };
    if (item?.kind !== "prefix") throw new DisputedGrouping(this.anyOperand());
    if (item.operator === "not" && minimum > PRECEDENCE.not) throw new DisputedGrouping(this.anyOperand());
    const rank = item.operator === "not" ? "not" : "unary";
    const operand = this.parse(RANK_PRECEDENCE[rank]);
    const span = { start: item.start, end: operand.expr.span.end };
    return this.settle({ kind: "unary", operator: item.operator, operand: operand.expr, span }, rank, [operand]);
  }
}
