import type { DataType } from "../../catalog/types.ts";
import type { FunctionBuilder } from "../wasm/function-builder.ts";
import type { Local } from "../wasm/instructions.ts";
import { get } from "../wasm/instructions.ts";
import type { EmittedValue, ValueRange } from "./emitted-value.ts";
import { laneKind, laneTypes } from "./emitted-value.ts";
import { FALSE } from "./null-flags.ts";
import { rangeOf } from "./value-range.ts";

/** A value that several branches of control flow assign; each branch must, for locals keep what an earlier row left. */
export class JoinedValue {
  readonly #f: FunctionBuilder;
  readonly #type: DataType;
  readonly #lanes: readonly Local[];
  readonly #isNull: Local | undefined;
  #range: ValueRange | undefined;

  constructor(f: FunctionBuilder, type: DataType, nullable: boolean) {
    this.#f = f;
    this.#type = type;
    this.#lanes = laneTypes(laneKind(type)).map((lane) => f.local(lane));
    this.#isNull = nullable ? f.local("i32") : undefined;
  }

  assign(value: EmittedValue): void {
    this.#lanes.forEach((local, i) => this.#f.set(local, value.lanes[i]));
    if (this.#isNull !== undefined) this.#f.set(this.#isNull, value.isNull ?? FALSE);
    if (value.isNull?.constant === 1) return;
    const range = rangeOf(value);
    this.#range = this.#range === undefined ? range : { min: range.min < this.#range.min ? range.min : this.#range.min, max: range.max > this.#range.max ? range.max : this.#range.max };
  }

  value(): EmittedValue {
    return { type: this.#type, lanes: this.#lanes.map(get), isNull: this.#isNull && get(this.#isNull), range: this.#range };
  }
}
