import type { Metadata } from "./actions.ts";

/**
 * Earlier versions of a table from which a feature was dropped still need it. They stay readable for those who have the feature, by the checkpoints that were
 * written then; so the log before a version must go as a whole, or stay. Source: the protocol's section "Checkpoint Protection".
 */
export const CHECKPOINT_PROTECTION = "checkpointProtection";

const BEFORE_VERSION = "delta.requireCheckpointProtectionBeforeVersion";

/** The version up to which the log stays or goes as a whole; 0 for a table without such versions. */
export function protectedBefore({ configuration }: Pick<Metadata, "configuration">): bigint {
  const text = configuration[BEFORE_VERSION];
  return text !== undefined && /^\d+$/.test(text) ? BigInt(text) : 0n;
}

export function withProtectionBefore(configuration: Metadata["configuration"], version: bigint): Metadata["configuration"] {
  return { ...configuration, [BEFORE_VERSION]: String(version) };
}

/** What a table's properties keep of it when they are replaced by others. */
export function protectionOf({ configuration }: Pick<Metadata, "configuration">): Metadata["configuration"] {
  const text = configuration[BEFORE_VERSION];
  return text === undefined ? {} : { [BEFORE_VERSION]: text };
}

export function withoutProtection(configuration: Metadata["configuration"]): Metadata["configuration"] {
  return Object.fromEntries(Object.entries(configuration).filter(([key]) => key !== BEFORE_VERSION));
}
