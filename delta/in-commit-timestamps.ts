import type { Action, Metadata } from "./actions.ts";

/** Times of commits that stand in the commits themselves. Source: the protocol's section "In-Commit Timestamps". */

const ENABLED = "delta.enableInCommitTimestamps";
export const ENABLEMENT_VERSION = "delta.inCommitTimestampEnablementVersion";
const ENABLEMENT_TIMESTAMP = "delta.inCommitTimestampEnablementTimestamp";

export function hasInCommitTimestamps({ configuration }: Pick<Metadata, "configuration">): boolean {
  return configuration[ENABLED]?.toLowerCase() === "true";
}

/** The time that a commit says of itself, in milliseconds. */
export function inCommitTimestamp(actions: readonly Action[]): number | undefined {
  const info = actions.find((action) => action.kind === "commitInfo");
  return info?.kind === "commitInfo" ? info.commitInfo.inCommitTimestamp : undefined;
}

/** Later than the commit before. Milliseconds. */
export function nextTimestamp(nowMs: number, previousMs: number | undefined): number {
  return previousMs === undefined ? nowMs : Math.max(nowMs, previousMs + 1);
}

/** The actions of a timed commit: metadata of a table with history says from where the times count. */
export function withEnablement(actions: readonly Action[], before: Pick<Metadata, "configuration"> | undefined, version: bigint, timestampMs: number): readonly Action[] {
  if (before === undefined) return actions;
  const known = Object.entries(before.configuration).filter(([key]) => key === ENABLEMENT_VERSION || key === ENABLEMENT_TIMESTAMP);
  const from = hasInCommitTimestamps(before) ? Object.fromEntries(known) : { [ENABLEMENT_VERSION]: String(version), [ENABLEMENT_TIMESTAMP]: String(timestampMs) };
  return actions.map((action): Action => {
    if (action.kind !== "metaData") return action;
    const configuration = { ...action.metaData.configuration, ...from };
    return { kind: "metaData", metaData: { ...action.metaData, configuration } };
  });
}
