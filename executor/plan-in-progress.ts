import type { CompleteBreaker, Decision } from "../planner/adaptive/progress.ts";
import type { PhysicalPlan } from "../planner/physical.ts";
import type { Breaker, Pipeline, StagePlan } from "../planner/stages.ts";
import { estimatedRows } from "./breaker-estimates.ts";
import type { ExecuteOptions } from "./executor.ts";
import { lazily } from "./lazily.ts";
import type { Pool } from "./memory/pool.ts";
import type { BreakerState } from "./operators/breaker-state.ts";

const factsModule = lazily(() => import("./operators/breaker-facts.ts"));

/**
 * By stages of a plan that may run again, and by breaker: what was known of it when the rules saw nothing to change. They are not asked again while all is as it was
 * then; keys of hash tables are not looked at for this, for a plan that is left as it is gives the same rows.
 */
const leftAsIs = new WeakMap<StagePlan, Map<number, CompleteBreaker>>();

/** The stages of a query that runs: which have run, and what has become of the others, planned again at breakers whose rows are known by now. */
export class PlanInProgress {
  #stages: StagePlan;
  #corrected: PhysicalPlan | undefined;
  readonly #ran: Pipeline[] = [];
  readonly #complete = new Map<number, CompleteBreaker>();
  readonly #decisions: Decision[] = [];
  /** All breakers were as they are in `leftAsIs`. */
  #isAsBefore = true;

  constructor(stages: StagePlan) {
    this.#stages = stages;
  }

  get stages(): StagePlan {
    return this.#stages;
  }

  /** In the order in which they ran. */
  get ran(): readonly Pipeline[] {
    return this.#ran;
  }

  get decisions(): readonly Decision[] {
    return this.#decisions;
  }

  /** The plan as it was last changed; undefined if it never was. */
  get corrected(): PhysicalPlan | undefined {
    return this.#corrected;
  }

  /** Those that have not run; those that have come first in stages that are cut again. */
  left(): readonly Pipeline[] {
    return this.#stages.pipelines.slice(this.#ran.length);
  }

  next(): Pipeline | undefined {
    return this.#stages.pipelines[this.#ran.length];
  }

  ended(pipeline: Pipeline): void {
    this.#ran.push(pipeline);
  }

  /** What has not run yet may be planned again, now that the breaker's rows are known. */
  async breakerCompleted(breaker: Breaker, state: BreakerState, pool: Pool, { adaptive, onEvent }: Pick<ExecuteOptions, "adaptive" | "onEvent">): Promise<void> {
    if (adaptive === undefined && onEvent === undefined) return;
    const { breakerFacts } = await factsModule();
    const left = this.left().map(({ source }) => source);
    // Partitions of an exchange are made for few rows too.
    const pays = adaptive !== undefined && (breaker.kind === "exchange" || left.reduce((rows, source) => rows + (source.kind === "breaker" ? source.estimate : source.node.rows), 0) >= adaptive.minRows);
    // Keys are for leaving out splits.
    const withKeys = pays && left.some((source) => source.kind === "scan" && source.node.splits.length > 1);
    const facts = breakerFacts(state, pool, withKeys);
    this.#complete.set(breaker.id, facts);
    onEvent?.({ kind: "breakerCompleted", node: breaker.node.id, breaker: breaker.kind, rows: facts.rows, estimatedRows: estimatedRows(breaker), bytes: facts.bytes });
    const before = leftAsIs.get(this.#stages) ?? new Map<number, CompleteBreaker>();
    leftAsIs.set(this.#stages, before);
    this.#isAsBefore &&= isSameBreaker(facts, before.get(breaker.id));
    if (this.#isAsBefore) return;
    // What later breakers were is known together with what this one was.
    for (const id of before.keys()) if (!this.#complete.has(id)) before.delete(id);
    const changed = pays ? await adaptive.replan({ stages: this.#stages, ran: this.#ran, complete: this.#complete, latest: breaker.id, changedPlan: this.#corrected }) : undefined;
    if (changed === undefined) {
      before.set(breaker.id, { ...facts, ...(facts.build && { build: { ...facts.build, keys: [] } }) });
      return;
    }
    before.delete(breaker.id);
    this.#stages = changed.stages;
    this.#corrected = changed.plan;
    this.#decisions.push(...changed.decisions);
    for (const decision of changed.decisions) onEvent?.({ kind: "planChanged", ...decision });
  }
}

/** By all that is known without reading rows. */
function isSameBreaker(now: CompleteBreaker, before: CompleteBreaker | undefined): boolean {
  if (before === undefined || now.rows !== before.rows || now.bytes !== before.bytes || now.isOnDisk !== before.isOnDisk || now.unsearched !== before.unsearched) return false;
  if (now.build?.sawNull !== before.build?.sawNull || now.build?.isKeyed !== before.build?.isKeyed) return false;
  return (now.partitions ?? []).every(({ rows, bytes }, p) => rows === before.partitions?.[p].rows && bytes === before.partitions[p].bytes);
}
