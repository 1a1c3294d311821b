import type { AdaptiveRule } from "./rule.ts";

/**
 * Tells where workers gave up looking for the groups of rows that they had not seen before: where nine of ten rows are new groups a partial aggregation reduces nothing,
 * and the step that merges finds them all. The workers decide by themselves, while they fill their tables; the plan stays as it is.
 */
export const partialAggregation: AdaptiveRule = {
  name: "PartialAggregation",
  isEnabled: (settings) => settings.partialAggregation,
  apply: (plan, { state, decide }) => {
    const { latest } = state;
    const complete = state.complete(latest.node);
    if (latest.kind === "aggregate" && complete?.unsearched !== undefined && complete.unsearched > 0) {
      decide({ rule: partialAggregation.name, node: latest.node.id, reason: `${complete.unsearched} rows were kept as they came, for next to none of those before had a group: ${complete.rows} groups in the end, estimated ${latest.node.rows}` });
    }
    return plan;
  },
};
