import type { Value } from "../../catalog/values.ts";
import type { PhysicalPlan, PhysicalScan } from "../physical.ts";
import type { Breaker, Pipeline, RunSoFar, StagePlan } from "../stages.ts";

/** What is known of a pipeline breaker when all its rows are in. */
export interface CompleteBreaker {
  /** Records. Rows with a NULL key, which can match nothing, are not in a hash table that has no use for them. */
  readonly rows: number;
  /** Of the records in memory, without texts that lie beside them. */
  readonly bytes: number;
  /** Of hash tables: some rows are on disk. */
  readonly isOnDisk?: boolean;
  /** Of groupings: rows that workers kept without looking for their groups. */
  readonly unsearched?: number;
  /** Of hash tables. */
  readonly build?: BuildKeys;
  /** Of exchanges and hash tables. */
  readonly partitions?: readonly PartitionSize[];
}

/** `bytes`: of records, and, in exchanges, of strings that were copied for them; on disk or not. */
export interface PartitionSize {
  readonly rows: number;
  readonly bytes: number;
}

export interface BuildKeys {
  /** A row with a NULL key was met. */
  readonly sawNull: boolean;
  /** One integer key whose values lie close together: a row is found by the key itself. */
  readonly isKeyed: boolean;
  /** By key of the join; undefined, or not there, where nothing was measured. */
  readonly keys: readonly (KeyValues | undefined)[];
}

/** The non-null values of a key: exactly these, in no order, a value perhaps several times, or, where they are many, some of those between two bounds. */
export type KeyValues = { readonly kind: "list"; readonly values: readonly Value[] } | { readonly kind: "range"; readonly min: Value; readonly max: Value };

/** How far a query is when its plan is looked at again. */
export interface Progress extends RunSoFar {
  /** The plan, where it has been changed before in this run. */
  readonly changedPlan?: PhysicalPlan;
  /** By breaker number. */
  readonly complete: ReadonlyMap<number, CompleteBreaker>;
  /** The breaker that has just become complete. */
  readonly latest: number;
}

/** One change of a plan while it ran. */
export interface Decision {
  /** Of the rule, as settings name it. */
  readonly rule: string;
  /** Of the physical plan. */
  readonly node: number;
  /** What was measured, what had been estimated, and what follows. */
  readonly reason: string;
}

export interface Replanned {
  readonly plan: PhysicalPlan;
  readonly stages: StagePlan;
  readonly decisions: readonly Decision[];
}

/** Looks at what has not run yet; undefined keeps it. */
export type Replan = (progress: Progress) => Promise<Replanned | undefined>;

/** `Progress` by nodes of the plan, as rules ask for it. */
export class RunState {
  readonly latest: Breaker;
  /** Those that have not run. */
  readonly pipelines: readonly Pipeline[];
  readonly #complete = new Map<number, CompleteBreaker>();
  readonly #fed = new Set<number>();
  readonly #begun = new Set<number>();

  constructor({ stages, ran, complete, latest }: Progress) {
    this.latest = stages.breakers[latest];
    this.pipelines = stages.pipelines.slice(ran.length);
    // A breaker of one partition says nothing of its node.
    for (const [breaker, facts] of complete) if (stages.breakers[breaker].part === undefined) this.#complete.set(stages.breakers[breaker].node.id, facts);
    for (const pipeline of ran) this.#record(pipeline, stages);
  }

  #record({ source, steps, sink }: Pipeline, stages: StagePlan): void {
    this.#begun.add(source.kind === "breaker" ? source.reader : source.node.id);
    for (const step of steps) this.#begun.add(step.kind === "project" ? step.id : step.node.id);
    if (sink.kind === "breaker") this.#fed.add(stages.breakers[sink.breaker].node.id);
  }

  /** What the node's breaker has, if all its rows are in. */
  complete(node: { readonly id: number }): CompleteBreaker | undefined {
    return this.#complete.get(node.id);
  }

  /** A scan that has not run is of this kind. */
  someScan(test: (scan: PhysicalPlan & PhysicalScan) => boolean): boolean {
    return this.pipelines.some(({ source }) => source.kind === "scan" && test(source.node));
  }

  /** Rows have come out of the node, or into its breaker: it must stay as it is. */
  isFixed(node: PhysicalPlan): boolean {
    return this.#begun.has(node.id) || this.#fed.has(node.id);
  }

  /** Rows have come out of the node. */
  hasBegun(node: PhysicalPlan): boolean {
    return this.#begun.has(node.id);
  }

  /** Rows have gone into the node's breaker (of a join: its build side). */
  isFed(node: PhysicalPlan): boolean {
    return this.#fed.has(node.id);
  }
}
