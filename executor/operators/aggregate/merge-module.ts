import { compileModule } from "../../pipeline/module-cache.ts";
import { SegmentEmitter } from "../../pipeline/segment-emitter.ts";
import type { StateTemplate } from "../../pipeline/state-layout.ts";
import { StateLayout } from "../../pipeline/state-layout.ts";
import { get, i32 } from "../../wasm/instructions.ts";
import { ModuleBuilder } from "../../wasm/module-builder.ts";
import type { ErrorSite } from "../../emit/emit-context.ts";
import type { AggregateShape, AggregateState } from "./aggregate-sink.ts";
import { emitAggregateMerge, emitEmptyGroup, reserveAggregate } from "./aggregate-sink.ts";

/**
 * Code that completes an aggregation: `merge(state, from, to)` takes records from..to of the run at `base` (stride `rowBytes`) into one table;
 * `empty(state, row, 0)` writes the group of an aggregation that has seen no row.
 */
export interface MergeModule {
  readonly module: WebAssembly.Module;
  readonly state: StateTemplate;
  readonly words: AggregateState;
  /** uint32: where the run begins. */
  readonly base: number;
}

interface CompiledMerge {
  readonly merge: MergeModule;
  readonly sites: readonly ErrorSite[];
}

/** With the shape, which is that of a plan that may run again. */
const compiled = new WeakMap<AggregateShape, CompiledMerge & { readonly timeZone: string }>();

export function mergeCode(shape: AggregateShape, timeZone: string): CompiledMerge {
  const known = compiled.get(shape);
  if (known?.timeZone === timeZone) return known;
  const made = { ...compileMerge(shape, timeZone), timeZone };
  compiled.set(shape, made);
  return made;
}

function compileMerge(shape: AggregateShape, timeZone: string): CompiledMerge {
  const module = new ModuleBuilder();
  const state = new StateLayout();
  const sites: ErrorSite[] = [];
  const parts = { module, state, sites, hosted: [], timeZone, measure: false };
  const words = reserveAggregate(state, shape);
  const base = state.reserve(4, 4);
  const type = { params: ["i32", "i32", "i32"], results: ["i32"] } as const;

  const merge = new SegmentEmitter(parts, module.function("merge", type, true).builder);
  const pointer = merge.f.local("i32");
  const first = merge.stateWord(base);
  merge.atRowStart(() => merge.f.set(pointer, i32.add(get(first), i32.mul(get(merge.position), i32.const(shape.layout.bytes)))));
  merge.forEachRow(() => emitAggregateMerge(merge, shape, words, pointer));

  const empty = new SegmentEmitter(parts, module.function("empty", type, true).builder);
  emitEmptyGroup(empty, shape, empty.f.param(1));
  empty.f.result(i32.const(0));

  return { merge: { module: compileModule(module.encode()), state: state.template(), words, base }, sites };
}
