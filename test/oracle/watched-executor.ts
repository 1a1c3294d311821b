import { Executor } from "../../executor/executor.ts";
import type { QueryCounters } from "../../executor/query-counters.ts";
import { planStages } from "../../planner/plan-stages.ts";
import type { EngineOptions } from "../../server/engine.ts";

type CreateExecutor = NonNullable<EngineOptions["createExecutor"]>;

/** An engine's executor within a test's reach: its pool and threads can be looked at, its threads ended. */
export class WatchedExecutor {
  readonly #onEnd: ((counters: QueryCounters) => void) | undefined;
  #executor: Executor | undefined;

  /** `onEnd`: told what each query took. */
  constructor(onEnd?: (counters: QueryCounters) => void) {
    this.#onEnd = onEnd;
  }

  /** Undefined until the first query needs it. */
  get executor(): Executor | undefined {
    return this.#executor;
  }

  get poolBytes(): number {
    return this.#executor?.pool.usedBytes ?? 0;
  }

  /** For the engine's option. */
  readonly create: CreateExecutor = async (resources) => {
    const executor = (this.#executor = new Executor(resources));
    return {
      execute: (plan, options) =>
        executor.execute(planStages(plan), {
          ...options,
          onEnd: (counters) => {
            options.onEnd?.(counters);
            this.#onEnd?.(counters);
          },
        }),
      cached: () => executor.cached(),
      close: () => executor.close(),
    };
  };

  /** Ends a worker thread, if there are any, whatever it does. */
  async endThread(index: number): Promise<void> {
    await this.#executor?.workerPool.endOne(index);
  }
}
