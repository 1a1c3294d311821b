import type { AstExpr, FunctionArgument, SortItem, WindowReference } from "../ast.ts";
import { parseDirection, parseFrame } from "../windows.ts";
import type { ForeignNode, ForeignSortItem, ForeignWindow } from "./foreign-tree.ts";
import { foreignArguments, foreignName } from "./foreign-tree.ts";
import { dialectCall } from "./functions.ts";
import { lowerExists, lowerExpression, lowerList } from "./lower-expression.ts";
import type { Lowering } from "./lowering.ts";

/** A function's call with all that may follow it: WITHIN GROUP, FILTER, OVER. */
export function lowerCall(l: Lowering, node: ForeignNode): AstExpr {
  const { c } = l;
  const { start } = c;
  const written = foreignName(node.name);
  if (written?.toUpperCase() === "EXISTS") return lowerExists(l, foreignArguments(node)[0] ?? l.disagree());
  if (c.wordAt(1) === "(" && (c.word === "ANY" || c.word === "ALL" || c.word === "SOME")) l.refuse(`a comparison with ${c.word} (...)`);
  const name = l.qualifiedName();
  l.same(written, name.parts[name.parts.length - 1].name);
  if (c.word !== "(") {
    if (foreignArguments(node).length > 0) l.disagree();
    return { kind: "name", name, span: name.span };
  }
  l.expect("(");
  const distinct = c.accept("DISTINCT");
  const args = callArguments(l, node);
  const ordered = c.is("ORDER") ? lowerOrderBy(l, (node.args as ForeignNode).orderby) : undefined;
  if (c.accept("SEPARATOR")) args.push(separator(l));
  l.expect(")");
  const withinGroup = c.acceptPhrase("WITHIN", "GROUP", "(") ? lowerOrderBy(l, node.within_group_orderby) : undefined;
  if (withinGroup !== undefined) l.expect(")");
  const filter = lowerFilter(l, node);
  if (c.isPhrase("IGNORE", "NULLS") || c.isPhrase("RESPECT", "NULLS")) l.refuse(`${c.word} NULLS`);
  const over = lowerOver(l, node.over);
  const call = { kind: "call" as const, name, args, distinct, ...(filter && { filter }), ...((withinGroup ?? ordered) && { withinGroup: withinGroup ?? ordered }), ...(over && { over }), span: c.spanFrom(start) };
  return dialectCall(l, call);
}

function callArguments(l: Lowering, node: ForeignNode): FunctionArgument[] {
  const nodes = foreignArguments(node);
  const args: FunctionArgument[] = lowerList(l, nodes).map((value) => ({ value }));
  if (l.c.accept(",")) args.push(separator(l));
  return args;
}

/** The separator of an aggregated text, which the tree keeps beside the arguments. */
function separator(l: Lowering): FunctionArgument {
  const { start } = l.c;
  return { value: { kind: "string", value: l.string(), span: l.c.spanFrom(start) } };
}

function lowerFilter(l: Lowering, node: ForeignNode): AstExpr | undefined {
  if (!l.c.acceptPhrase("FILTER", "(", "WHERE")) return undefined;
  const filter = lowerExpression(l, node.filter?.where);
  l.expect(")");
  return filter;
}

function lowerOver(l: Lowering, over: ForeignWindow | null | undefined): WindowReference | undefined {
  if (over === null || over === undefined) return undefined;
  l.expect("OVER");
  return lowerWindow(l, over.as_window_specification);
}

/** What follows OVER, or AS in a WINDOW clause. */
export function lowerWindow(l: Lowering, foreign: ForeignWindow["as_window_specification"]): WindowReference {
  const { c } = l;
  const { start } = c;
  if (typeof foreign === "string" || foreign === undefined) return { kind: "named", name: l.identifier() };
  l.expect("(");
  const specification = foreign.window_specification;
  const base = c.isIdentifier() && c.wordAt(1) !== "BY" && c.word !== "ROWS" && c.word !== "RANGE" ? l.identifier() : undefined;
  let partitionBy: AstExpr[] = [];
  if (c.acceptPhrase("PARTITION", "BY")) partitionBy = lowerList(l, (specification?.partitionby ?? []).map((item) => item.expr ?? (item as ForeignNode)));
  const orderBy = c.word === "ORDER" ? lowerOrderBy(l, specification?.orderby) : [];
  const frame = parseFrame(l.c);
  l.expect(")");
  return { kind: "spec", spec: { ...(base && { base }), partitionBy, orderBy, ...(frame && { frame }), span: c.spanFrom(start) } };
}

/** ORDER BY with the dialect's place of NULLs said outright, where it is not Spark's. */
export function lowerOrderBy(l: Lowering, items: readonly ForeignSortItem[] | null | undefined): SortItem[] {
  l.expect("ORDER", "BY");
  if (items === null || items === undefined) l.disagree();
  return items.map((item, i) => {
    if (i > 0) l.expect(",");
    const { start } = l.c;
    const expr = lowerExpression(l, item.expr);
    const direction = parseDirection(l.c);
    const nullsFirst = direction.nullsFirst ?? impliedNullsFirst(l, direction.ascending);
    return { expr, ascending: direction.ascending, ...(nullsFirst !== undefined && { nullsFirst }), span: l.c.spanFrom(start) };
  });
}

function impliedNullsFirst(l: Lowering, ascending: boolean): boolean | undefined {
  switch (l.dialect.nulls) {
    case "lowest":
      return undefined;
    case "highest":
      return !ascending;
    case "last":
      return false;
  }
}
