import type { CallExpr } from "../../catalog/expression.ts";
import { typeOf } from "../../catalog/expression.ts";
import type { DataType } from "../../catalog/types.ts";
import { isNested, isWideDecimal } from "../../catalog/types.ts";
import type { Val } from "../wasm/instructions.ts";
import { i32, i64, select } from "../wasm/instructions.ts";
import type { EmitContext } from "./emit-context.ts";
import type { EmittedValue } from "./emitted-value.ts";
import { laneKind } from "./emitted-value.ts";
import type { FunctionEmitter, FunctionEmitters } from "./function-emitter.ts";
import { canonicalFloat } from "./row-keys.ts";

/** Source: Spark's `HashExpression`. */
const SEED = 42;

function isHashed(type: DataType): boolean {
  return type.kind === "variant" || !(isNested(type) || isWideDecimal(type) || type.kind === "calendar_interval" || type.kind === "null");
}

function withSeed(family: "murmur3" | "xxhash64", value: EmittedValue, seed: Val, ctx: EmitContext): Val {
  const [lane] = value.lanes;
  const run = (form: "int" | "long" | "bytes", ...operands: readonly Val[]): Val => ctx.f.call(ctx.kernel(`${family}_${form}`), [...operands, seed]);
  switch (laneKind(value.type)) {
    case "i32":
      return run("int", lane);
    case "f32":
      return run("int", i32.reinterpretF32(canonicalFloat(lane)));
    case "f64":
      return run("long", i64.reinterpretF64(canonicalFloat(lane)));
    case "bytes":
      return run("bytes", ...value.lanes);
    default:
      return run("long", lane);
  }
}

/** Each value's hash is the seed of the next; NULL leaves the seed as it is. */
function hashFunction(family: "murmur3" | "xxhash64", seed: Val): FunctionEmitter {
  return {
    accepts: (call: CallExpr) => call.args.every((arg) => isHashed(typeOf(arg))),
    nullIntolerant: false,
    cost: 10,
    emit: (args, call, ctx) => {
      const { f } = ctx;
      const hash = args.reduce<Val>((before, value) => {
        if (value.isNull?.constant === 1) return before;
        const after = f.reusable(withSeed(family, value, before, ctx));
        return value.isNull === undefined ? after : f.reusable(select(value.isNull, before, after));
      }, seed);
      return { type: call.type, lanes: [hash], isNull: undefined };
    },
  };
}

export const hashFunctionEmitters: FunctionEmitters = {
  "hash": hashFunction("murmur3", i32.const(SEED)),
  "xxhash64": hashFunction("xxhash64", i64.const(BigInt(SEED))),
};
