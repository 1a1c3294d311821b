import type { DeltaSnapshot } from "./snapshot.ts";
import { SparrowError } from "../catalog/errors.ts";
import { checkWritable } from "./protocol.ts";
import { checkRowTracking } from "./row-tracking.ts";

/** What a statement does to a table's rows. */
export type WriteKind = "append" | "change";

/** Raises what forbids a statement: features that are not had, DELTA_CANNOT_MODIFY_APPEND_ONLY. */
export function checkWrite(snapshot: DeltaSnapshot, kind: WriteKind): void {
  const { location, protocol, metadata } = snapshot;
  const { configuration } = metadata;
  checkWritable(location, protocol);
  checkRowTracking(location, metadata);
  if (kind === "change" && configuration["delta.appendOnly"]?.toLowerCase() === "true") {
    throw new SparrowError("DELTA_CANNOT_MODIFY_APPEND_ONLY", "42809", `The Delta table ${location} is append-only: its rows cannot be changed or removed. The property 'delta.appendOnly' can be set to 'false'.`, { tableName: location, config: "delta.appendOnly" });
  }
}

/** SQL texts that every row of the table must satisfy, by name: CHECK constraints, and invariants of old tables. */
export function tableChecks({ metadata, fields }: DeltaSnapshot): ReadonlyMap<string, string> {
  const checks = new Map<string, string>();
  for (const [key, text] of Object.entries(metadata.configuration)) if (key.startsWith("delta.constraints.")) checks.set(key.slice("delta.constraints.".length), text);
  for (const { name, metadata: own } of fields) {
    const invariant = own?.["delta.invariants"];
    if (typeof invariant === "string") checks.set(name, (JSON.parse(invariant) as { expression: { expression: string } }).expression.expression);
  }
  return checks;
}
