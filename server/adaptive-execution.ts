import { replan } from "../planner/adaptive/replan.ts";
import type { Replan } from "../planner/adaptive/progress.ts";
import type { AdaptiveSettings } from "../planner/adaptive/rule.ts";
import { parseExcludedRules } from "../planner/optimizer/optimize.ts";
import type { Settings } from "../catalog/settings.ts";
import type { PhysicalPlan } from "../planner/physical.ts";

/** Corrects one run of a plan: each change builds on the one before. */
export function replanner(plan: PhysicalPlan, settings: Settings): (progress: Parameters<Replan>[0]) => ReturnType<typeof replan> {
  const adaptive = adaptiveSettings(settings);
  let current = plan;
  return (progress) => {
    const changed = replan(current, progress, adaptive);
    if (changed !== undefined) current = changed.plan;
    return changed;
  };
}

function adaptiveSettings(settings: Settings): AdaptiveSettings {
  return { excludedRules: parseExcludedRules(settings.text("spark.sql.adaptive.optimizer.excludedRules") ?? "") };
}
