import type { AstExpr, BinaryOperator } from "./ast.ts";
import type { Cursor } from "./cursor.ts";
import { numberLiteral } from "./literals.ts";
import { parsePredicate, startsPredicate } from "./predicates.ts";
import { parsePrimary } from "./primary.ts";
import { parseDataType } from "./types.ts";

/** How tightly operators bind, loosest first. Source: the order of alternatives in Spark's grammar; `||` is as tight as `+`, not looser. */
export const PRECEDENCE = { or: 1, and: 2, not: 3, predicate: 4, comparison: 5, bitOr: 6, bitXor: 7, bitAnd: 8, shift: 9, additive: 10, multiplicative: 11, unary: 12 } as const;

interface Infix {
  readonly operator: BinaryOperator;
  readonly precedence: number;
}

const INFIX: ReadonlyMap<string, Infix> = new Map<string, Infix>([
  ["OR", { operator: "or", precedence: PRECEDENCE.or }],
  ["AND", { operator: "and", precedence: PRECEDENCE.and }],
  ["=", { operator: "=", precedence: PRECEDENCE.comparison }],
  ["==", { operator: "=", precedence: PRECEDENCE.comparison }],
  ["<=>", { operator: "<=>", precedence: PRECEDENCE.comparison }],
  ["<>", { operator: "<>", precedence: PRECEDENCE.comparison }],
  ["!=", { operator: "<>", precedence: PRECEDENCE.comparison }],
  ["<", { operator: "<", precedence: PRECEDENCE.comparison }],
  ["<=", { operator: "<=", precedence: PRECEDENCE.comparison }],
  [">", { operator: ">", precedence: PRECEDENCE.comparison }],
  [">=", { operator: ">=", precedence: PRECEDENCE.comparison }],
  ["|", { operator: "|", precedence: PRECEDENCE.bitOr }],
  ["^", { operator: "^", precedence: PRECEDENCE.bitXor }],
  ["&", { operator: "&", precedence: PRECEDENCE.bitAnd }],
  ["<<", { operator: "<<", precedence: PRECEDENCE.shift }],
  [">>", { operator: ">>", precedence: PRECEDENCE.shift }],
  [">>>", { operator: ">>>", precedence: PRECEDENCE.shift }],
  ["+", { operator: "+", precedence: PRECEDENCE.additive }],
  ["-", { operator: "-", precedence: PRECEDENCE.additive }],
  ["||", { operator: "||", precedence: PRECEDENCE.additive }],
  ["*", { operator: "*", precedence: PRECEDENCE.multiplicative }],
  ["/", { operator: "/", precedence: PRECEDENCE.multiplicative }],
  ["%", { operator: "%", precedence: PRECEDENCE.multiplicative }],
  ["DIV", { operator: "div", precedence: PRECEDENCE.multiplicative }],
]);

/** A chain of `||` longer than this is balanced; shorter ones keep the shape that gives Spark's column name. */
const BALANCED_CONCAT_LENGTH = 32;

/** Literals, and rows of them, which may be as many as the text has room for. */
const UNCOUNTED: ReadonlySet<AstExpr["kind"]> = new Set(["null", "boolean", "number", "string", "binary", "typedLiteral", "interval", "row"]);

export function parseExpression(c: Cursor): AstExpr {
  return parseBinding(c, PRECEDENCE.or);
}

/** An operand without AND, OR, NOT and predicates: `valueExpression` in Spark's grammar. */
export function parseValue(c: Cursor): AstExpr {
  return parseBinding(c, PRECEDENCE.comparison);
}

/**
 * An expression of operators that bind at least as tightly as `minimum` (precedence climbing). Operators of one precedence group to the
 * left. The height of the tree is kept in the cursor: chains are parsed in a loop, and would else grow taller than the nesting limit.
 */
function parseBinding(c: Cursor, minimum: number): AstExpr {
  c.enter();
  const heightBefore = c.height;
  c.height = 0;
  const start = c.start;
  let left = parsePrefix(c, minimum);
  if (!UNCOUNTED.has(left.kind)) c.count(1);
  let height = c.height + 1;
  let loosest: number = PRECEDENCE.unary;
  for (;;) {
    c.height = 0;
    const infix = infixAt(c);
    if (infix !== undefined && infix.precedence >= minimum && infix.precedence <= loosest) {
      if (isBalanced(infix.operator)) {
        const run = parseRun(c, infix, left);
        height = Math.max(height, c.height);
        left = joinOperands(run, infix.operator);
        height += isLeftDeep(run, infix.operator) ? run.length - 1 : Math.ceil(Math.log2(run.length));
      } else {
        passInfix(c, infix.operator);
        const right = parseBinding(c, infix.precedence + 1);
        height = Math.max(height, c.height) + 1;
        left = { kind: "binary_op", operator: infix.operator, left, right, span: c.spanFrom(start) };
      }
    } else if (minimum <= PRECEDENCE.predicate && loosest > PRECEDENCE.predicate && startsPredicate(c)) {
      left = parsePredicate(c, left, start);
      height = Math.max(height, c.height) + 1;
      loosest = PRECEDENCE.and;
    } else break;
    c.count(1);
    c.checkHeight(height);
  }
  c.checkHeight(height);
  c.height = Math.max(heightBefore, height);
  c.leave();
  return left;
}

function infixAt(c: Cursor): Infix | undefined {
  const word = c.word;
  if (word === ">") return INFIX.get(shiftAt(c) ?? word);
  return INFIX.get(word);
}

/** `>>` and `>>>` are adjacent `>` tokens. */
function shiftAt(c: Cursor): ">>" | ">>>" | undefined {
  const { starts, text } = c.tokens;
  if (text.startsWith(">>>", starts[c.position])) return ">>>";
  return text.startsWith(">>", starts[c.position]) ? ">>" : undefined;
}

function passInfix(c: Cursor, operator: BinaryOperator): void {
  c.position += operator === ">>" ? 2 : operator === ">>>" ? 3 : 1;
}

/** Associative operators, whose long chains are made into balanced trees. */
function isBalanced(operator: BinaryOperator): operator is "and" | "or" | "||" {
  return operator === "and" || operator === "or" || operator === "||";
}

/** `left op x op y ...` with one and the same operator. */
function parseRun(c: Cursor, infix: Infix, left: AstExpr): AstExpr[] {
  const run = [left];
  while (infixAt(c) === infix) {
    c.advance();
    c.count(1);
    run.push(parseBinding(c, infix.precedence + 1));
  }
  return run;
}

/** One tree of operands that stand side by side with one associative operator between them. */
export function joinOperands(run: readonly AstExpr[], operator: "and" | "or" | "||"): AstExpr {
  if (!isLeftDeep(run, operator)) return balanced(run, 0, run.length - 1, operator);
  return run.reduce((left, right) => ({ kind: "binary_op", operator, left, right, span: { start: left.span.start, end: right.span.end } }));
}

function isLeftDeep(run: readonly AstExpr[], operator: BinaryOperator): boolean {
  return operator === "||" && run.length <= BALANCED_CONCAT_LENGTH;
}

/** Same shape as Spark's, for the default column name shows it. */
function balanced(run: readonly AstExpr[], low: number, high: number, operator: BinaryOperator): AstExpr {
  if (low === high) return run[low];
  const middle = low + ((high - low) >> 1);
  const left = balanced(run, low, middle, operator);
  const right = balanced(run, middle + 1, high, operator);
  return { kind: "binary_op", operator, left, right, span: { start: run[low].span.start, end: run[high].span.end } };
}

function parsePrefix(c: Cursor, minimum: number): AstExpr {
  const start = c.start;
  const word = c.word;
  if ((word === "NOT" || word === "!") && !(word === "NOT" && c.wordAt(1) === ".")) {
    if (minimum > PRECEDENCE.not) c.fail("an expression");
    c.advance();
    const operand = parseBinding(c, PRECEDENCE.not);
    return { kind: "unary", operator: "not", operand, span: c.spanFrom(start) };
  }
  if (word === "-" && c.kindAt(1) === "number") {
    c.advance();
    return parsePostfix(c, numberLiteral(c, start), start);
  }
  if (word === "-" || word === "+" || word === "~") {
    c.advance();
    const operand = parseBinding(c, PRECEDENCE.unary);
    return { kind: "unary", operator: word, operand, span: c.spanFrom(start) };
  }
  return parsePostfix(c, parsePrimary(c), start);
}

/** `[index]`, `.field`, `::type`, `COLLATE name`: each tighter than any operator. */
function parsePostfix(c: Cursor, base: AstExpr, start: number): AstExpr {
  let expr = base;
  for (;;) {
    const heightBefore = c.height;
    if (c.word === "[") {
      c.advance();
      const index = parseValue(c);
      c.expect("]");
      expr = { kind: "index", base: expr, index, span: c.spanFrom(start) };
    } else if (c.word === "." && c.isIdentifierAt(1)) {
      c.advance();
      expr = { kind: "field", base: expr, name: c.identifier(), span: c.spanFrom(start) };
    } else if (c.word === "::") {
      c.advance();
      const type = parseDataType(c);
      expr = { kind: "cast", operand: expr, type, try: false, span: c.spanFrom(start) };
    } else if (c.word === "COLLATE" && c.isIdentifierAt(1)) {
      c.advance();
      const collation = c.qualifiedName().parts.map((part) => part.name).join(".");
      expr = { kind: "collate", operand: expr, collation, span: c.spanFrom(start) };
    } else if (c.word === ":" && c.isIdentifierAt(1)) {
      expr = variantPath(c, expr, start);
    } else return expr;
    c.height = Math.max(heightBefore, c.height) + 1;
  }
}

/** `v:a.b[0]`: what `variant_get(v, '$.a.b[0]')` is. */
function variantPath(c: Cursor, base: AstExpr, start: number): AstExpr {
  const pathStart = c.start;
  c.expect(":");
  const key = (): string => {
    const { name, quoted } = c.bareIdentifier("a field");
    return quoted ? `["${name}"]` : `.${name}`;
  };
  let path = `$${key()}`;
  for (;;) {
    if (c.word === "." && c.isIdentifierAt(1)) {
      c.advance();
      path += key();
    } else if (c.accept("[")) {
      path += c.kind === "string" ? `["${c.string()}"]` : `[${c.integer("a position or a field")}]`;
      c.expect("]");
    } else break;
  }
  const span = c.spanFrom(pathStart);
  const name = { parts: [{ name: "variant_get", quoted: false, span }], span };
  return { kind: "call", name, args: [{ value: base }, { value: { kind: "string", value: path, span } }], distinct: false, span: c.spanFrom(start) };
}

/** `expr [[AS] name | (name, ...)]`: an item of a select list. */
export function parseNamedExpression(c: Cursor): AstExpr {
  const start = c.start;
  const operand = parseExpression(c);
  if (c.accept("AS")) {
    const names = c.is("(") ? c.parenthesizedList((x) => x.plainIdentifier()) : [c.plainIdentifier()];
    return { kind: "alias", operand, names, span: c.spanFrom(start) };
  }
  if (c.word === "(" && c.isIdentifierAt(1)) {
    const names = c.parenthesizedList((x) => x.plainIdentifier());
    return { kind: "alias", operand, names, span: c.spanFrom(start) };
  }
  if (isColumnAlias(c)) {
    c.implicitAlias = c.position;
    return { kind: "alias", operand, names: [c.plainIdentifier()], span: c.spanFrom(start) };
  }
  return operand;
}

/** Words that go on with the query after an item of a select list; none is reserved, so they can be aliases where the query cannot go on. */
const AFTER_ITEM = new Set(["FROM", "WHERE", "GROUP", "HAVING", "QUALIFY", "WINDOW", "ORDER", "SORT", "CLUSTER", "DISTRIBUTE", "LIMIT", "OFFSET", "UNION", "EXCEPT", "MINUS", "INTERSECT", "LATERAL", "AS", "FOR", "USING", "INTO", "INSERT", "SELECT", "AND", "OR", "NOT", "IS", "IN", "LIKE", "ILIKE", "RLIKE", "REGEXP", "BETWEEN", "DIV", "COLLATE", "THEN", "WHEN", "ELSE", "END", "ESCAPE", "ON", "JOIN"]);

function isColumnAlias(c: Cursor): boolean {
  if (c.kind === "quoted") return true;
  if (c.kind !== "word") return false;
  if (!AFTER_ITEM.has(c.word)) return true;
  const next = c.wordAt(1);
  return next === "," || next === ")" || (next === "FROM" && c.word !== "FROM" && c.word !== "EXCEPT");
}
