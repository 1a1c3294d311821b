import type { Column } from "../../../catalog/expression.ts";
import { secondSubqueryRow } from "../../../catalog/runtime-errors.ts";
import { BOOLEAN } from "../../../catalog/types.ts";
import type { PhysicalNestedLoopJoin } from "../../../planner/physical.ts";
import type { RowLayout } from "../../pipeline/row-layout.ts";
import type { Lifetime } from "../../pipeline/binding.ts";
import type { SegmentEmitter } from "../../pipeline/segment-emitter.ts";
import type { StateLayout } from "../../pipeline/state-layout.ts";
import type { Label } from "../../wasm/function-builder.ts";
import type { Local, Val } from "../../wasm/instructions.ts";
import { get, i32 } from "../../wasm/instructions.ts";
import type { PassState } from "./passes.ts";
import { NOTED, Passes } from "./passes.ts";

/** Records of the build side that a nested loop goes over: header uint8 matched. */
export const LOOP_RECORD = { matched: 4, header: 8 } as const;

/** uint32 address of the array of record addresses, uint32 count; filled when the build side is complete, or for each piece of it. */
export interface LoopState {
  readonly rows: number;
  readonly count: number;
  /** Where probe rows may pass by more than once. */
  readonly passes: PassState | undefined;
}

/** `passes`: see PassState. */
export function reserveLoop(state: StateLayout, passes: PassState | undefined): LoopState {
  return { rows: state.reserve(4, 4), count: state.reserve(4, 4), passes };
}

/** A step of a pipeline: the row with every record of the build side. `isOnDisk`: records come into memory piece by piece. */
export function emitNestedLoop(
  emitter: SegmentEmitter,
  node: PhysicalNestedLoopJoin,
  columns: readonly Column[],
  layout: RowLayout,
  state: LoopState,
  isOnDisk: boolean,
  skip: Label,
  downstream: (skip: Label) => void,
): void {
  const loop = new NestedLoop(emitter, node, columns, layout, state, isOnDisk);
  switch (node.join) {
    case "inner":
    case "buildOuter":
      loop.pairs(node.join === "buildOuter", downstream);
      return;
    case "probeOuter":
    case "fullOuter":
      loop.pairsAndMissing(node.join === "fullOuter", downstream);
      return;
    case "probeSemi":
    case "probeAnti": {
      const { found } = loop.search(false, skip);
      emitter.f.brIf(skip, node.join === "probeSemi" ? i32.eqz(found) : found);
      downstream(skip);
      return;
    }
    case "probeMark": {
      const { found, unknown } = loop.search(true, skip);
      const isNull = get(emitter.f.let(i32.and(unknown, i32.eqz(found))));
      if (node.mark !== undefined) emitter.bind(node.mark.id, { kind: "value", value: { type: BOOLEAN, lanes: [found], isNull } });
      downstream(skip);
      return;
    }
    case "probeSingle":
      if (state.passes !== undefined) {
        loop.pairsAndMissing(false, downstream, true);
        return;
      }
      loop.single();
      downstream(skip);
      return;
    case "buildSemi":
    case "buildAnti":
      loop.markMatches();
      return;
  }
}

class NestedLoop {
  readonly #emitter: SegmentEmitter;
  readonly #node: PhysicalNestedLoopJoin;
  readonly #columns: readonly Column[];
  readonly #layout: RowLayout;
  readonly #passes: Passes | undefined;
  readonly #lifetime: Lifetime;
  readonly #index: Local;
  readonly #pointer: Local;
  readonly #rows: Local;
  readonly #count: Local;

  constructor(emitter: SegmentEmitter, node: PhysicalNestedLoopJoin, columns: readonly Column[], layout: RowLayout, state: LoopState, isOnDisk: boolean) {
    this.#passes = state.passes && new Passes(emitter, state.passes);
    this.#lifetime = isOnDisk ? "morsel" : "query";
    this.#emitter = emitter;
    this.#node = node;
    this.#columns = columns;
    this.#layout = layout;
    this.#index = emitter.f.local("i32");
    this.#pointer = emitter.f.local("i32");
    this.#rows = emitter.stateWord(state.rows);
    this.#count = emitter.stateWord(state.count);
  }

  #bind(optional: boolean): void {
    for (const column of this.#columns) {
      const field = this.#layout.fields.find((f) => f.id === column.id)!;
      this.#emitter.bind(column.id, { kind: "row", field, pointer: this.#pointer, optional, lifetime: this.#lifetime });
    }
  }

  #rewind(): void {
    this.#emitter.f.set(this.#index, i32.const(0));
  }

  #advance(): void {
    this.#emitter.f.set(this.#index, i32.add(get(this.#index), i32.const(1)));
  }

  #load(): void {
    this.#emitter.f.set(this.#pointer, i32.load(i32.add(get(this.#rows), i32.shl(get(this.#index), i32.const(2)))));
  }

  #atEnd(): Val {
    return i32.geU(get(this.#index), get(this.#count));
  }

  #unlessMatch(away: Label): void {
    if (this.#node.condition !== undefined) this.#emitter.f.brIf(away, i32.eqz(this.#emitter.joinCondition(this.#node.condition)));
  }

  #setMatched(): void {
    this.#emitter.f.store("i32.8", get(this.#pointer), i32.const(1), LOOP_RECORD.matched);
  }

  pairs(setMatched: boolean, downstream: (skip: Label) => void): void {
    this.#bind(false);
    this.#emitter.resumableLoop(
      this.#index,
      () => this.#rewind(),
      (next, exit) => {
        this.#emitter.f.brIf(exit, this.#atEnd());
        this.#load();
        this.#unlessMatch(next);
        if (setMatched) this.#setMatched();
        downstream(next);
      },
      () => this.#advance(),
    );
  }

  /** One round beyond the last record stands for "no record". `once`: a second match is an error. */
  pairsAndMissing(setMatched: boolean, downstream: (skip: Label) => void, once = false): void {
    const { f } = this.#emitter;
    const passes = this.#passes;
    const matched = f.local("i32");
    this.#bind(false);
    this.#emitter.resumableLoop(
      this.#index,
      () => {
        this.#rewind();
        f.set(matched, passes?.noted() ?? i32.const(0));
      },
      (next, exit) => {
        // A row that is taken up again had been let through already.
        const isFresh = (): Val => i32.eqz(get(this.#emitter.resuming()));
        f.if(
          this.#atEnd(),
          () => {
            const done = i32.or(get(matched), i32.gtU(get(this.#index), get(this.#count)));
            f.brIf(exit, i32.and(passes === undefined ? done : i32.or(done, i32.eqz(passes.isLast())), isFresh()));
            f.set(this.#pointer, i32.const(0));
          },
          () =>
            this.#emitter.scoped(() => {
              this.#load();
              this.#unlessMatch(next);
              if (once) f.if(i32.and(get(matched), isFresh()), () => this.#raiseSecond());
              f.set(matched, i32.const(1));
              if (setMatched) this.#setMatched();
              passes?.note(i32.const(NOTED.found));
            }),
        );
        this.#bind(true);
        downstream(next);
      },
      () => this.#advance(),
      [matched],
    );
  }

  /** `found`: a record satisfies the condition; `unknown`: for one that was looked at it is NULL. */
  search(threeValued: boolean, skip: Label): { found: Val; unknown: Val } {
    const { f } = this.#emitter;
    const found = f.local("i32");
    const unknown = f.local("i32");
    f.set(found, i32.const(0));
    f.set(unknown, i32.const(0));
    this.#forEachRecord((_next, exit) => {
      if (this.#node.condition === undefined) {
        f.set(found, i32.const(1));
        f.br(exit);
        return;
      }
      const condition = this.#emitter.joinValue(this.#node.condition);
      const isTrue = condition.isNull === undefined ? condition.lanes[0] : i32.and(condition.lanes[0], i32.eqz(condition.isNull));
      f.set(found, isTrue);
      f.brIf(exit, get(found));
      if (threeValued && condition.isNull !== undefined) f.set(unknown, i32.or(get(unknown), condition.isNull));
    });
    if (this.#passes === undefined) return { found: get(found), unknown: get(unknown) };
    const all = this.#passes.gather(i32.or(get(found), i32.mul(get(unknown), i32.const(NOTED.unknown))), skip);
    return { found: i32.and(all, i32.const(NOTED.found)), unknown: i32.ne(i32.and(all, i32.const(NOTED.unknown)), i32.const(0)) };
  }

  single(): void {
    const { f } = this.#emitter;
    const first = f.local("i32");
    f.set(first, i32.const(0));
    this.#forEachRecord((next) => {
      this.#unlessMatch(next);
      f.if(get(first), () => this.#raiseSecond());
      f.set(first, get(this.#pointer));
    });
    f.set(this.#pointer, get(first));
    this.#bind(true);
  }

  #raiseSecond(): void {
    this.#emitter.raise({ operands: [], toError: () => secondSubqueryRow() }, []);
  }

  markMatches(): void {
    this.#forEachRecord((next) => {
      this.#unlessMatch(next);
      this.#setMatched();
    });
  }

  #forEachRecord(body: (next: Label, exit: Label) => void): void {
    this.#bind(false);
    this.#rewind();
    this.#emitter.loop(
      (next, exit) => {
        this.#emitter.f.brIf(exit, this.#atEnd());
        this.#load();
        body(next, exit);
      },
      () => this.#advance(),
    );
  }
}
