import { commonTypeOf } from "../coercion.ts";
import type { DataType } from "../types.ts";
import { INT, isIntegral, STRING } from "../types.ts";
import { notFoldable, typeMismatch, unexpectedInputType, wrongNumberOfArguments } from "./argument-errors.ts";
import { checkCount, coerceArguments, generator } from "./define.ts";
import { STRING_TYPE } from "./expected-types.ts";
import type { FunctionSignature, GeneratorSignature, ResolveContext } from "./signature.ts";

type Columns = ReturnType<GeneratorSignature["resolve"]>["columns"];

function explosion(type: DataType, context: ResolveContext): Columns {
  switch (type.kind) {
    case "array":
      return [{ name: "col", type: type.element, nullable: type.containsNull }];
    case "map":
      return [{ name: "key", type: type.key, nullable: false }, { name: "value", type: type.value, nullable: type.valueContainsNull }];
    default:
      throw unexpectedInputType(context, 0, type, '("ARRAY" or "MAP")');
  }
}

function explode(name: string, positions: boolean): GeneratorSignature {
  const signature = generator(name, (args, context) => {
    checkCount(context, args.length, 1, 1);
    const columns = explosion(args[0], context);
    return { args, columns: positions ? [{ name: "pos", type: INT, nullable: false }, ...columns] : columns };
  });
  return { ...signature, parameters: [{ name: "collection" }] };
}

const inline = generator("inline", (args, context) => {
  checkCount(context, args.length, 1, 1);
  const type = args[0];
  if (type.kind !== "array" || type.element.kind !== "struct") throw unexpectedInputType(context, 0, type, '"ARRAY<STRUCT>"');
  const { element, containsNull } = type;
  return { args, columns: element.fields.map((f) => ({ name: f.name, type: f.type, nullable: containsNull || f.nullable })) };
});

/** `stack(n, v1, ...)`: the values laid out in n rows; the types of a column must agree. */
const stack = generator("stack", (args, context) => {
  if (args.length < 2) throw wrongNumberOfArguments(context, args.length, "> 1");
  const rows = context.literals[0];
  if (!isIntegral(args[0])) throw unexpectedInputType(context, 0, args[0], '"INT"');
  if (rows === undefined) throw notFoldable(context, 0, "n", INT);
  const count = Number(rows);
  if (rows === null || count < 1) throw typeMismatch(context, "VALUE_OUT_OF_RANGE", "the number of rows must be positive.", { exprName: "`n`", valueRange: "(0, 2147483647]", currentValue: String(rows) });
  const width = Math.ceil((args.length - 1) / count);
  const columns = Array.from({ length: width }, (_, column) => {
    const types = args.slice(1).filter((_t, i) => i % width === column);
    const type = commonTypeOf(types, context.ansi);
    if (type === undefined) throw typeMismatch(context, "STACK_COLUMN_DIFF_TYPES", "the values of a column have different types.", { columnIndex: String(column), leftParamIndex: String(column + 1), rightParamIndex: String(column + 1 + width), leftType: `"${types[0].kind}"`, rightType: `"${types[1].kind}"` });
    return { name: `col${column}`, type, nullable: true };
  });
  return { args: [INT, ...args.slice(1).map((_, i) => columns[i % width].type)], columns };
});

const jsonTuple = generator("json_tuple", (args, context) => {
  if (args.length < 2) throw wrongNumberOfArguments(context, args.length, "> 1");
  return { args: coerceArguments(args, [STRING_TYPE], context), columns: args.slice(1).map((_, i) => ({ name: `c${i}`, type: STRING, nullable: true })) };
});

/** The `_outer` forms give a row of NULLs for what is empty: the plan's `outer` flag says so, and the name goes without its suffix. */
export const generatorSignatures: readonly FunctionSignature[] = [explode("explode", false), explode("posexplode", true), { ...inline, parameters: [{ name: "input" }] }, stack, jsonTuple];

