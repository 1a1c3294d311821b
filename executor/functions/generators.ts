import type { MapValue, StructValue, Value } from "../../catalog/values.ts";
import type { DataType } from "../../catalog/types.ts";
import { jsonScalarText, parseJson } from "./json-text.ts";
import { variantGenerators } from "./variant.ts";

/** Rows from a row. */
export interface GeneratorFunction {
  readonly name: string;
  readonly rows: (args: readonly Value[], argTypes: readonly DataType[]) => Value[][];
}

/** One row per element or entry; none for NULL. */
function exploded(collection: Value): Value[][] {
  if (collection === null) return [];
  if (Array.isArray(collection)) return (collection as readonly Value[]).map((item) => [item]);
  const map = collection as MapValue;
  return map.keys.map((key, i) => [key, map.values[i]]);
}

function inline(items: Value, type: DataType): Value[][] {
  if (items === null) return [];
  const width = type.kind === "array" && type.element.kind === "struct" ? type.element.fields.length : 0;
  return (items as readonly Value[]).map((item) => (item === null ? Array.from({ length: width }, () => null) : [...(item as StructValue).fields]));
}

function stack(args: readonly Value[]): Value[][] {
  const count = Number(args[0]);
  const values = args.slice(1);
  const width = Math.ceil(values.length / count);
  return Array.from({ length: count }, (_, row) => Array.from({ length: width }, (_unused, column) => values[row * width + column] ?? null));
}

/** Always one row, of NULLs where the text is no object. */
function jsonTuple([text, ...names]: readonly Value[]): Value[][] {
  const node = text === null ? undefined : parseJson(text as string);
  if (node?.kind !== "object") return [names.map(() => null)];
  return [
    names.map((name) => {
      const field = node.fields.findLast((f) => f.name === name);
      return field === undefined ? null : jsonScalarText(field.value);
    }),
  ];
}

const ALL: readonly GeneratorFunction[] = [
  { name: "explode", rows: ([collection]) => exploded(collection) },
  { name: "posexplode", rows: ([collection]) => exploded(collection).map((row, i) => [i, ...row]) },
  { name: "inline", rows: ([items], [type]) => inline(items, type) },
  { name: "stack", rows: stack },
  { name: "json_tuple", rows: jsonTuple },
  ...variantGenerators,
];

const BY_NAME = new Map(ALL.map((fn) => [fn.name, fn]));

/** The implementation of a generator, by the registry's name. */
export function generatorFunction(name: string): GeneratorFunction | undefined {
  return BY_NAME.get(name);
}

export function implementedGenerators(): readonly string[] {
  return ALL.map((fn) => fn.name);
}
