import type { AstExpr, GroupBy, GroupingItem } from "./ast.ts";
import type { Cursor } from "./cursor.ts";
import { parseExpression } from "./expressions.ts";

/** Inside of GROUPING SETS, CUBE and ROLLUP are written out: so many elements each, and so many sets in all. */
const MAX_CUBE_ELEMENTS = 12;
const MAX_ROLLUP_ELEMENTS = 100;
const MAX_GROUPING_SETS = 10_000;

type GroupingSet = readonly AstExpr[];

export function parseGroupBy(c: Cursor): GroupBy | undefined {
  if (!c.acceptPhrase("GROUP", "BY")) return undefined;
  if (c.word === "ALL" && c.wordAt(1) !== "," && c.wordAt(1) !== "." && c.wordAt(1) !== "(") {
    c.advance();
    return { kind: "all" };
  }
  const items = c.commaList(groupingItem);
  const trailing = trailingAnalytics(c, items);
  return { kind: "items", items: trailing === undefined ? items : [trailing] };
}

/** The older forms after a plain list: `a, b WITH ROLLUP`, `a, b GROUPING SETS (...)`. */
function trailingAnalytics(c: Cursor, items: readonly GroupingItem[]): GroupingItem | undefined {
  const plain = (): GroupingSet[] => items.map((item) => (item.kind === "expr" ? [item.expr] : c.fail("plain expressions before it")));
  if (c.acceptPhrase("WITH", "ROLLUP")) return { kind: "rollup", sets: plain() };
  if (c.acceptPhrase("WITH", "CUBE")) return { kind: "cube", sets: plain() };
  if (!c.acceptPhrase("GROUPING", "SETS")) return undefined;
  const keys = plain().flat();
  return { kind: "groupingSets", sets: c.parenthesizedList(groupingElement).flat(), keys };
}

function groupingItem(c: Cursor): GroupingItem {
  if (c.wordAt(1) === "(" && (c.word === "ROLLUP" || c.word === "CUBE")) {
    const kind = c.word === "ROLLUP" ? "rollup" : "cube";
    const start = c.start;
    c.advance();
    const sets = c.parenthesizedList(groupingSet);
    if (sets.some((set) => set.length === 0)) c.refuse("_LEGACY_ERROR_TEMP_0051", `Empty set in ${kind.toUpperCase()} grouping sets is not supported.`, { element: kind.toUpperCase() }, start);
    return { kind, sets };
  }
  if (c.acceptPhrase("GROUPING", "SETS")) return { kind: "groupingSets", sets: groupingSets(c) };
  return { kind: "expr", expr: parseExpression(c) };
}

function groupingSets(c: Cursor): GroupingSet[] {
  const sets: GroupingSet[] = [];
  c.expect("(");
  do {
    const start = c.start;
    sets.push(...groupingElement(c));
    if (sets.length > MAX_GROUPING_SETS) tooLarge(c, `more than ${MAX_GROUPING_SETS} grouping sets`, start);
  } while (c.accept(","));
  c.expect(")");
  return sets;
}

function tooLarge(c: Cursor, what: string, start: number): never {
  return c.refuse("UNSUPPORTED_FEATURE.LARGE_GROUPING", `The feature is not supported: ${what}.`, {}, start, "0A000");
}

/** `()`, `(a, b)` or `a`. */
function groupingSet(c: Cursor): GroupingSet {
  if (c.acceptPhrase("(", ")")) return [];
  const expr = parseExpression(c);
  return expr.kind === "row" ? expr.items : [expr];
}

/** An element of GROUPING SETS, which may itself be ROLLUP, CUBE or GROUPING SETS: written out as the sets that it stands for. */
function groupingElement(c: Cursor): readonly GroupingSet[] {
  c.enter();
  const start = c.start;
  const isAnalytics = (c.wordAt(1) === "(" && (c.word === "ROLLUP" || c.word === "CUBE")) || (c.word === "GROUPING" && c.wordAt(1) === "SETS");
  const item: GroupingItem = isAnalytics ? groupingItem(c) : { kind: "groupingSets", sets: [groupingSet(c)] };
  c.leave();
  switch (item.kind) {
    case "expr":
      return [[item.expr]];
    case "groupingSets":
      return item.sets;
    case "rollup":
      if (item.sets.length > MAX_ROLLUP_ELEMENTS) tooLarge(c, `ROLLUP of more than ${MAX_ROLLUP_ELEMENTS} elements inside of GROUPING SETS`, start);
      return rollupSets(item.sets);
    case "cube":
      if (item.sets.length > MAX_CUBE_ELEMENTS) tooLarge(c, `CUBE of more than ${MAX_CUBE_ELEMENTS} elements inside of GROUPING SETS`, start);
      return cubeSets(item.sets);
  }
}

function rollupSets(sets: readonly GroupingSet[]): GroupingSet[] {
  return Array.from({ length: sets.length + 1 }, (_, i) => sets.slice(0, sets.length - i).flat());
}

/** All subsets, the whole first. */
function cubeSets(sets: readonly GroupingSet[]): GroupingSet[] {
  const count = 1 << sets.length;
  return Array.from({ length: count }, (_, i) => sets.filter((_set, bit) => ((count - 1 - i) & (1 << (sets.length - 1 - bit))) !== 0).flat());
}
