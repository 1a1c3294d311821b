/** A tree without spans, and without whether a name was quoted: what two ways of writing the same have in common. */
export function withoutSpans(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(withoutSpans);
  if (typeof node !== "object" || node === null || node instanceof Uint8Array) return node;
  const entries = Object.entries(node).filter(([key, value]) => key !== "span" && key !== "quoted" && value !== undefined);
  return Object.fromEntries(entries.map(([key, value]) => [key, withoutSpans(value)]));
}
