import { commonTypeOf } from "../coercion.ts";
import { SparrowError } from "../errors.ts";
import { typeOf } from "../expression.ts";
import type { DataType } from "../types.ts";
import { BINARY, BOOLEAN, BYTE, DATE, decimal, DOUBLE, FLOAT, INT, isStringLike, LONG, NULL, SHORT, STRING, TIMESTAMP } from "../types.ts";
import { differentTypes, notFoldable, quoteType, unexpectedInputType, unexpectedNull, wrongNumberOfArguments } from "./argument-errors.ts";
import { macro } from "./define.ts";
import type { FunctionSignature } from "./signature.ts";

/** `int(x)` and its like: a cast under the type's name. */
const CAST_FUNCTIONS: Readonly<Record<string, DataType>> = {
  boolean: BOOLEAN,
  tinyint: BYTE,
  smallint: SHORT,
  int: INT,
  bigint: LONG,
  float: FLOAT,
  double: DOUBLE,
  decimal: decimal(10, 0),
  date: DATE,
  timestamp: TIMESTAMP,
  time: { kind: "time", precision: 6 },
  binary: BINARY,
  string: STRING,
};

export const conditionalSignatures: readonly FunctionSignature[] = [
  macro("if", 3, (args, context, build) => {
    const condition = typeOf(args[0]);
    if (condition.kind !== "boolean" && condition.kind !== "null" && condition.kind !== "string") throw unexpectedInputType(context, 0, condition, '"BOOLEAN"');
    const branches = [typeOf(args[1]), typeOf(args[2])];
    if (commonTypeOf(branches, context.ansi) === undefined) throw differentTypes(context, branches);
    return build.cases([{ when: condition.kind === "boolean" ? args[0] : build.cast(args[0], BOOLEAN), then: args[1] }], args[2]);
  }),
  macro("when", [2, Number.POSITIVE_INFINITY], (args, _context, build) => {
    const branches = [];
    for (let i = 0; i + 1 < args.length; i += 2) branches.push({ when: args[i], then: args[i + 1] });
    return build.cases(branches, args.length % 2 === 1 ? args[args.length - 1] : undefined);
  }),
  macro("collate", 2, (args, context, build) => {
    const [input, name] = [typeOf(args[0]), context.literals[1]];
    if (!isStringLike(input) && input.kind !== "null") throw unexpectedInputType(context, 0, input, '"STRING"');
    if (!isStringLike(typeOf(args[1]))) throw new SparrowError("UNEXPECTED_INPUT_TYPE", "42K09", "The name of a collation must be a constant text.", { functionName: "`collate`", paramIndex: "second", inputSql: `"${context.sqlText?.().args[1] ?? ""}"`, inputType: quoteType(typeOf(args[1])), requiredType: '"STRING"' }, { span: context.span });
    if (name === null) throw unexpectedNull(context, "`collation`");
    if (typeof name !== "string") throw notFoldable(context, 1, "collationName", STRING);
    return build.cast(args[0], { kind: "string", collation: name.toUpperCase() });
  }),
  macro("nvl", 2, (args, _context, build) => build.call("coalesce", args), ["ifnull"]),
  macro("nvl2", 3, (args, _context, build) => build.cases([{ when: build.call("isnotnull", [args[0]]), then: args[1] }], args[2])),
  macro("nullif", 2, (args, _context, build) => build.cases([{ when: build.call("=", args), then: build.literal(null, typeOf(args[0])) }], args[0])),
  macro("nullifzero", 1, (args, _context, build) => build.cases([{ when: build.call("=", [args[0], build.literal(0, INT)]), then: build.literal(null, NULL) }], args[0])),
  macro("zeroifnull", 1, (args, _context, build) => build.call("coalesce", [args[0], build.literal(0, INT)])),
  macro("decode", [2, Number.POSITIVE_INFINITY], (args, context, build) => {
    if (args.length < 2) throw wrongNumberOfArguments(context, args.length, "> 1");
    if (args.length === 2) return build.call("decode_charset", args);
    const branches = [];
    for (let i = 1; i + 1 < args.length; i += 2) branches.push({ when: build.call("<=>", [args[0], args[i]]), then: args[i + 1] });
    return build.cases(branches, args.length % 2 === 0 ? args[args.length - 1] : undefined);
  }),
  ...Object.entries(CAST_FUNCTIONS).map(([name, type]) => macro(name, 1, (args, _context, build) => build.cast(args[0], type))),
];
