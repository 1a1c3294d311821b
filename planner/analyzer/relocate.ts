import type { Span } from "../../catalog/errors.ts";

/**
 * The same tree with every node at one place. A view's text is not the statement's: what is wrong inside of it, now or while running, is
 * shown at the mention of the view.
 */
export function relocated<T>(node: T, span: Span): T {
  return relocate(node, span) as T;
}

function relocate(node: unknown, span: Span): unknown {
  if (node === null || typeof node !== "object" || node instanceof Uint8Array) return node;
  if (Array.isArray(node)) return node.map((child) => relocate(child, span));
  return Object.fromEntries(Object.entries(node).map(([key, child]) => [key, key === "span" ? span : relocate(child, span)]));
}
