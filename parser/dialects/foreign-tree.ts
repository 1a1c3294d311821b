/**
 * What is read of node-sql-parser's trees. Shapes differ from dialect to dialect and the tree is not to be trusted, so every field is
 * optional, and whoever reads one holds it against the tokens of the source.
 */
export interface ForeignNode {
  readonly type?: string;
  readonly parentheses?: boolean;
  readonly operator?: string;
  readonly left?: ForeignNode;
  readonly right?: ForeignNode;
  readonly expr?: ForeignNode | null;
  readonly value?: unknown;
  readonly name?: unknown;
  readonly args?: unknown;
  readonly ast?: ForeignSelect;
  readonly keyword?: string;
  readonly symbol?: string;
  readonly over?: ForeignWindow | null;
  readonly escape?: ForeignNode;
  readonly cond?: ForeignNode;
  readonly result?: ForeignNode;
  readonly filter?: { readonly where?: ForeignNode } | null;
  readonly within_group_orderby?: readonly ForeignSortItem[] | null;
  readonly column?: unknown;
  readonly distinct?: unknown;
  readonly orderby?: readonly ForeignSortItem[] | null;
  readonly separator?: unknown;
}

export interface ForeignWindow {
  readonly as_window_specification?: string | { readonly window_specification?: { readonly partitionby?: readonly { readonly expr?: ForeignNode }[] | null; readonly orderby?: readonly ForeignSortItem[] | null } };
}

export interface ForeignSortItem {
  readonly expr: ForeignNode;
}

export interface ForeignFrom {
  readonly table?: string;
  readonly as?: string | null;
  readonly join?: string;
  readonly on?: ForeignNode | null;
  readonly using?: readonly unknown[] | null;
  readonly expr?: ForeignNode;
}

export interface ForeignSelect {
  readonly type?: string;
  readonly with?: readonly { readonly name: unknown; readonly stmt: ForeignSelect | { readonly ast: ForeignSelect }; readonly columns?: readonly unknown[] | null }[] | null;
  readonly distinct?: unknown;
  readonly columns?: readonly { readonly expr: ForeignNode; readonly as?: unknown }[] | "*";
  readonly from?: readonly ForeignFrom[] | null;
  readonly where?: ForeignNode | null;
  readonly groupby?: { readonly columns?: readonly ForeignNode[] | null } | readonly ForeignNode[] | null;
  readonly having?: ForeignNode | null;
  readonly qualify?: ForeignNode | null;
  readonly orderby?: readonly ForeignSortItem[] | null;
  readonly limit?: { readonly value?: readonly ForeignNode[]; readonly seperator?: string } | null;
  readonly window?: { readonly expr?: readonly { readonly name: unknown; readonly as_window_specification?: ForeignWindow["as_window_specification"] }[] } | null;
  readonly _next?: ForeignSelect | null;
  readonly _orderby?: readonly ForeignSortItem[] | null;
  readonly _limit?: ForeignSelect["limit"];
}

/** The next branch of a chain of set operations. */
export function nextBranch({ _next: next }: ForeignSelect): ForeignSelect | undefined {
  return next ?? undefined;
}

/** ORDER BY and the numbers of LIMIT and OFFSET of a whole query: kept in the first branch, the last, or in part in either. */
export function organization(foreign: ForeignSelect): { orderBy: readonly ForeignSortItem[] | undefined; limits: readonly ForeignNode[] } {
  let last = foreign;
  for (let next = nextBranch(last); next !== undefined; next = nextBranch(next)) last = next;
  const { _orderby: orderBy, _limit: limit } = foreign;
  const limits = new Set([last.limit, foreign.limit, limit]);
  return { orderBy: orderBy ?? last.orderby ?? foreign.orderby ?? undefined, limits: [...limits].flatMap((part) => part?.value ?? []) };
}

/** A name, however deep the tree has wrapped it: a string, `{value}`, `{expr: {value}}`, `{name: [...]}`. Undefined for anything else. */
export function foreignName(name: unknown): string | undefined {
  if (typeof name === "string") return name;
  if (typeof name !== "object" || name === null) return undefined;
  const { value, expr, schema, name: inner } = name as { value?: unknown; expr?: unknown; schema?: unknown; name?: unknown };
  if (typeof value === "string") return value;
  if (expr !== undefined) return foreignName(expr);
  if (Array.isArray(inner)) return foreignName(inner.length > 0 ? inner[inner.length - 1] : schema);
  return inner === undefined ? undefined : foreignName(inner);
}

/** The nodes of an argument list, however it is wrapped. */
export function foreignArguments(node: ForeignNode): readonly ForeignNode[] {
  const args = node.args as ForeignNode | readonly ForeignNode[] | null | undefined;
  if (args === null || args === undefined) return [];
  if (Array.isArray(args)) return args as readonly ForeignNode[];
  const list = args as ForeignNode;
  if (Array.isArray(list.value)) return list.value as readonly ForeignNode[];
  return list.expr === undefined || list.expr === null ? [] : [list.expr];
}

/** Whether the leftmost thing in the node is in parentheses of its own. */
export function startsWithParenthesis(node: ForeignNode): boolean {
  let first: ForeignNode | undefined = node;
  while (first !== undefined) {
    if (first.parentheses === true || first.ast !== undefined || first.type === "expr_list") return true;
    first = first.type === "binary_expr" ? first.left : first.type === "cast" && first.symbol === "::" ? (first.expr ?? undefined) : undefined;
  }
  return false;
}
