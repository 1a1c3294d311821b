import type { BreakerState } from "./operators/breaker-state.ts";
import type { CompiledPipeline } from "./pipeline/compile-pipeline.ts";
import type { PipelineJob } from "./pipeline/pipeline-job.ts";

/** What compiled code must know of hash tables and arrays of rows that are complete by now. */
export function breakerWords(compiled: CompiledPipeline, stateOf: (breaker: number) => BreakerState): PipelineJob["words"] {
  return [
    ...compiled.probes.flatMap(({ breaker, state }) => {
      const build = stateOf(breaker).build();
      const { directory } = build;
      return [
        { offset: state.directory, value: directory.address },
        { offset: state.extent, value: directory.kind === "hash" ? 32 - directory.bits : directory.slots },
        { offset: state.min, value: directory.kind === "hash" ? 0n : directory.min },
        { offset: state.sawNull, value: build.sawNull ? 1 : 0 },
        { offset: state.empty, value: build.records === 0 && !build.sawNull ? 1 : 0 },
        ...(directory.kind === "ranked" ? [{ offset: state.ranked.bits, value: directory.bits }, { offset: state.ranked.ranks, value: directory.ranks }] : []),
      ];
    }),
    ...compiled.loops.flatMap(({ breaker, state }) => {
      // Told of each piece when it is in memory.
      if (stateOf(breaker).isSpilled()) return [];
      const { base, count } = stateOf(breaker).array();
      return [
        { offset: state.rows, value: base },
        { offset: state.count, value: count },
      ];
    }),
  ];
}
