import { SparrowError } from "../catalog/errors.ts";
import type { DataType, StructField } from "../catalog/types.ts";

/** Names from a top-level column down: fields of structs, `element` of an array, `key` and `value` of a map. */
export type ColumnPath = readonly string[];

/** Where a column stands among its siblings; undefined: at the end when it is new, where it was otherwise. */
export type FieldPosition = { readonly kind: "first" } | { readonly kind: "after"; readonly name: string };

type Fields = readonly StructField[];

/** Columns with one more, in the struct at `parent` (empty: at the top). Raises FIELD_ALREADY_EXISTS, FIELD_NOT_FOUND, UNRESOLVED_COLUMN, INVALID_FIELD_NAME. */
export function withAddedField(fields: Fields, parent: ColumnPath, field: StructField, position?: FieldPosition): Fields {
  return inStruct(fields, parent, (siblings) => {
    rejectTaken(siblings, parent, field.name, "add");
    return placed(siblings, field, position);
  });
}

/** Columns without one. Raises DELTA_DROP_COLUMN_ON_SINGLE_FIELD_SCHEMA for the last one of a struct. */
export function withoutField(fields: Fields, path: ColumnPath): Fields {
  return atField(fields, path, (siblings, at) => {
    if (siblings.length === 1) throw new SparrowError("DELTA_DROP_COLUMN_ON_SINGLE_FIELD_SCHEMA", "0AKDC", `Cannot drop the column ${pathText(path)}: it is the only one of its schema.`, { schema: siblings[0].name });
    return siblings.filter((_, i) => i !== at);
  });
}

/** Columns one of which has another name. Raises FIELD_ALREADY_EXISTS, as Spark does for the name that the column has, in any case of letters. */
export function withRenamedField(fields: Fields, path: ColumnPath, name: string): Fields {
  return atField(fields, path, (siblings, at) => {
    rejectTaken(siblings, path.slice(0, -1), name, "rename");
    return siblings.with(at, { ...siblings[at], name });
  });
}

/** Columns one of which is changed, and perhaps moved among its siblings. */
export function withChangedField(fields: Fields, path: ColumnPath, change: (field: StructField) => StructField, position?: FieldPosition): Fields {
  return atField(fields, path, (siblings, at) => {
    const changed = change(siblings[at]);
    return position === undefined ? siblings.with(at, changed) : placed(siblings.filter((_, i) => i !== at), changed, position);
  });
}

/**
 * The field that a path ends at or, where it ends at the element, key or value of a field, that field and the rest of the path. Raises UNRESOLVED_COLUMN,
 * INVALID_FIELD_NAME.
 */
export function fieldAt(fields: Fields, path: ColumnPath): { readonly field: StructField; readonly path: ColumnPath; readonly within: ColumnPath } {
  let siblings = fields;
  let end = 0;
  for (;;) {
    const field = siblings[indexOf(siblings, path, end)];
    let at = end + 1;
    let type = field.type;
    for (; at < path.length && type.kind !== "struct"; at++) type = child(type, path, at);
    if (at === path.length) return { field, path: path.slice(0, end + 1), within: path.slice(end + 1) };
    if (type.kind !== "struct") throw notAStruct(path, at);
    siblings = type.fields;
    end = at;
  }
}

/** Whether one of the paths is the other, or leads to it: a change of one is a change of the other. */
export function overlaps(left: ColumnPath, right: ColumnPath): boolean {
  return left.slice(0, right.length).every((name, i) => name.toLowerCase() === right[i].toLowerCase());
}

export function pathText(path: ColumnPath): string {
  return path.map((name) => `\`${name.replaceAll("`", "``")}\``).join(".");
}

function atField(fields: Fields, path: ColumnPath, edit: (siblings: Fields, at: number) => Fields): Fields {
  return inStruct(fields, path.slice(0, -1), (siblings) => edit(siblings, indexOf(siblings, path, path.length - 1)));
}

function inStruct(fields: Fields, parent: ColumnPath, edit: (siblings: Fields) => Fields): Fields {
  const go = (siblings: Fields, at: number): Fields => {
    if (at === parent.length) return edit(siblings);
    const index = indexOf(siblings, parent, at);
    return siblings.with(index, { ...siblings[index], type: goType(siblings[index].type, at + 1) });
  };
  const goType = (type: DataType, at: number): DataType => {
    if (type.kind === "struct") return { kind: "struct", fields: go(type.fields, at) };
    const next = at < parent.length ? goType(child(type, parent, at), at + 1) : undefined;
    if (next !== undefined && type.kind === "array") return { ...type, element: next };
    if (next !== undefined && type.kind === "map") return parent[at].toLowerCase() === "key" ? { ...type, key: next } : { ...type, value: next };
    throw notAStruct(parent, at);
  };
  return go(fields, 0);
}

/** The element, key or value that the path names at `at`. */
function child(type: DataType, path: ColumnPath, at: number): DataType {
  const name = path[at].toLowerCase();
  if (type.kind === "array" && name === "element") return type.element;
  if (type.kind === "map" && name === "key") return type.key;
  if (type.kind === "map" && name === "value") return type.value;
  throw notAStruct(path, at);
}

function placed(siblings: Fields, field: StructField, position: FieldPosition | undefined): Fields {
  if (position === undefined) return [...siblings, field];
  if (position.kind === "first") return [field, ...siblings];
  const after = siblings.findIndex((candidate) => candidate.name.toLowerCase() === position.name.toLowerCase());
  if (after < 0) throw new SparrowError("FIELD_NOT_FOUND", "42704", `No such struct field ${pathText([position.name])} in ${siblings.map(({ name }) => pathText([name])).join(", ")}.`, { fieldName: pathText([position.name]), fields: siblings.map(({ name }) => pathText([name])).join(", ") });
  return siblings.toSpliced(after + 1, 0, field);
}

function rejectTaken(siblings: Fields, parent: ColumnPath, name: string, op: "add" | "rename"): void {
  if (!siblings.some((candidate) => candidate.name.toLowerCase() === name.toLowerCase())) return;
  const fieldNames = pathText([...parent, name]);
  throw new SparrowError("FIELD_ALREADY_EXISTS", "42710", `Cannot ${op} column, because ${fieldNames} already exists in the table's schema.`, { op, fieldNames });
}

function indexOf(siblings: Fields, path: ColumnPath, at: number): number {
  const index = siblings.findIndex((candidate) => candidate.name.toLowerCase() === path[at].toLowerCase());
  if (index >= 0) return index;
  const proposal = siblings.map(({ name }) => pathText([...path.slice(0, at), name])).join(", ");
  throw new SparrowError("UNRESOLVED_COLUMN.WITH_SUGGESTION", "42703", `A column, variable, or function parameter with name ${pathText(path)} cannot be resolved. Did you mean one of the following? [${proposal}].`, { objectName: pathText(path), proposal });
}

function notAStruct(path: ColumnPath, at: number): SparrowError {
  return new SparrowError("INVALID_FIELD_NAME", "42000", `Field name ${pathText(path)} is invalid: ${pathText(path.slice(0, at))} is not a struct.`, { fieldName: pathText(path), path: pathText(path.slice(0, at)) });
}
