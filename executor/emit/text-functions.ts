import type { CallExpr } from "../../catalog/expression.ts";
import { typeOf } from "../../catalog/expression.ts";
import { INT } from "../../catalog/types.ts";
import type { Val } from "../wasm/instructions.ts";
import { get, i32, i64, select, simd } from "../wasm/instructions.ts";
import type { EmitContext } from "./emit-context.ts";
import type { EmittedValue } from "./emitted-value.ts";
import type { FunctionEmitter, FunctionEmitters } from "./function-emitter.ts";
import { anyNull, oneLane } from "./null-flags.ts";
import type { Text } from "./text-lanes.ts";
import { isPlainText, partOf, textOf, textValue } from "./text-lanes.ts";

const MAX_INT = 2 ** 31 - 1;
/** Repeats beyond it could exceed memory and are left to TypeScript, which raises. */
const MAX_REPEATS = 1000;

/** Functions that take plain text where they take text; numbers are checked by the analyzer. */
function takesText(call: CallExpr): boolean {
  return call.args.every((arg) => isPlainText(typeOf(arg)) || typeOf(arg).kind === "int");
}

function textFunction(cost: number, emit: FunctionEmitter["emit"]): FunctionEmitter {
  return { accepts: takesText, cost, emit };
}

function isBinary(call: CallExpr): boolean {
  return typeOf(call.args[0]).kind === "binary";
}

/** Text that a kernel writes into fresh memory of known size. */
function written(size: Val, ctx: EmitContext, write: (to: Val, size: Val) => void): Text {
  const length = ctx.f.reusable(size);
  const to = get(ctx.allocate(length));
  write(to, length);
  return { address: to, length };
}

function literalInt(call: CallExpr, index: number): number | undefined {
  const arg = call.args[index];
  return arg?.kind === "literal" && typeof arg.value === "number" ? arg.value : undefined;
}

/** The first `bytes` bytes of the text are ASCII, so that characters are bytes there; i32. `bytes` at most 8. */
function startsAscii(text: Text, bytes: number): Val {
  const mask = BigInt.asIntN(64, 0x8080_8080_8080_8080n & (2n ** BigInt(8 * bytes) - 1n));
  return i64.eqz(i64.and(i64.load(text.address), i64.const(mask)));
}

/** `substring(text, position, length)`; short literal ranges of ASCII text are cut in place. */
function emitSubstring(text: Text, position: Val, length: Val, literals: readonly (number | undefined)[], ctx: EmitContext): Text {
  const { f } = ctx;
  const throughKernel = (): Text => partOf(text, f.call(ctx.kernel("substring_range"), [text.address, text.length, position, length]), ctx);
  const [start, count] = literals;
  if (start === undefined || count === undefined || start < 0 || count < 0) return throughKernel();
  const offset = Math.max(start - 1, 0);
  const end = offset + count;
  if (end > 8) return throughKernel();
  const address = f.local("i32");
  const bytes = f.local("i32");
  const cut = (limit: number): Val => select(i32.ltU(text.length, i32.const(limit)), text.length, i32.const(limit));
  f.if(
    startsAscii(text, end),
    () => {
      const from = f.reusable(offset === 0 ? i32.const(0) : cut(offset));
      f.set(address, i32.add(text.address, from));
      f.set(bytes, i32.sub(cut(end), from));
    },
    () => {
      const part = throughKernel();
      f.set(address, part.address);
      f.set(bytes, part.length);
    },
  );
  return { address: get(address), length: get(bytes) };
}

function substringCall(args: readonly EmittedValue[], call: CallExpr, ctx: EmitContext): EmittedValue {
  const text = textOf(args[0], ctx);
  const isNull = anyNull(ctx.f, args);
  const length = args.length > 2 ? args[2].lanes[0] : i32.const(MAX_INT);
  const part = emitSubstring(text, args[1].lanes[0], length, [literalInt(call, 1), args.length > 2 ? literalInt(call, 2) : undefined], ctx);
  return textValue(call.type, part, isNull);
}

/** `upper`, `lower`: ASCII by kernel, other text by the host. */
function changeCase(upper: boolean): FunctionEmitter {
  return textFunction(30, ([value], call, ctx) => {
    const { f } = ctx;
    const text = textOf(value, ctx);
    const address = f.local("i32");
    const length = f.local("i32");
    f.set(length, text.length);
    f.set(address, get(ctx.allocate(i32.add(text.length, i32.const(15)))));
    const ascii = f.call(ctx.kernel("ascii_case"), [text.address, text.length, get(address), i32.const(upper ? 1 : 0)]);
    f.if(i32.eqz(ascii), () => {
      f.set(address, get(ctx.allocate(i32.mul(text.length, i32.const(3)))));
      f.set(length, f.call(ctx.kernel(upper ? "upper_text" : "lower_text"), [text.address, text.length, get(address)]));
    });
    return textValue(call.type, { address: get(address), length: get(length) }, value.isNull);
  });
}

/** `trim(text)` cuts spaces; `trim(characters, text)` any of the characters. `btrim` has its arguments the other way round. */
function trim(sides: number, textFirst: boolean): FunctionEmitter {
  return textFunction(20, (args, call, ctx) => {
    const two = args.length === 2;
    const text = textOf(args[two && !textFirst ? 1 : 0], ctx);
    const set = two ? textOf(args[textFirst ? 1 : 0], ctx) : { address: get(ctx.constantBytes(Uint8Array.of(0x20))), length: i32.const(1) };
    const range = ctx.f.call(ctx.kernel("trim_range"), [text.address, text.length, set.address, set.length, i32.const(sides)]);
    return textValue(call.type, partOf(text, range, ctx), anyNull(ctx.f, args));
  });
}

function pad(left: boolean): FunctionEmitter {
  return textFunction(40, (args, call, ctx) => {
    const { f } = ctx;
    const text = textOf(args[0], ctx);
    const padding = args.length > 2 ? textOf(args[2], ctx) : { address: get(ctx.constantBytes(Uint8Array.of(0x20))), length: i32.const(1) };
    const isNull = anyNull(f, args);
    // Where an operand is NULL the length holds anything: nothing is padded.
    const wanted = isNull === undefined ? args[1].lanes[0] : select(isNull, i32.const(0), args[1].lanes[0]);
    const size = f.call(ctx.kernel("padded_size"), [text.address, text.length, wanted, padding.address, padding.length]);
    const result = written(size, ctx, (to, length) => f.perform(ctx.kernel("pad_into"), [text.address, text.length, length, padding.address, padding.length, to, i32.const(left ? 1 : 0)]));
    return textValue(call.type, result, isNull);
  });
}

/** Sixteen bytes at once where that is enough, writing up to 15 bytes more than the text has. */
function copyText(to: Val, text: Text, ctx: EmitContext): void {
  const { f } = ctx;
  f.if(
    i32.leU(text.length, i32.const(16)),
    () => f.raw([...to.code, ...simd(0x00, "v128", [text.address], [0, 0]).code, 0xfd, 0x0b, 0, 0]),
    () => f.copyMemory(to, text.address, text.length),
  );
}

function emitConcat(args: readonly EmittedValue[], call: CallExpr, ctx: EmitContext): EmittedValue {
  const { f } = ctx;
  const texts = args.map((arg) => textOf(arg, ctx));
  const isNull = anyNull(f, args);
  const total = texts.reduce<Val>((sum, text) => i32.add(sum, text.length), i32.const(0));
  const length = f.reusable(total);
  const start = get(ctx.allocate(i32.add(length, i32.const(15))));
  const at = f.let(start);
  texts.forEach((text, i) => {
    copyText(get(at), text, ctx);
    if (i + 1 < texts.length) f.set(at, i32.add(get(at), text.length));
  });
  return textValue(call.type, { address: start, length }, isNull);
}

function emitReplace(args: readonly EmittedValue[], call: CallExpr, ctx: EmitContext): EmittedValue {
  const { f } = ctx;
  const text = textOf(args[0], ctx);
  const search = textOf(args[1], ctx);
  const by = args.length > 2 ? textOf(args[2], ctx) : { address: i32.const(0), length: i32.const(0) };
  const isNull = anyNull(f, args);
  const size = f.call(ctx.kernel("replace_size"), [text.address, text.length, search.address, search.length, by.length]);
  const result = written(size, ctx, (to) => f.perform(ctx.kernel("replace_into"), [text.address, text.length, search.address, search.length, by.address, by.length, to]));
  return textValue(call.type, result, isNull);
}

export const textFunctionEmitters: FunctionEmitters = {
  "length": {
    accepts: (call) => isPlainText(typeOf(call.args[0])) || isBinary(call),
    cost: 10,
    emit: ([value], call, ctx) => {
      const text = textOf(value, ctx);
      const count = isBinary(call) ? text.length : ctx.f.call(ctx.kernel("utf8_length"), [text.address, text.length]);
      return { ...oneLane(ctx.f, INT, count, value.isNull), range: { min: 0n, max: BigInt(MAX_INT) } };
    },
  },
  "octet_length": { accepts: () => true, emit: ([value], _call, ctx) => oneLane(ctx.f, INT, value.lanes[1], value.isNull) },
  "bit_length": { accepts: () => true, emit: ([value], _call, ctx) => oneLane(ctx.f, INT, i32.shl(value.lanes[1], i32.const(3)), value.isNull) },
  "substring": textFunction(10, substringCall),
  "left": textFunction(10, (args, call, ctx) => {
    const part = emitSubstring(textOf(args[0], ctx), i32.const(1), args[1].lanes[0], [1, literalInt(call, 1)], ctx);
    return textValue(call.type, part, anyNull(ctx.f, args));
  }),
  "right": textFunction(15, (args, call, ctx) => {
    const [count] = args[1].lanes;
    const length = select(i32.gtS(count, i32.const(0)), i32.const(MAX_INT), i32.const(0));
    const part = emitSubstring(textOf(args[0], ctx), i32.sub(i32.const(0), count), length, [], ctx);
    return textValue(call.type, part, anyNull(ctx.f, args));
  }),
  "upper": changeCase(true),
  "lower": changeCase(false),
  "trim": trim(3, false),
  "ltrim": trim(1, false),
  "rtrim": trim(2, false),
  "btrim": trim(3, true),
  "lpad": pad(true),
  "rpad": pad(false),
  "concat": { accepts: (call) => call.args.length > 0 && (takesText(call) || call.args.every((arg) => typeOf(arg).kind === "binary")), cost: 30, emit: emitConcat },
  "replace": textFunction(40, emitReplace),
  "reverse": textFunction(30, ([value], call, ctx) => {
    const text = textOf(value, ctx);
    const result = written(text.length, ctx, (to) => ctx.f.perform(ctx.kernel("reverse_text"), [text.address, text.length, to]));
    return textValue(call.type, result, value.isNull);
  }),
  "repeat": {
    accepts: (call) => takesText(call) && (literalInt(call, 1) ?? Number.POSITIVE_INFINITY) <= MAX_REPEATS,
    cost: 50,
    emit: (args, call, ctx) => {
      const { f } = ctx;
      const text = textOf(args[0], ctx);
      const [given] = args[1].lanes;
      const times = f.reusable(select(i32.gtS(given, i32.const(0)), given, i32.const(0)));
      const result = written(i32.mul(text.length, times), ctx, (to, size) => f.perform(ctx.kernel("pad_into"), [text.address, i32.const(0), size, text.address, text.length, to, i32.const(0)]));
      return textValue(call.type, result, anyNull(f, args));
    },
  },
  "ascii": textFunction(8, ([value], call, ctx) => oneLane(ctx.f, call.type, ctx.f.call(ctx.kernel("first_code_point"), value.lanes), value.isNull)),
  "instr": textFunction(20, ([value, part], call, ctx) => oneLane(ctx.f, call.type, ctx.f.call(ctx.kernel("locate"), [...part.lanes, ...value.lanes, i32.const(1)]), anyNull(ctx.f, [value, part]))),
  "locate": {
    accepts: takesText,
    cost: 20,
    nullIntolerant: false,
    emit: ([part, value, start], call, ctx) => {
      const { f } = ctx;
      const from = start === undefined ? i32.const(1) : start.isNull === undefined ? start.lanes[0] : select(start.isNull, i32.const(0), start.lanes[0]);
      const found = f.call(ctx.kernel("locate"), [...part.lanes, ...value.lanes, from]);
      return oneLane(f, call.type, found, anyNull(f, [part, value]));
    },
  },
  "substring_index": textFunction(25, (args, call, ctx) => {
    const text = textOf(args[0], ctx);
    const range = ctx.f.call(ctx.kernel("substring_index_range"), [text.address, text.length, ...args[1].lanes, args[2].lanes[0]]);
    return textValue(call.type, partOf(text, range, ctx), anyNull(ctx.f, args));
  }),
};
