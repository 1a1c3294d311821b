import type { AstFrame, AstFrameBound, NamedWindow, SortItem, WindowReference } from "./ast.ts";
import type { Cursor } from "./cursor.ts";
import { parseExpression } from "./expressions.ts";

/** `expr [ASC | DESC] [NULLS FIRST | LAST]`. */
export function parseSortItem(c: Cursor): SortItem {
  const start = c.start;
  const expr = parseExpression(c);
  const direction = parseDirection(c);
  return { expr, ...direction, span: c.spanFrom(start) };
}

export function parseDirection(c: Cursor): { ascending: boolean; nullsFirst?: boolean } {
  const ascending = c.acceptAny("ASC", "DESC") !== "DESC";
  if (!c.accept("NULLS")) return { ascending };
  return { ascending, nullsFirst: c.expectAny("FIRST", "LAST") === "FIRST" };
}

/** What follows OVER, or AS in the WINDOW clause: a name or a specification. */
export function parseWindowReference(c: Cursor): WindowReference {
  if (!c.is("(")) return { kind: "named", name: c.identifier("a window name or '('") };
  if (c.isIdentifierAt(1) && c.wordAt(2) === ")") {
    c.advance();
    const name = c.identifier();
    c.expect(")");
    return { kind: "named", name };
  }
  const start = c.start;
  c.expect("(");
  const base = startsSpecification(c) || c.is(")") ? undefined : c.identifier("PARTITION BY, ORDER BY, a frame, or a window name");
  let partitionBy: ReturnType<typeof parseExpression>[] = [];
  if (c.acceptPhrase("CLUSTER", "BY") || c.acceptPhrase("PARTITION", "BY") || c.acceptPhrase("DISTRIBUTE", "BY")) partitionBy = c.commaList(parseExpression);
  const orderBy = c.acceptPhrase("ORDER", "BY") || c.acceptPhrase("SORT", "BY") ? c.commaList(parseSortItem) : [];
  const frame = parseFrame(c);
  c.expect(")");
  return { kind: "spec", spec: { ...(base && { base }), partitionBy, orderBy, ...(frame && { frame }), span: c.spanFrom(start) } };
}

function startsSpecification(c: Cursor): boolean {
  if (c.wordAt(1) === "BY") return true;
  return c.word === "ROWS" || c.word === "RANGE";
}

export function parseFrame(c: Cursor): AstFrame | undefined {
  const unit = c.acceptAny("ROWS", "RANGE");
  if (unit === undefined) return undefined;
  const between = c.accept("BETWEEN");
  const start = frameBound(c);
  if (between) c.expect("AND");
  const end: AstFrameBound = between ? frameBound(c) : { kind: "currentRow" };
  return { unit: unit === "ROWS" ? "rows" : "range", start, end };
}

function frameBound(c: Cursor): AstFrameBound {
  if (c.acceptPhrase("CURRENT", "ROW")) return { kind: "currentRow" };
  if (c.accept("UNBOUNDED")) return { kind: c.expectAny("PRECEDING", "FOLLOWING") === "PRECEDING" ? "unboundedPreceding" : "unboundedFollowing" };
  const offset = parseExpression(c);
  return { kind: c.expectAny("PRECEDING", "FOLLOWING") === "PRECEDING" ? "preceding" : "following", offset };
}

/** Whether a WINDOW clause stands here, rather than a name `window`. */
function startsWindowClause(c: Cursor): boolean {
  return c.word === "WINDOW" && c.isIdentifierAt(1) && (c.wordAt(2) === "AS" || c.wordAt(1) === "IDENTIFIER");
}

export function parseWindowClause(c: Cursor): NamedWindow[] {
  if (!startsWindowClause(c)) return [];
  c.expect("WINDOW");
  return c.commaList((x) => {
    const name = x.plainIdentifier("a window name");
    x.expect("AS");
    return { name, spec: parseWindowReference(x) };
  });
}
