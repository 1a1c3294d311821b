import type { PhysicalJoinKind } from "../../../planner/physical.ts";
import type { SegmentEmitter } from "../../pipeline/segment-emitter.ts";
import type { StateLayout } from "../../pipeline/state-layout.ts";
import type { Label } from "../../wasm/function-builder.ts";
import type { Val } from "../../wasm/instructions.ts";
import { get, i32 } from "../../wasm/instructions.ts";

/**
 * A build side of which not all that belongs together fits into memory meets the probe rows piece by piece: they pass by once for each piece. What a join says
 * of a probe row as a whole, such as that it has no partner, it can say in the last pass only: earlier passes note what they have found in a byte per row.
 */
export interface PassState {
  /** uint32 address of the bytes, by the row's position in the run at hand. */
  readonly notes: number;
  /** uint32: 1 in the last pass. */
  readonly isLast: number;
}

/** Bits of a note. */
export const NOTED = { found: 1, unknown: 2 } as const;

/** Joins that say something of a probe row as a whole; the result of others is that of the pieces together. */
export function takesNotes(join: PhysicalJoinKind): boolean {
  switch (join) {
    case "probeOuter":
    case "fullOuter":
    case "probeSemi":
    case "probeAnti":
    case "probeMark":
    case "probeSingle":
      return true;
    case "inner":
    case "buildOuter":
    case "buildSemi":
    case "buildAnti":
      return false;
  }
}

export function reservePasses(state: StateLayout): PassState {
  return { notes: state.reserve(4, 4), isLast: state.reserve(4, 4) };
}

/** The compiled side. Its segment must be the first of the pipeline: there positions are those of the run. */
export class Passes {
  readonly #emitter: SegmentEmitter;
  readonly #state: PassState;

  constructor(emitter: SegmentEmitter, state: PassState) {
    this.#emitter = emitter;
    this.#state = state;
  }

  /** i32: what passes have noted of the row. */
  noted(): Val {
    return i32.load8u(this.#address());
  }

  note(bits: Val): void {
    this.#emitter.f.store("i32.8", this.#address(), bits);
  }

  /** i32: 1 in the last pass. */
  isLast(): Val {
    return get(this.#emitter.stateWord(this.#state.isLast));
  }

  /** Adds what this pass has found to the note, and gives all of it; rows go on in the last pass only. */
  gather(bits: Val, skip: Label): Val {
    const { f } = this.#emitter;
    const all = f.let(i32.or(this.noted(), bits));
    this.note(get(all));
    f.brIf(skip, i32.eqz(this.isLast()));
    return get(all);
  }

  #address(): Val {
    return i32.add(get(this.#emitter.stateWord(this.#state.notes)), get(this.#emitter.position));
  }
}
