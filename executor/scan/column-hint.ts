import type { ColumnLayout } from "../../catalog/table.ts";
import type { ArrowHint, HintedField } from "./arrow-schema-hint.ts";
import type { SchemaNode } from "./parquet-schema.ts";
import { listElement } from "./parquet-types.ts";

/** How a column is to be decoded for a layout; undefined when it cannot be said: repeated nodes outside of LIST and MAP groups. */
export function columnHint(node: SchemaNode, layout: ColumnLayout): ArrowHint | undefined {
  if (layout.kind === "dictionary" && node.physical === "BYTE_ARRAY" && node.repetition !== "repeated") {
    const { annotation } = node;
    const text = annotation?.kind === "string" || annotation?.kind === "enum" || annotation?.kind === "json";
    return { kind: "dictionary", values: text ? "utf8" : "binary" };
  }
  return nodeHint(node);
}

function nodeHint(node: SchemaNode): ArrowHint | undefined {
  return node.repetition === "repeated" ? undefined : contentHint(node);
}

/** The hint of a node as if it stood once. */
function contentHint(node: SchemaNode): ArrowHint | undefined {
  const { annotation } = node;
  if (node.physical !== undefined) {
    if (annotation?.kind === "decimal") return { kind: "decimal", precision: annotation.precision, scale: annotation.scale, bits: annotation.precision <= 18 ? 64 : 128 };
    // As nanoseconds, its default, INT96 would wrap around outside of 1677 to 2262. On INT64 the hint would only rename the unit.
    return node.physical === "INT96" ? { kind: "timestampMicros", utc: true } : { kind: "none" };
  }
  switch (annotation?.kind) {
    case "list": {
      const element = listElement(node);
      const hint = element === undefined ? undefined : contentHint(element);
      return hint === undefined ? undefined : { kind: "list", element: { name: "element", hint } };
    }
    case "map": {
      const [key, value] = fieldHints(node.children[0]) ?? [];
      return value === undefined ? undefined : { kind: "map", key, value };
    }
    default: {
      const fields = fieldHints(node);
      return fields === undefined ? undefined : { kind: "struct", fields };
    }
  }
}

function fieldHints(group: SchemaNode): HintedField[] | undefined {
  const fields: HintedField[] = [];
  for (const child of group.children) {
    const hint = nodeHint(child);
    if (hint === undefined) return undefined;
    fields.push({ name: child.name, hint });
  }
  return fields;
}
