import type { AstExpr, BinaryOperator } from "../ast.ts";
import type { ForeignNode } from "./foreign-tree.ts";
import { foreignArguments, foreignName, startsWithParenthesis } from "./foreign-tree.ts";
import { lowerExists, lowerExpression, lowerList, lowerNumber, lowerOperand, lowerSubquery } from "./lower-expression.ts";
import type { Lowering } from "./lowering.ts";
import { lowerQuery } from "./lower-query.ts";
import type { FlatItem } from "./regroup.ts";

/** Appends the node's operands and operators in the order of the text, whatever the tree's grouping. */
export function flatten(l: Lowering, node: ForeignNode, items: FlatItem[]): void {
  if (node.parentheses === true && !isOwnParenthesis(node)) {
    items.push({ kind: "operand", expr: inParentheses(l, node) });
    return;
  }
  switch (node.type) {
    case "binary_expr":
      return flattenBinary(l, node, items);
    case "unary_expr":
      return flattenUnary(l, node, items);
    case "function":
      if (isNot(node) && l.c.word === "NOT") return flattenNot(l, node, items);
      break;
  }
  items.push({ kind: "operand", expr: lowerOperand(l, node) });
}

/** Nodes whose flag stands for parentheses that belong to them: subqueries and rows. */
function isOwnParenthesis(node: ForeignNode): boolean {
  return node.ast !== undefined || node.type === "expr_list";
}

/** `(expr)`, also in more parentheses than the tree knows of. */
function inParentheses(l: Lowering, node: ForeignNode): AstExpr {
  const start = l.c.start;
  l.expect("(");
  const inner: ForeignNode = { ...node, parentheses: false };
  let extra = 0;
  if (!startsWithParenthesis(inner)) while (l.c.accept("(")) extra++;
  const expr = lowerExpression(l, inner);
  for (let i = 0; i <= extra; i++) l.expect(")");
  return { ...expr, span: l.c.spanFrom(start) };
}

const INFIX: ReadonlyMap<string, BinaryOperator> = new Map<string, BinaryOperator>([["AND", "and"], ["OR", "or"], ["=", "="], ["<>", "<>"], ["!=", "<>"], ["<", "<"], ["<=", "<="], [">", ">"], [">=", ">="], ["<=>", "<=>"], ["+", "+"], ["-", "-"], ["*", "*"], ["/", "/"], ["%", "%"], ["DIV", "div"], ["||", "||"], ["|", "|"], ["&", "&"]]);

function isOpenBinary(node: ForeignNode): boolean {
  return node.type === "binary_expr" && node.parentheses !== true && node.left !== undefined;
}

/** In a loop, for long chains lean to either side. */
function flattenBinary(l: Lowering, node: ForeignNode, items: FlatItem[]): void {
  const pending: ForeignNode[] = [];
  let current: ForeignNode | undefined = node;
  while (current !== undefined) {
    while (isOpenBinary(current)) {
      pending.push(current);
      current = current.left!;
    }
    flatten(l, current, items);
    current = undefined;
    while (current === undefined && pending.length > 0) {
      const right = flattenOperator(l, pending.pop()!, items);
      if (right === undefined) continue;
      if (isOpenBinary(right)) current = right;
      else flatten(l, right, items);
    }
  }
}

/** An operator and what belongs to it; an ordinary operand to its right is handed back. */
function flattenOperator(l: Lowering, node: ForeignNode, items: FlatItem[]): ForeignNode | undefined {
  const operator = (node.operator ?? "").toUpperCase();
  const right = node.right ?? l.disagree();
  const infix = INFIX.get(operator);
  if (infix !== undefined) {
    if (infix === "||" && l.dialect.pipesAreOr) l.refuse("||, which is OR there; write CONCAT or OR");
    l.expect(operator);
    items.push({ kind: "infix", operator: infix });
    return right;
  }
  const negated = operator.startsWith("NOT ");
  switch (negated ? operator.slice(4) : operator) {
    case "IS":
    case "IS NOT":
      flattenIs(l, right, items);
      return undefined;
    case "IN":
      flattenIn(l, right, negated, items);
      return undefined;
    case "BETWEEN":
      flattenBetween(l, right, negated, items);
      return undefined;
    case "LIKE":
    case "ILIKE":
      flattenLike(l, right, negated, items);
      return undefined;
    default:
      return l.refuse(`the operator ${node.operator}`);
  }
}

function acceptNegation(l: Lowering, negated: boolean): void {
  if (negated) l.expect("NOT");
}

function flattenIs(l: Lowering, right: ForeignNode, items: FlatItem[]): void {
  const { c } = l;
  l.expect("IS");
  const negated = c.accept("NOT");
  if (c.acceptPhrase("DISTINCT", "FROM")) {
    items.push({ kind: "predicate", build: (left, other) => ({ kind: "isDistinctFrom", left, right: other, negated, span: { start: left.span.start, end: other.span.end } }) });
    // The tree has only a text for what is compared with: no more than a name can be held against it.
    const start = c.start;
    const name = l.qualifiedName();
    items.push({ kind: "operand", expr: { kind: "name", name, span: c.spanFrom(start) } });
    return;
  }
  const value = right.value === null ? undefined : right.value;
  const word = value === undefined ? "NULL" : value === true ? "TRUE" : value === false ? "FALSE" : l.disagree();
  l.expect(word);
  const { end } = c;
  items.push({
    kind: "suffix",
    build: (operand) => {
      const span = { start: operand.span.start, end };
      return word === "NULL" ? { kind: "isNull", operand, negated, span } : { kind: "isBoolean", operand, value: word === "TRUE", negated, span };
    },
  });
}

function flattenIn(l: Lowering, right: ForeignNode, negated: boolean, items: FlatItem[]): void {
  const { c } = l;
  acceptNegation(l, negated);
  l.expect("IN", "(");
  const list = Array.isArray(right.value) ? (right.value as ForeignNode[]) : right.ast === undefined ? l.refuse("IN without a list") : [right];
  const query = list.length === 1 && c.word !== "(" ? list[0].ast : undefined;
  if (query !== undefined) {
    const subquery = lowerQuery(l, query);
    l.expect(")");
    const { end } = c;
    items.push({ kind: "suffix", build: (operand) => ({ kind: "inSubquery", operand, query: subquery, negated, span: { start: operand.span.start, end } }) });
    return;
  }
  const values = lowerList(l, list);
  l.expect(")");
  const { end } = c;
  items.push({ kind: "suffix", build: (operand) => ({ kind: "in", operand, list: values, negated, span: { start: operand.span.start, end } }) });
}

function flattenBetween(l: Lowering, right: ForeignNode, negated: boolean, items: FlatItem[]): void {
  acceptNegation(l, negated);
  l.expect("BETWEEN");
  const bounds = right.value as readonly ForeignNode[] | undefined;
  if (!Array.isArray(bounds) || bounds.length !== 2) l.disagree();
  items.push({ kind: "between", build: (operand, low, high) => ({ kind: "between", operand, low, high, negated, symmetric: false, span: { start: operand.span.start, end: high.span.end } }) });
  flatten(l, bounds[0], items);
  l.expect("AND");
  items.push({ kind: "infix", operator: "and" });
  flatten(l, bounds[1], items);
}

function flattenLike(l: Lowering, right: ForeignNode, negated: boolean, items: FlatItem[]): void {
  const { c } = l;
  acceptNegation(l, negated);
  const operator = c.accept("ILIKE") ? "ilike" : "like";
  if (operator === "like") l.expect("LIKE");
  const escapeOf = right.escape;
  const pattern: ForeignNode = { ...right };
  const at = items.length;
  const patternItems: FlatItem[] = [];
  flatten(l, pattern, patternItems);
  if (escapeOf !== undefined && c.word !== "ESCAPE") l.disagree();
  let escape: AstExpr | undefined;
  if (c.accept("ESCAPE")) {
    const start = c.start;
    escape = { kind: "string", value: l.string(), span: c.spanFrom(start) };
  } else if (!l.dialect.likeBackslash) checkPattern(l, patternItems);
  items.splice(at, 0, { kind: "predicate", build: (operand, like) => ({ kind: "like", operator, operand, pattern: like, ...(escape && { escape }), negated, span: { start: operand.span.start, end: (escape ?? like).span.end } }) }, ...patternItems);
}

/** Where a backslash escapes nothing, a pattern with one would mean something else in Spark. */
function checkPattern(l: Lowering, pattern: readonly FlatItem[]): void {
  for (const item of pattern) {
    if (item.kind === "operand" && item.expr.kind === "string" && item.expr.value.includes("\\")) l.refuse("a backslash in a LIKE pattern without ESCAPE", item.expr.span);
  }
}

function flattenUnary(l: Lowering, node: ForeignNode, items: FlatItem[]): void {
  const operator = (node.operator ?? "").toUpperCase();
  const operand = node.expr ?? l.disagree();
  const { start } = l.c;
  if (operator === "-" && l.c.kindAt(1) === "number") {
    items.push({ kind: "operand", expr: lowerNumber(l) });
    return;
  }
  if (operator === "NOT EXISTS") {
    l.expect("NOT");
    items.push({ kind: "prefix", operator: "not", start });
    items.push({ kind: "operand", expr: lowerExists(l, operand) });
    return;
  }
  if (operator === "EXISTS") {
    items.push({ kind: "operand", expr: lowerExists(l, operand) });
    return;
  }
  switch (operator) {
    case "NOT":
      l.expect("NOT");
      items.push({ kind: "prefix", operator: "not", start });
      break;
    case "-":
    case "+":
      l.expect(operator);
      items.push({ kind: "prefix", operator, start });
      break;
    default:
      l.refuse(`the operator ${node.operator}`);
  }
  flatten(l, operand, items);
}

function isNot(node: ForeignNode): boolean {
  return foreignName(node.name)?.toUpperCase() === "NOT";
}

/** `NOT (a + b) > 5`, which the tree has as a function NOT of `a + b`. */
function flattenNot(l: Lowering, node: ForeignNode, items: FlatItem[]): void {
  const { start } = l.c;
  l.expect("NOT");
  items.push({ kind: "prefix", operator: "not", start });
  const args = foreignArguments(node);
  if (args.length !== 1) l.disagree();
  items.push({ kind: "operand", expr: args[0].ast === undefined ? inParentheses(l, args[0]) : lowerSubquery(l, args[0]) });
}
