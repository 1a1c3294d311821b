import type { AstExpr, FunctionArgument, Identifier, QualifiedName, SortItem } from "./ast.ts";
import type { Cursor } from "./cursor.ts";
import { parseExpression, parseNamedExpression, parseValue } from "./expressions.ts";
import { parseQuery, startsQuery } from "./query.ts";
import { parseDataType } from "./types.ts";
import { parseSortItem, parseWindowReference } from "./windows.ts";

type Call = Extract<AstExpr, { kind: "call" }>;

/** A call whose name has been read, with FILTER, OVER and what else may follow it. */
export function parseCall(c: Cursor, name: QualifiedName, argument: (c: Cursor) => FunctionArgument = parseArgument): Call {
  const call = parsePlainCall(c, name, argument);
  const withinGroup = c.acceptPhrase("WITHIN", "GROUP", "(") ? closed(c, orderBy) : undefined;
  const filter = c.acceptPhrase("FILTER", "(", "WHERE") ? closed(c, parseExpression) : undefined;
  const nulls = acceptNullsOption(c) ?? call.nulls;
  const over = c.word === "OVER" && (c.wordAt(1) === "(" || c.isIdentifierAt(1)) && c.accept("OVER") ? parseWindowReference(c) : undefined;
  return { ...call, ...(filter && { filter }), ...(withinGroup && { withinGroup }), ...(over && { over }), ...(nulls && { nulls }), span: c.spanFrom(name.span.start) };
}

/** Only the arguments in their parentheses. */
export function parsePlainCall(c: Cursor, name: QualifiedName, argument: (c: Cursor) => FunctionArgument = parseArgument): Call {
  c.expect("(");
  const distinct = acceptQuantifier(c);
  const args: FunctionArgument[] = [];
  let nulls: "ignore" | "respect" | undefined;
  if (!c.is(")")) {
    do args.push(argument(c));
    while (c.accept(","));
    nulls = acceptNullsOption(c);
  }
  c.expect(")");
  return { kind: "call", name, args, distinct, ...(nulls && { nulls }), span: c.spanFrom(name.span.start) };
}

function closed<T>(c: Cursor, production: (c: Cursor) => T): T {
  const result = production(c);
  c.expect(")");
  return result;
}

function orderBy(c: Cursor): SortItem[] {
  c.expectPhrase("ORDER", "BY");
  return c.commaList(parseSortItem);
}

/** DISTINCT or ALL before the arguments; a column of such a name is left to be an argument. */
function acceptQuantifier(c: Cursor): boolean {
  if (c.word !== "DISTINCT" && c.word !== "ALL") return false;
  const next = c.wordAt(1);
  if (next === ")" || next === "," || next === "." || next === "=>") return false;
  return c.acceptAny("DISTINCT", "ALL") === "DISTINCT";
}

function acceptNullsOption(c: Cursor): "ignore" | "respect" | undefined {
  if (c.acceptPhrase("IGNORE", "NULLS")) return "ignore";
  return c.acceptPhrase("RESPECT", "NULLS") ? "respect" : undefined;
}

/** `value` or `name => value`. */
export function parseArgument(c: Cursor): FunctionArgument {
  if (c.isIdentifier() && c.wordAt(1) === "=>") {
    const name = c.identifier();
    c.expect("=>");
    return { name, value: parseExpression(c) };
  }
  return { value: parseExpression(c) };
}

const DATETIME_UNITS = new Set(["YEAR", "QUARTER", "MONTH", "WEEK", "DAY", "DAYOFYEAR", "HOUR", "MINUTE", "SECOND", "MILLISECOND", "MICROSECOND"]);

/**
 * Calls with a grammar of their own, by the word before the parenthesis. Each gives undefined, and stays where it is, when the call turns
 * out to be an ordinary one. All are lowered to ordinary calls where a function of the same meaning exists.
 */
export const SPECIAL_CALLS: ReadonlyMap<string, (c: Cursor) => AstExpr | undefined> = new Map<string, (c: Cursor) => AstExpr | undefined>([
  ["CAST", cast],
  ["TRY_CAST", cast],
  ["EXISTS", exists],
  ["EXTRACT", extract],
  ["POSITION", position],
  ["SUBSTRING", substring],
  ["SUBSTR", substring],
  ["TRIM", trim],
  ["OVERLAY", overlay],
  ["STRUCT", struct],
  ["TIMESTAMPADD", (c) => datetimeArithmetic(c, "timestampadd")],
  ["DATEADD", (c) => datetimeArithmetic(c, "timestampadd")],
  ["DATE_ADD", (c) => datetimeArithmetic(c, "timestampadd")],
  ["TIMESTAMPDIFF", (c) => datetimeArithmetic(c, "timestampdiff")],
  ["DATEDIFF", (c) => datetimeArithmetic(c, "timestampdiff")],
  ["DATE_DIFF", (c) => datetimeArithmetic(c, "timestampdiff")],
  ["TIMEDIFF", (c) => datetimeArithmetic(c, "timestampdiff")],
]);

/** Passes the name and the parenthesis. */
function open(c: Cursor): Identifier {
  const name = c.identifier();
  c.expect("(");
  return name;
}

/** The name as it was written, or another one that stands for it. */
function calledName(written: Identifier, name = written.name): QualifiedName {
  return { parts: [{ name, quoted: false, span: written.span }], span: written.span };
}

function plainCall(name: QualifiedName, args: readonly AstExpr[], c: Cursor): Call {
  return { kind: "call", name, args: args.map((value) => ({ value })), distinct: false, span: c.spanFrom(name.span.start) };
}

function cast(c: Cursor): AstExpr {
  const isTry = c.word === "TRY_CAST";
  const { start } = open(c).span;
  const operand = parseExpression(c);
  c.expect("AS");
  const type = parseDataType(c);
  c.expect(")");
  return { kind: "cast", operand, type, try: isTry, span: c.spanFrom(start) };
}

function exists(c: Cursor): AstExpr | undefined {
  let offset = 1;
  while (c.wordAt(offset) === "(") offset++;
  if (!startsQuery(c, offset)) return undefined;
  const { start } = open(c).span;
  const query = parseQuery(c);
  c.expect(")");
  return { kind: "exists", query, span: c.spanFrom(start) };
}

function extract(c: Cursor): AstExpr | undefined {
  if (c.wordAt(3) !== "FROM") return undefined;
  const { start } = open(c).span;
  const field = c.kind === "string" ? c.string() : c.identifier("a field to extract").name;
  c.expect("FROM");
  const source = parseValue(c);
  c.expect(")");
  return { kind: "extract", field, source, span: c.spanFrom(start) };
}

/** POSITION(substring IN string); the ordinary call takes the same arguments in the same order. */
function position(c: Cursor): AstExpr {
  const name = calledName(open(c));
  const args = [parseValue(c)];
  if (c.accept("IN")) args.push(parseValue(c));
  else while (c.accept(",")) args.push(parseExpression(c));
  c.expect(")");
  return plainCall(name, args, c);
}

/** SUBSTRING(string FROM position [FOR length]). */
function substring(c: Cursor): AstExpr {
  const name = calledName(open(c));
  const first = parseArgument(c);
  const args = [first];
  if (c.accept("FROM")) {
    args.push({ value: parseValue(c) });
    if (c.accept("FOR")) args.push({ value: parseValue(c) });
  } else while (c.accept(",")) args.push(parseArgument(c));
  c.expect(")");
  return { kind: "call", name, args, distinct: false, span: c.spanFrom(name.span.start) };
}

const TRIM_FUNCTIONS = { BOTH: "trim", LEADING: "ltrim", TRAILING: "rtrim" } as const;

/** TRIM([BOTH | LEADING | TRAILING] [characters] FROM string), as `trim`, `ltrim`, `rtrim` of (characters, string): the argument order of Spark's two-argument functions. */
function trim(c: Cursor): AstExpr {
  const written = open(c);
  const side = c.wordAt(1) === ")" || c.wordAt(1) === "," ? undefined : (c.acceptAny("BOTH", "LEADING", "TRAILING") as keyof typeof TRIM_FUNCTIONS | undefined);
  const name = calledName(written, TRIM_FUNCTIONS[side ?? "BOTH"]);
  const args: AstExpr[] = [];
  if (!c.accept("FROM")) {
    args.push(parseExpression(c));
    if (!c.accept("FROM")) {
      if (side !== undefined) c.fail();
      while (c.accept(",")) args.push(parseExpression(c));
      c.expect(")");
      return plainCall(name, args, c);
    }
  }
  args.push(parseValue(c));
  c.expect(")");
  return plainCall(name, args, c);
}

/** OVERLAY(string PLACING replacement FROM position [FOR length]). */
function overlay(c: Cursor): AstExpr {
  const name = calledName(open(c));
  const args = [parseArgument(c)];
  if (c.accept("PLACING")) {
    args.push({ value: parseValue(c) });
    c.expect("FROM");
    args.push({ value: parseValue(c) });
    if (c.accept("FOR")) args.push({ value: parseValue(c) });
  } else while (c.accept(",")) args.push(parseArgument(c));
  c.expect(")");
  return { kind: "call", name, args, distinct: false, span: c.spanFrom(name.span.start) };
}

/** STRUCT(a, b AS name): the only function whose arguments can have aliases. */
function struct(c: Cursor): AstExpr {
  return parseCall(c, calledName(c.identifier()), (x) => ({ value: parseNamedExpression(x) }));
}

/** Whether the call ahead has three arguments: `date_add('2020-01-01', 1)` is no call with a unit. */
function hasThreeArguments(c: Cursor): boolean {
  let commas = 0;
  let depth = 0;
  for (let i = 2; c.kindAt(i) !== "end"; i++) {
    const word = c.wordAt(i);
    if (word === "(" || word === "[") depth++;
    else if ((word === ")" || word === "]") && depth-- === 0) break;
    else if (word === "," && depth === 0) commas++;
  }
  return commas === 2;
}

/** `dateadd(MONTH, 1, ts)`: with a unit before the first comma; with other first arguments the functions are ordinary ones. */
function datetimeArithmetic(c: Cursor, name: "timestampadd" | "timestampdiff"): AstExpr | undefined {
  if (c.wordAt(3) !== ",") return undefined;
  const unitIsWord = c.kindAt(2) === "word" && DATETIME_UNITS.has(c.wordAt(2));
  if (!unitIsWord && (c.kindAt(2) !== "string" || !hasThreeArguments(c))) return undefined;
  const called = open(c);
  const written = called.name;
  const unitStart = c.start;
  if (!unitIsWord) c.refuse("INVALID_PARAMETER_VALUE.DATETIME_UNIT", `The value of parameter(s) \`unit\` in \`${written}\` is invalid: expects one of the units without quotes YEAR, QUARTER, MONTH, WEEK, DAY, DAYOFYEAR, HOUR, MINUTE, SECOND, MILLISECOND, MICROSECOND, but got the string literal ${c.text}.`, { functionName: `\`${written}\``, parameter: "`unit`", invalidValue: c.text }, undefined, "22023");
  const unit: AstExpr = { kind: "string", value: c.word, span: { start: unitStart, end: unitStart + c.text.length } };
  c.advance();
  c.expect(",");
  const amount = parseValue(c);
  c.expect(",");
  const timestamp = parseValue(c);
  c.expect(")");
  return plainCall(calledName(called, name), [unit, amount, timestamp], c);
}
