import type { AstExpr, Query } from "../parser/ast.ts";

/** Functions whose value is settled by analysis and differs from one run to the next, with and without parentheses. */
const CHANGING = new Set(["now", "current_timestamp", "localtimestamp", "current_date", "curdate", "current_time", "unix_timestamp", "rand", "random", "randn", "randstr", "uniform", "uuid", "shuffle"]);

/** Whether the same text means the same each time it is run over the same tables. */
export function isRepeatable(part: Query | AstExpr): boolean {
  return everyNode(part, (node) => {
    switch (node.kind) {
      case "call":
      case "name":
        return !CHANGING.has(node.name.parts[node.name.parts.length - 1].name.toLowerCase());
      case "typedLiteral":
        // DATE 'today', TIMESTAMP 'now'
        return /^\s*[+-]?\d/.test(node.value);
      default:
        return true;
    }
  });
}

/** Whether the test says yes to everything of a tree that has a kind: expressions, queries, relations. */
export function everyNode(node: unknown, test: (node: AstExpr | Query) => boolean): boolean {
  if (node === null || typeof node !== "object" || node instanceof Uint8Array) return true;
  if (Array.isArray(node)) return node.every((child) => everyNode(child, test));
  if ("kind" in node && !test(node as AstExpr | Query)) return false;
  return Object.values(node).every((child) => everyNode(child, test));
}

export function holdsQuery(node: AstExpr): boolean {
  return !everyNode(node, (part) => part.kind !== "query");
}
