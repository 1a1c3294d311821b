import { secondSubqueryRow } from "../../../catalog/runtime-errors.ts";
import type { Column, Expr } from "../../../catalog/expression.ts";
import { isNullable } from "../../../catalog/expression.ts";
import { BOOLEAN, sameType } from "../../../catalog/types.ts";
import type { PhysicalHashJoin } from "../../../planner/physical.ts";
import type { EmittedValue } from "../../emit/emitted-value.ts";
import { laneKind } from "../../emit/emitted-value.ts";
import { emitExpr } from "../../emit/expression.ts";
import { emitEquals } from "../../emit/row-keys.ts";
import { loadField } from "../../pipeline/row-access.ts";
import type { SegmentEmitter } from "../../pipeline/segment-emitter.ts";
import type { StateLayout } from "../../pipeline/state-layout.ts";
import type { Label } from "../../wasm/function-builder.ts";
import type { Local, Val } from "../../wasm/instructions.ts";
import { get, i32, i64 } from "../../wasm/instructions.ts";
import { hashOfKeys } from "../keys.ts";
import type { BuildShape } from "./join-build.ts";
import { BUILD_RECORD, keyAsInt64 } from "./join-build.ts";
import type { JoinDirectory } from "./join-directory.ts";
import { emitChainHead, emitDirectHead } from "./join-directory.ts";
import { emitRankedHead } from "./ranked-directory.ts";
import type { PassState } from "./passes.ts";
import { NOTED, Passes } from "./passes.ts";

/** Words that the scheduler fills when the build side is complete. */
export interface ProbeState {
  readonly directory: number;
  /** Hash directories: the shift that makes a slot; keyed ones: number of slots. */
  readonly extent: number;
  /** Hash directories of parts: upper bits that all hashes have in common. */
  readonly left: number;
  /** int64: first key of a keyed directory. */
  readonly min: number;
  /** 1: the build side has a record with a NULL key. */
  readonly sawNull: number;
  /** 1: the build side has no record at all. */
  readonly empty: number;
  /** Of a RankedDirectory. */
  readonly ranked: { readonly bits: number; readonly ranks: number };
  /** Where probe rows may pass by more than once. */
  readonly passes: PassState | undefined;
}

/** `passes`: see PassState. */
export function reserveProbe(state: StateLayout, passes: PassState | undefined): ProbeState {
  const word = (): number => state.reserve(4, 4);
  return { passes, directory: word(), extent: word(), left: word(), min: state.reserve(8), sawNull: word(), empty: word(), ranked: { bits: word(), ranks: word() } };
}

/** What is known of a complete build side when its probes are compiled. */
export interface BuildFacts {
  /** Of a keyed one every record of a chain matches the key. */
  readonly directory: JoinDirectory["kind"];
  /** No key repeats: a chain is one record. */
  readonly unique: boolean;
  /** It is probed part by part, each of which has a directory of its own. */
  readonly isPartitioned: boolean;
  /** Some rows come into memory with a part, and go with it. */
  readonly isOnDisk: boolean;
}

/** A step of a pipeline: looks the row up in the hash table and goes on, through `downstream(skip)`, with what the join gives. */
export function emitProbe(
  emitter: SegmentEmitter,
  node: PhysicalHashJoin,
  columns: readonly Column[],
  shape: BuildShape,
  facts: BuildFacts,
  state: ProbeState,
  skip: Label,
  downstream: (skip: Label) => void,
): void {
  const probe = new Probe(emitter, node, columns, shape, facts, state);
  switch (node.join) {
    case "inner":
    case "buildOuter":
      if (facts.unique) probe.onlyPair(node.join === "buildOuter", skip, downstream);
      else probe.pairs(node.join === "buildOuter", downstream);
      return;
    case "probeOuter":
    case "fullOuter":
      probe.pairsAndMissing(node.join === "fullOuter", downstream);
      return;
    case "probeSemi":
      emitter.f.brIf(skip, i32.eqz(probe.found(skip)));
      downstream(skip);
      return;
    case "probeAnti":
      if (node.nullAware) probe.rejectUnknown(skip);
      emitter.f.brIf(skip, probe.found(skip));
      downstream(skip);
      return;
    case "probeMark":
      probe.mark(skip);
      downstream(skip);
      return;
    case "probeSingle":
      if (state.passes !== undefined) {
        probe.pairsAndMissing(false, downstream, true);
        return;
      }
      probe.single();
      downstream(skip);
      return;
    case "buildSemi":
    case "buildAnti":
      probe.markMatches();
      return;
  }
}

class Probe {
  readonly pointer: Local;
  readonly #emitter: SegmentEmitter;
  readonly #node: PhysicalHashJoin;
  readonly #columns: readonly Column[];
  readonly #shape: BuildShape;
  readonly #facts: BuildFacts;
  readonly #state: ProbeState;
  readonly #passes: Passes | undefined;
  readonly #values;
  readonly #anyNull: Val | undefined;

  constructor(emitter: SegmentEmitter, node: PhysicalHashJoin, columns: readonly Column[], shape: BuildShape, facts: BuildFacts, state: ProbeState) {
    this.#facts = facts;
    this.#emitter = emitter;
    this.#node = node;
    this.#columns = columns;
    this.#shape = shape;
    this.#state = state;
    this.#passes = state.passes && new Passes(emitter, state.passes);
    this.pointer = emitter.f.local("i32");
    this.#values = node.keys.map((k) => emitExpr(k.probe, emitter));
    const nulls = this.#values.flatMap((v, i) => (node.keys[i].nullSafe || v.isNull === undefined ? [] : [v.isNull]));
    this.#anyNull = nulls.length === 0 ? undefined : get(emitter.f.let(nulls.reduce((a, b) => i32.or(a, b))));
  }

  /** Build columns read the record at the pointer; a key of whole numbers is what the row at hand has, which spares a look into the record. */
  #bind(optional: boolean): void {
    for (const column of this.#columns) {
      const known = optional ? undefined : this.#knownKey(column);
      if (known !== undefined) {
        this.#emitter.bind(column.id, { kind: "value", value: known });
        continue;
      }
      const field = this.#shape.layout.fields.find((f) => f.id === column.id)!;
      this.#emitter.bind(column.id, { kind: "row", field, pointer: this.pointer, optional, lifetime: this.#facts.isOnDisk ? "morsel" : "query" });
    }
  }

  #knownKey(column: Column): EmittedValue | undefined {
    const at = this.#node.keys.findIndex((k) => k.build.kind === "column" && k.build.id === column.id);
    if (at === -1) return undefined;
    const value = this.#values[at];
    const kind = laneKind(column.type);
    if ((kind !== "i32" && kind !== "i64") || !sameType(value.type, column.type)) return undefined;
    return this.#node.keys[at].nullSafe ? value : { ...value, isNull: undefined };
  }

  #toChain(): void {
    const { f } = this.#emitter;
    if (this.#anyNull === undefined) {
      this.#toHead();
      return;
    }
    f.set(this.pointer, i32.const(0));
    f.if(i32.eqz(this.#anyNull), () => this.#emitter.scoped(() => this.#toHead()));
  }

  #toHead(): void {
    const { f } = this.#emitter;
    const [key] = this.#values[0].lanes;
    const address = this.#emitter.stateWord(this.#state.directory);
    const extent = this.#emitter.stateWord(this.#state.extent);
    switch (this.#facts.directory) {
      case "direct":
        f.set(this.pointer, emitDirectHead(f, keyAsInt64(this.#values[0]), address, this.#min("i64"), extent));
        return;
      case "ranked": {
        const [bits, ranks] = [this.#emitter.stateWord(this.#state.ranked.bits), this.#emitter.stateWord(this.#state.ranked.ranks)];
        f.set(this.pointer, emitRankedHead(f, key, this.#min(key.type === "i32" ? "i32" : "i64"), { heads: address, bits, ranks, slots: extent }));
        return;
      }
      case "hash": {
        const hash = f.let(hashOfKeys(this.#emitter, this.#values, this.#shape.keys, this.#shape.collide));
        const left = this.#facts.isPartitioned ? this.#emitter.stateWord(this.#state.left) : undefined;
        f.set(this.pointer, emitChainHead(f, hash, address, extent, left));
      }
    }
  }

  /** Smallest key of a keyed directory; 32 bits of it, where keys have no more. */
  #min(type: "i32" | "i64"): Val {
    const { min } = this.#state;
    const word = type === "i32" ? i32.load(get(this.#emitter.state), min) : i64.load(get(this.#emitter.state), min);
    return get(this.#emitter.hoistedOnce(`${type} ${min}`, () => word));
  }

  #advance(): void {
    this.#emitter.f.set(this.pointer, i32.load(get(this.pointer), BUILD_RECORD.next));
  }

  /** Branches away unless the record at the pointer has the row's keys and passes the residual condition. */
  #unlessMatch(away: Label): void {
    const { f } = this.#emitter;
    if (this.#facts.directory === "hash") this.#unlessKeysEqual(away);
    if (this.#node.residual !== undefined) f.brIf(away, i32.eqz(this.#emitter.joinCondition(this.#node.residual)));
  }

  #unlessKeysEqual(away: Label): void {
    const { f } = this.#emitter;
    this.#values.forEach((value, i) => {
      const stored = loadField(this.#emitter, this.#shape.keys[i], this.pointer, false);
      // A NULL in a key that is not null-safe never gets here: neither side has it in a chain.
      const known = this.#node.keys[i].nullSafe ? value : { ...value, isNull: undefined };
      const other = this.#node.keys[i].nullSafe ? stored : { ...stored, isNull: undefined };
      f.brIf(away, i32.eqz(emitEquals(known, other, this.#emitter, this.#node.keys[i].nullSafe)));
    });
  }

  #setMatched(): void {
    this.#emitter.f.store("i32.8", get(this.pointer), i32.const(1), BUILD_RECORD.matched);
  }

  /** As `pairs` where no key repeats: no loop, and nothing to take up again. */
  onlyPair(setMatched: boolean, skip: Label, downstream: (skip: Label) => void): void {
    this.#bind(false);
    this.#toChain();
    this.#emitter.f.brIf(skip, i32.eqz(get(this.pointer)));
    this.#unlessMatch(skip);
    if (setMatched) this.#setMatched();
    downstream(skip);
  }

  pairs(setMatched: boolean, downstream: (skip: Label) => void): void {
    this.#bind(false);
    this.#emitter.resumableLoop(
      this.pointer,
      () => this.#toChain(),
      (next, exit) => {
        this.#emitter.f.brIf(exit, i32.eqz(get(this.pointer)));
        this.#unlessMatch(next);
        if (setMatched) this.#setMatched();
        downstream(next);
      },
      () => this.#advance(),
    );
  }

  /** As `pairs`; a row without a match goes on once, with no record (pointer 0). `once`: a second match is an error. */
  pairsAndMissing(setMatched: boolean, downstream: (skip: Label) => void, once = false): void {
    const { f } = this.#emitter;
    const passes = this.#passes;
    const matched = f.local("i32");
    this.#bind(false);
    this.#emitter.resumableLoop(
      this.pointer,
      () => {
        this.#toChain();
        f.set(matched, passes?.noted() ?? i32.const(0));
      },
      (next, exit) => {
        // A row that is taken up again had been let through already.
        const isFresh = (): Val => i32.eqz(get(this.#emitter.resuming()));
        f.if(
          get(this.pointer),
          () =>
            this.#emitter.scoped(() => {
              this.#unlessMatch(next);
              if (once) f.if(i32.and(get(matched), isFresh()), () => this.#raiseSecond());
              if (setMatched) this.#setMatched();
              passes?.note(i32.const(NOTED.found));
            }),
          () => f.brIf(exit, i32.and(passes === undefined ? get(matched) : i32.or(get(matched), i32.eqz(passes.isLast())), isFresh())),
        );
        f.set(matched, i32.const(1));
        this.#bind(true);
        downstream(next);
      },
      () => this.#advance(),
      [matched],
    );
  }

  #raiseSecond(): void {
    this.#emitter.raise({ operands: [], toError: () => secondSubqueryRow() }, []);
  }

  /** Not 0 where the row has a match. */
  found(skip: Label): Val {
    this.search();
    return this.#passes === undefined ? get(this.pointer) : this.#passes.gather(i32.ne(get(this.pointer), i32.const(0)), skip);
  }

  /** The records of the row's chain, one at the pointer at a time; it is 0 behind the last. */
  #forEachRecord(body: (next: Label, exit: Label) => void): void {
    this.#bind(false);
    this.#toChain();
    this.#emitter.loop(
      (next, exit) => {
        this.#emitter.f.brIf(exit, i32.eqz(get(this.pointer)));
        body(next, exit);
      },
      () => this.#advance(),
    );
  }

  /** Leaves the first match at the pointer, or 0. */
  search(): void {
    this.#forEachRecord((next, exit) => {
      this.#unlessMatch(next);
      this.#emitter.f.br(exit);
    });
  }

  /** NOT IN: unless the build side is empty, a NULL on either side makes the answer unknown, and the row does not qualify. */
  rejectUnknown(skip: Label): void {
    const { f } = this.#emitter;
    const empty = this.#emitter.stateWord(this.#state.empty);
    const sawNull = this.#emitter.stateWord(this.#state.sawNull);
    f.brIf(skip, get(sawNull));
    if (this.#anyNull !== undefined) f.brIf(skip, i32.and(this.#anyNull, i32.eqz(get(empty))));
  }

  mark(skip: Label): void {
    const { f } = this.#emitter;
    const unknown = f.local("i32");
    f.set(unknown, i32.const(0));
    if (this.#node.nullAware) {
      const sawNull = get(this.#emitter.stateWord(this.#state.sawNull));
      const empty = get(this.#emitter.stateWord(this.#state.empty));
      f.set(unknown, this.#anyNull === undefined ? sawNull : i32.or(sawNull, i32.and(this.#anyNull, i32.eqz(empty))));
    }
    if (this.#node.residual === undefined) this.search();
    else this.#searchThreeValued(this.#node.residual, unknown);
    const here = i32.ne(get(this.pointer), i32.const(0));
    const noted = this.#passes?.gather(i32.or(here, i32.mul(i32.ne(get(unknown), i32.const(0)), i32.const(NOTED.unknown))), skip);
    if (noted !== undefined) f.set(unknown, i32.and(noted, i32.const(NOTED.unknown)));
    const found = get(f.let(noted === undefined ? here : i32.and(noted, i32.const(NOTED.found))));
    const canBeUnknown = this.#node.nullAware || (this.#node.residual !== undefined && isNullable(this.#node.residual));
    const isNull = canBeUnknown ? get(f.let(i32.and(i32.eqz(found), i32.ne(get(unknown), i32.const(0))))) : undefined;
    if (this.#node.mark !== undefined) {
      this.#emitter.bind(this.#node.mark.id, { kind: "value", value: { type: BOOLEAN, lanes: [found], isNull } });
    }
  }

  /** As `search`; sets `unknown` where the residual condition is NULL for a record with the row's keys. */
  #searchThreeValued(residual: Expr, unknown: Local): void {
    const { f } = this.#emitter;
    this.#forEachRecord((next, exit) => {
      if (this.#facts.directory === "hash") this.#unlessKeysEqual(next);
      const { lanes, isNull } = this.#emitter.joinValue(residual);
      f.brIf(exit, isNull === undefined ? lanes[0] : i32.and(lanes[0], i32.eqz(isNull)));
      if (isNull !== undefined) f.set(unknown, i32.or(get(unknown), isNull));
    });
  }

  single(): void {
    const { f } = this.#emitter;
    const first = f.local("i32");
    f.set(first, i32.const(0));
    this.#forEachRecord((next) => {
      this.#unlessMatch(next);
      f.if(get(first), () => this.#raiseSecond());
      f.set(first, get(this.pointer));
    });
    f.set(this.pointer, get(first));
    this.#bind(true);
  }

  markMatches(): void {
    this.#forEachRecord((next) => {
      this.#unlessMatch(next);
      this.#setMatched();
    });
  }
}
