import type { CompiledPipeline } from "../../pipeline/compile-pipeline.ts";
import type { ProbeState } from "./join-probe.ts";
import type { LoopState } from "./nested-loop.ts";

/** Words of the step that looks at the build rows. */
export type JoinLookup = { readonly kind: "hash"; readonly state: ProbeState } | { readonly kind: "loop"; readonly state: LoopState };

/** Those of the step that joins with a breaker's rows. */
export function joinLookup({ probes, loops }: CompiledPipeline, breaker: number): JoinLookup | undefined {
  const probe = probes.find((p) => p.breaker === breaker);
  if (probe !== undefined) return { kind: "hash", state: probe.state };
  const loop = loops.find((l) => l.breaker === breaker);
  return loop && { kind: "loop", state: loop.state };
}
