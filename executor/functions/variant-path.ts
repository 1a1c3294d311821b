import type { SparrowError } from "../../catalog/errors.ts";
import type { VariantNode } from "../nested/variant-node.ts";
import { dataError } from "./data-errors.ts";

/** A step of a path: a field's name or a position. */
export type VariantStep = string | number;

const STEP = /\.([^.[]+)|\[(\d+)\]|\['([^'?]+)'\]|\["([^"?]+)"\]/y;
const parsed = new Map<string, readonly VariantStep[] | undefined>();

/** The steps of `$.a.b[0]['c']["d"]`. Raises INVALID_VARIANT_GET_PATH. Source: Spark's `VariantPathParser`. */
export function variantPath(path: string, functionName: string): readonly VariantStep[] {
  if (!parsed.has(path)) {
    if (parsed.size >= 1000) parsed.clear();
    parsed.set(path, stepsOf(path));
  }
  const steps = parsed.get(path);
  if (steps === undefined) throw invalidPath(path, functionName);
  return steps;
}

function stepsOf(path: string): readonly VariantStep[] | undefined {
  if (!path.startsWith("$")) return undefined;
  const steps: VariantStep[] = [];
  for (let at = 1; at < path.length; at = STEP.lastIndex) {
    STEP.lastIndex = at;
    const match = STEP.exec(path);
    if (match === null) return undefined;
    const [, name, index, quoted, doubleQuoted] = match;
    steps.push(index === undefined ? (name ?? quoted ?? doubleQuoted) : Number(index));
  }
  return steps;
}

function invalidPath(path: string, functionName: string): SparrowError {
  const parameters = { path, functionName: `\`${functionName}\`` };
  return dataError("INVALID_VARIANT_GET_PATH", "22023", `The path \`${path}\` of ${parameters.functionName} is not one of variants; it begins with \`$\` and goes on with \`[123]\`, \`.name\`, \`['name']\` or \`["name"]\`.`, parameters);
}

/** What the path leads to; undefined where a step finds nothing. */
export function atPath(node: VariantNode, steps: readonly VariantStep[]): VariantNode | undefined {
  let found: VariantNode | undefined = node;
  for (const step of steps) found = found === undefined ? undefined : child(found, step);
  return found;
}

function child(node: VariantNode, step: VariantStep): VariantNode | undefined {
  if (typeof step === "number") return node.kind === "array" && step < node.count ? node.item(step) : undefined;
  const field = node.kind === "object" ? node.names.indexOf(step) : -1;
  return node.kind === "object" && field >= 0 ? node.field(field) : undefined;
}
