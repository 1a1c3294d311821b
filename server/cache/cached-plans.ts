import type { TableSnapshot } from "../../catalog/table.ts";
import type { LogicalPlan } from "../../planner/logical.ts";
import { mapInputs, outputOf, sourcesOf } from "../../planner/logical.ts";
import { planIdentity, withoutIdentityProjects } from "../../planner/plan-identity.ts";
import { type FileSource, type ResolvedTables, sourceIdentity } from "../table-resolution.ts";
import type { CachedPlan, CacheEntry, FillRequest, RelationCache } from "./relation-cache.ts";

/** An analyzed plan in which cached relations are read from where they are cached. */
export interface PlanOverCache {
  readonly plan: LogicalPlan;
  /** Of the snapshots that it reads in their place. */
  readonly versions: readonly string[];
  /** What is to be cached and is not yet. */
  readonly missing: readonly MissingRows[];
}

export interface MissingRows extends FillRequest {
  /** What gives the rows. */
  readonly plan: LogicalPlan;
}

/** Puts cached rows in the place of the plans that they are of, the largest that there are. `except`: an entry that is being filled. */
export function planOverCache(plan: LogicalPlan, tables: ResolvedTables, cache: RelationCache, except?: CacheEntry): PlanOverCache {
  if (cache.isEmpty) return { plan, versions: [], missing: [] };
  const versions = new Set<string>();
  const missing: MissingRows[] = [];
  const identityOf = tableIdentity(tables);
  const visit = (node: LogicalPlan): LogicalPlan => {
    const inner = withoutIdentityProjects(node);
    const entry = cache.hasRoot(inner.kind) ? cache.find(planIdentity(inner, identityOf)) : undefined;
    if (entry !== undefined && entry !== except) {
      const read = versionsOf(inner, identityOf);
      const rows = cache.rows(entry, read);
      if (rows !== undefined) {
        versions.add(rows.version);
        return { kind: "scan", table: rows, columns: outputOf(inner).map((column, field) => ({ column, field })), skipBy: [] };
      }
      if (!entry.tooLarge) missing.push({ entry, plan: inner, versions: read, changes: entry.changes, pin: pinOf(inner, tables) });
    }
    return mapInputs(node, visit);
  };
  return { plan: visit(plan), versions: [...versions], missing };
}

/** What the cache knows a relation by. */
export function cachedPlan(name: string, given: LogicalPlan, tables: ResolvedTables): CachedPlan {
  const plan = withoutIdentityProjects(given);
  const identityOf = tableIdentity(tables);
  const parts = new Set<string>();
  const locations = new Set<string>();
  const visit = (node: LogicalPlan): void => {
    if (node !== plan) parts.add(planIdentity(node, identityOf));
    const source = node.kind === "scan" ? tables.sources.get(node.table) : undefined;
    if (source !== undefined) locations.add(source.request.location);
    sourcesOf(node).forEach(visit);
  };
  visit(plan);
  return { name, identity: planIdentity(plan, identityOf), root: plan.kind, parts, locations };
}

/** A table that is read whole, column by column as it is. */
export function wholeTable(plan: LogicalPlan): TableSnapshot | undefined {
  if (plan.kind !== "scan" || plan.columns.length !== plan.table.columns.length) return undefined;
  return plan.columns.every(({ field }, i) => field === i) ? plan.table : undefined;
}

/** Tables that no name stands for are what they are: rows of a change data feed, the target of an UPDATE. */
function tableIdentity(tables: ResolvedTables): (table: TableSnapshot) => string {
  return (table) => {
    const source = tables.sources.get(table);
    return source === undefined ? JSON.stringify([table.name, table.version]) : sourceIdentity(source);
  };
}

function versionsOf(plan: LogicalPlan, identityOf: (table: TableSnapshot) => string): string {
  const versions: string[] = [];
  const visit = (node: LogicalPlan): void => {
    if (node.kind === "scan" && node.recursion === undefined) versions.push(identityOf(node.table), node.table.version);
    sourcesOf(node).forEach(visit);
  };
  visit(plan);
  return JSON.stringify(versions);
}

function pinOf(plan: LogicalPlan, tables: ResolvedTables): FillRequest["pin"] {
  const snapshot = wholeTable(plan);
  const source: FileSource | undefined = snapshot && tables.sources.get(snapshot);
  return snapshot === undefined || source === undefined || source.format.toLowerCase() === "delta" ? undefined : { key: sourceIdentity(source), snapshot };
}
