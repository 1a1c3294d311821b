import { InternalError } from "../../catalog/errors.ts";
import type { CallExpr } from "../../catalog/expression.ts";
import { typeOf } from "../../catalog/expression.ts";
import { BOOLEAN } from "../../catalog/types.ts";
import type { Val } from "../wasm/instructions.ts";
import { get, i32 } from "../wasm/instructions.ts";
import { bytesEqual } from "./bytes-comparison.ts";
import type { EmitContext } from "./emit-context.ts";
import type { EmittedValue } from "./emitted-value.ts";
import type { FunctionEmitter, FunctionEmitters } from "./function-emitter.ts";
import type { LikePattern } from "./like-pattern.ts";
import { parseLikePattern } from "./like-pattern.ts";
import { anyNull, oneLane } from "./null-flags.ts";
import type { Text } from "./text-lanes.ts";
import { allPlainText, bytesAre, isPlainText, literalBytes, textOf } from "./text-lanes.ts";

const DEFAULT_ESCAPE = "\\";

/** The pattern where it and the escape character are literals and Spark takes them; else the call is left to TypeScript, which raises where it must. */
function literalPattern(call: CallExpr): LikePattern | undefined {
  const [, pattern, escape] = call.args;
  if (pattern.kind !== "literal" || typeof pattern.value !== "string") return undefined;
  if (escape !== undefined && (escape.kind !== "literal" || typeof escape.value !== "string" || Array.from(escape.value).length !== 1)) return undefined;
  return parseLikePattern(pattern.value, escape === undefined ? DEFAULT_ESCAPE : (escape.value as string));
}

function emitLike(value: EmittedValue, pattern: LikePattern, ctx: EmitContext): Val {
  const text = textOf(value, ctx);
  const { pieces } = pattern;
  if (pieces === undefined) {
    const prepared = ctx.constantBytes(pattern.prepared);
    return ctx.f.call(ctx.kernel("like_match"), [text.address, text.length, get(prepared), i32.const(pattern.prepared.length)]);
  }
  if (pieces.length === 0) return pattern.anchoredStart ? i32.eqz(text.length) : i32.const(1);
  if (pieces.length === 1 && pattern.anchoredStart && pattern.anchoredEnd) return equalsPiece(text, pieces[0], ctx);
  return matchPieces(text, pieces, pattern, ctx);
}

function equalsPiece(text: Text, piece: Uint8Array, ctx: EmitContext): Val {
  return i32.and(i32.eq(text.length, i32.const(piece.length)), bytesAre(text.address, ctx.constantBytes(piece), piece.length, ctx));
}

function startsWithPiece(text: Text, piece: Uint8Array, ctx: EmitContext): Val {
  return i32.and(i32.geU(text.length, i32.const(piece.length)), bytesAre(text.address, ctx.constantBytes(piece), piece.length, ctx));
}

/** Where the text is shorter, other bytes are read, below the text: never below the start of memory's first page. */
function endAddress(text: Text, piece: Uint8Array): Val {
  return i32.sub(i32.add(text.address, text.length), i32.const(piece.length));
}

/** First the ends, then the pieces between from left to right, each at its first place. */
function matchPieces(text: Text, pieces: readonly Uint8Array[], pattern: LikePattern, ctx: EmitContext): Val {
  const { f } = ctx;
  if (pieces.length === 1 && pattern.anchoredStart) return startsWithPiece(text, pieces[0], ctx);
  const total = pieces.reduce((sum, piece) => sum + piece.length, 0);
  const first = pattern.anchoredStart ? pieces[0] : undefined;
  const last = pattern.anchoredEnd ? pieces[pieces.length - 1] : undefined;
  const middle = pieces.slice(first === undefined ? 0 : 1, last === undefined ? undefined : -1);
  const matched = f.local("i32");
  f.set(matched, i32.geU(text.length, i32.const(total)));
  const andThen = (test: () => Val): void => f.if(get(matched), () => f.set(matched, test()));
  if (first !== undefined) andThen(() => bytesAre(text.address, ctx.constantBytes(first), first.length, ctx));
  if (last !== undefined) andThen(() => bytesAre(f.reusable(endAddress(text, last)), ctx.constantBytes(last), last.length, ctx));
  if (middle.length === 0) return get(matched);
  const limit = last === undefined ? text.length : f.reusable(i32.sub(text.length, i32.const(last.length)));
  const from = f.local("i32");
  f.set(from, i32.const(first?.length ?? 0));
  middle.forEach((piece, i) => {
    const constant = ctx.constantBytes(piece);
    andThen(() => {
      const at = f.let(f.call(ctx.kernel("find"), [text.address, limit, get(constant), i32.const(piece.length), get(from)]));
      if (i + 1 < middle.length) f.set(from, i32.add(get(at), i32.const(piece.length)));
      return i32.geS(get(at), i32.const(0));
    });
  });
  return get(matched);
}

type Ends = "startswith" | "endswith" | "contains";

function emitEnds(name: Ends, [value, part]: readonly EmittedValue[], call: CallExpr, ctx: EmitContext): Val {
  const { f } = ctx;
  const text = textOf(value, ctx);
  const known = literalBytes(call.args[1]);
  if (known !== undefined && known.length > 0) {
    return matchPieces(text, [known], { pieces: undefined, prepared: known, anchoredStart: name === "startswith", anchoredEnd: name === "endswith" }, ctx);
  }
  const wanted = textOf(part, ctx);
  if (name === "contains") return i32.geS(f.call(ctx.kernel("find"), [text.address, text.length, wanted.address, wanted.length, i32.const(0)]), i32.const(0));
  const result = f.local("i32");
  f.set(result, i32.geU(text.length, wanted.length));
  f.if(get(result), () => {
    const address = name === "startswith" ? text.address : i32.add(text.address, i32.sub(text.length, wanted.length));
    f.set(result, f.call(ctx.kernel("memequal"), [address, wanted.address, wanted.length]));
  });
  return get(result);
}

function ends(name: Ends): FunctionEmitter {
  return {
    accepts: (call) => allPlainText(call) || call.args.every((arg) => typeOf(arg).kind === "binary"),
    cost: 15,
    emit: (args, call, ctx) => oneLane(ctx.f, BOOLEAN, emitEnds(name, args, call, ctx), anyNull(ctx.f, args)),
  };
}

/** i32: text = a literal, without a call where it is short. */
export function equalsLiteral(value: EmittedValue, bytes: Uint8Array, ctx: EmitContext): Val {
  return equalsPiece(textOf(value, ctx), bytes, ctx);
}

/** i32: whether two values of `bytes` lanes are equal, given what expressions they come from. */
export function textEqual(a: EmittedValue, b: EmittedValue, call: CallExpr, ctx: EmitContext): Val {
  const right = literalBytes(call.args[1]);
  if (right !== undefined) return equalsLiteral(a, right, ctx);
  const left = literalBytes(call.args[0]);
  return left === undefined ? bytesEqual(a, b, ctx) : equalsLiteral(b, left, ctx);
}

export const textPredicateEmitters: FunctionEmitters = {
  "like": {
    accepts: (call) => isPlainText(typeOf(call.args[0])) && literalPattern(call) !== undefined,
    cost: 20,
    emit: (args, call, ctx) => {
      const pattern = literalPattern(call);
      if (pattern === undefined) throw new InternalError("LIKE takes a literal pattern here");
      return oneLane(ctx.f, BOOLEAN, emitLike(args[0], pattern, ctx), args[0].isNull);
    },
  },
  "startswith": ends("startswith"),
  "endswith": ends("endswith"),
  "contains": ends("contains"),
};
