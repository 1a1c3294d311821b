import type { JsonNode } from "./json-text.ts";
import { jsonText } from "./json-text.ts";

/** Paths of get_json_object: `$.name`, `$['name']`, `[0]`, `[*]`, `.*`. Source: Spark's `JsonPathParser` and `GetJsonObjectEvaluator`. */
type Step = { readonly kind: "key"; readonly name: string } | { readonly kind: "index"; readonly index: number } | { readonly kind: "everyElement" } | { readonly kind: "everyField" };

const STEP = /\.\*|\.([^.[]+)|\[(\d+)\]|\[\*\]|\['((?:[^'?])*)'\]/y;
const parsed = new Map<string, readonly Step[] | undefined>();

function parsePath(path: string): readonly Step[] | undefined {
  if (parsed.has(path)) return parsed.get(path);
  let steps: Step[] | undefined = [];
  let at = 1;
  if (!path.startsWith("$")) steps = undefined;
  while (steps !== undefined && at < path.length) {
    STEP.lastIndex = at;
    const match = STEP.exec(path);
    if (match === null) steps = undefined;
    else {
      const [text, name, index, quoted] = match;
      const key = name ?? quoted;
      steps.push(text === ".*" ? { kind: "everyField" } : key === "*" || text === "[*]" ? { kind: "everyElement" } : key !== undefined ? { kind: "key", name: key } : { kind: "index", index: Number(index) });
      at = STEP.lastIndex;
    }
  }
  if (parsed.size >= 1000) parsed.clear();
  parsed.set(path, steps);
  return steps;
}

/** The nodes that a path leads to; a key applied to an array applies to its elements. */
function follow(node: JsonNode, steps: readonly Step[], at: number): JsonNode[] {
  if (at === steps.length) return [node];
  const step = steps[at];
  switch (step.kind) {
    case "key":
      if (node.kind === "array") return node.items.flatMap((item) => (item.kind === "object" ? follow(item, steps, at) : []));
      if (node.kind !== "object") return [];
      return node.fields.filter((field) => field.name === step.name).slice(0, 1).flatMap((field) => follow(field.value, steps, at + 1));
    case "index":
      return node.kind === "array" && step.index < node.items.length ? follow(node.items[step.index], steps, at + 1) : [];
    case "everyElement":
      return node.kind === "array" ? node.items.flatMap((item) => follow(item, steps, at + 1)) : [];
    case "everyField":
      return node.kind === "object" ? node.fields.flatMap((field) => follow(field.value, steps, at + 1)) : node.kind === "array" ? node.items.flatMap((item) => follow(item, steps, at + 1)) : [];
  }
}

/** Text of what a path leads to: one scalar as it is, several values as a JSON array, nothing as NULL. */
export function evaluateJsonPath(root: JsonNode, path: string): string | null {
  const steps = parsePath(path);
  if (steps === undefined) return null;
  const found = follow(root, steps, 0);
  const many = steps.some((step) => step.kind === "everyElement");
  if (found.length === 0) return null;
  if (found.length === 1 && !(many && steps.at(-1)?.kind === "everyElement")) {
    const [node] = found;
    if (node.kind === "null") return null;
    return node.kind === "string" && !many ? node.value : jsonText(node);
  }
  return `[${found.map(jsonText).join(",")}]`;
}
