import { SparrowError } from "../../catalog/errors.ts";
import type { StructField } from "../../catalog/types.ts";
import { pathText } from "../../delta/schema-change.ts";
import type { Assignment, AstExpr } from "../../parser/ast.ts";
import { parseExpression } from "../../parser/parse.ts";
import { defaultOf } from "./derived-columns.ts";
import { fill } from "./row-changes.ts";

/** What SET says of a column, or of a field of a struct: its value, or values of some of its fields by their names in lower case. */
type Assigned = { readonly kind: "value"; readonly value: AstExpr } | { readonly kind: "fields"; readonly fields: Map<string, Assigned> };

/**
 * New values by column, in the table's types; a column of which only fields are set keeps the others. `alias`: the table's name in the statement. Raises
 * UNRESOLVED_COLUMN, INVALID_FIELD_NAME, DELTA_CONFLICT_SET_COLUMN for what is set twice.
 */
export function assignedValues(columns: readonly StructField[], assignments: readonly Assignment[], alias: string): ReadonlyMap<string, AstExpr> {
  const root = new Map<string, Assigned>();
  for (const assignment of assignments) assign(root, columns, assignment, alias);
  const values = new Map<string, AstExpr>();
  for (const column of columns) {
    const assigned = root.get(column.name.toLowerCase());
    if (assigned !== undefined) values.set(column.name, valueOf(assigned, column, { kind: "name", name: nameOf(alias, column.name), span: NO_SPAN }));
  }
  return values;
}

const NO_SPAN = { start: 0, end: 0 };

function nameOf(...parts: readonly string[]): Extract<AstExpr, { kind: "name" }>["name"] {
  return { parts: parts.map((name) => ({ name, quoted: true, span: NO_SPAN })), span: NO_SPAN };
}

function assign(root: Map<string, Assigned>, columns: readonly StructField[], { target, value }: Assignment, alias: string): void {
  const written = target.parts.map((part) => part.name);
  const isColumn = (name: string): boolean => columns.some((field) => sameName(field.name, name));
  const path = written.length > 1 && sameName(written[0], alias) && !isColumn(written[0]) ? written.slice(1) : written;
  let siblings = columns;
  let at = root;
  for (const [i, name] of path.entries()) {
    const field = siblings.find((candidate) => sameName(candidate.name, name));
    if (field === undefined) throw unresolved(path, i, siblings, target);
    const key = name.toLowerCase();
    const known = at.get(key);
    if (i === path.length - 1) {
      if (known !== undefined) throw conflict(path, target);
      at.set(key, { kind: "value", value: value.kind === "default" ? (defaultOf(field) ?? { kind: "null", span: value.span }) : value });
      return;
    }
    if (field.type.kind !== "struct") {
      throw new SparrowError("INVALID_FIELD_NAME", "42000", `Field name ${pathText(path)} is invalid: ${pathText(path.slice(0, i + 1))} is not a struct.`, { fieldName: pathText(path), path: pathText(path.slice(0, i + 1)) }, { span: target.span });
    }
    if (known?.kind === "value") throw conflict(path, target);
    const fields = known?.fields ?? new Map<string, Assigned>();
    at.set(key, { kind: "fields", fields });
    ({ fields: siblings } = field.type);
    at = fields;
  }
}

/** `base`: the value that is there. Setting a field of a struct that is NULL makes a struct. */
function valueOf(assigned: Assigned, { type }: StructField, base: AstExpr): AstExpr {
  if (assigned.kind === "value" || type.kind !== "struct") return assigned.kind === "value" ? assigned.value : base;
  const parts: Record<string, AstExpr> = {};
  const pairs = type.fields.map((field, i) => {
    const own: AstExpr = { kind: "field", base, name: { name: field.name, quoted: true, span: NO_SPAN }, span: NO_SPAN };
    const inner = assigned.fields.get(field.name.toLowerCase());
    parts[`__name${i}`] = { kind: "string", value: field.name, span: NO_SPAN };
    parts[`__field${i}`] = inner === undefined ? own : valueOf(inner, field, own);
    return `__name${i}, __field${i}`;
  });
  return fill(parseExpression(`named_struct(${pairs.join(", ")})`), parts);
}

function sameName(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}

function unresolved(path: readonly string[], at: number, siblings: readonly StructField[], { span }: Assignment["target"]): SparrowError {
  const proposal = siblings.map(({ name }) => pathText([...path.slice(0, at), name])).join(", ");
  return new SparrowError("UNRESOLVED_COLUMN.WITH_SUGGESTION", "42703", `A column, variable, or function parameter with name ${pathText(path)} cannot be resolved. Did you mean one of the following? [${proposal}].`, { objectName: pathText(path), proposal }, { span });
}

function conflict(path: readonly string[], { span }: Assignment["target"]): SparrowError {
  return new SparrowError("DELTA_CONFLICT_SET_COLUMN", "42701", `There is a conflict from these SET columns: ${pathText(path)} is set twice.`, { columnList: pathText(path) }, { span });
}
