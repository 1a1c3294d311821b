/** Statements whose plans are kept, least recently used first to go. */
const CAPACITY = 256;

/** What a prepared statement was made from decides its key: a text means the same plan only under the same settings over the same snapshots. */
export class PlanCache<Plan> {
  readonly #plans = new Map<string, Plan>();

  get(key: string): Plan | undefined {
    const plan = this.#plans.get(key);
    if (plan === undefined) return undefined;
    this.#plans.delete(key);
    this.#plans.set(key, plan);
    return plan;
  }

  set(key: string, plan: Plan): void {
    this.#plans.set(key, plan);
    if (this.#plans.size <= CAPACITY) return;
    const [oldest] = this.#plans.keys();
    this.#plans.delete(oldest);
  }

  get size(): number {
    return this.#plans.size;
  }
}
