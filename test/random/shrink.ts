import type { Expr, Query, Select, Source } from "./tree.ts";
import { literal } from "./scope.ts";

/** Trials of smaller queries after which the smallest so far must do. */
const TRIALS = 400;

/** The smallest query found that still fails: parts are taken away, or replaced by smaller ones, as long as one such step still fails. */
export async function shrink(query: Query, fails: (smaller: Query) => Promise<boolean>): Promise<Query> {
  let smallest = query;
  let trials = 0;
  for (;;) {
    let improved = false;
    for (const candidate of simpler(smallest)) {
      if (++trials > TRIALS) return smallest;
      if (!(await fails(candidate as Query))) continue;
      smallest = candidate as Query;
      improved = true;
      break;
    }
    if (!improved) return smallest;
  }
}

type Node = Readonly<Record<string, unknown>>;

/** Copies of a tree with one part made smaller: great steps first. A copy may be invalid; then DuckDB refuses it, and it is not taken. */
function* simpler(node: unknown): Generator<unknown> {
  if (Array.isArray(node)) {
    for (const [i, child] of node.entries()) for (const smaller of simpler(child)) yield node.with(i, smaller);
    return;
  }
  if (!isNode(node)) return;
  yield* smallerForms(node);
  for (const [field, child] of Object.entries(node)) {
    if (field === "type") continue;
    for (const smaller of simpler(child)) yield { ...node, [field]: smaller };
  }
}

function isNode(value: unknown): value is Node {
  return typeof value === "object" && value !== null && !(value instanceof Uint8Array);
}

function* smallerForms(node: Node): Generator<unknown> {
  switch (node["kind"]) {
    case "select":
      yield* smallerSelects(node as unknown as Select);
      return;
    case "set":
      yield node["left"];
      yield node["right"];
      if (node["tail"] !== undefined) yield { ...node, tail: undefined };
      return;
    case "with":
      yield node["definition"];
      return;
    case "join":
      if ((node as unknown as Source).kind === "join") yield* [node["left"], node["right"]];
      return;
    case "literal":
    case "column":
      return;
    default:
      if ("bound" in node) yield* smallerExprs(node as unknown as Expr);
  }
}

function* smallerSelects(select: Select): Generator<Select> {
  if (select.where !== undefined) yield { ...select, where: undefined };
  if (select.having !== undefined) yield { ...select, having: undefined };
  if (select.tail !== undefined) yield { ...select, tail: undefined };
  if (select.distinct) yield { ...select, distinct: false };
  if (select.items.length > 1) {
    for (const i of select.items.keys()) yield { ...select, items: select.items.toSpliced(i, 1), tail: undefined };
  }
  const { grouping } = select;
  if (grouping !== undefined) {
    if (grouping.kind !== "plain") yield { ...select, grouping: { ...grouping, kind: "plain" } };
    for (const i of grouping.keys.keys()) yield { ...select, grouping: { ...grouping, keys: grouping.keys.toSpliced(i, 1) } };
  }
}

/** Parts of the same type, then literals. */
function* smallerExprs(expr: Expr): Generator<Expr> {
  for (const part of parts(expr)) if (part.type.kind === expr.type.kind) yield part;
  if (expr.kind === "aggregate" && expr.filter !== undefined) yield { ...expr, filter: undefined };
  if (expr.kind === "window" && expr.over.frame !== undefined) yield { ...expr, over: { ...expr.over, frame: undefined } };
  if (expr.type.kind === "boolean") yield literal(true, expr.type);
  yield literal(null, expr.type);
}

function parts(expr: Expr): readonly Expr[] {
  switch (expr.kind) {
    case "call":
    case "aggregate":
    case "window":
      return expr.args;
    case "cast":
    case "in":
    case "inSubquery":
      return [expr.input];
    case "case":
      return [...expr.branches.flatMap((b) => [b.then, b.when]), ...(expr.otherwise === undefined ? [] : [expr.otherwise])];
    case "column":
    case "literal":
    case "scalarSubquery":
    case "exists":
      return [];
  }
}
