import type { Column, ColumnId, Expr } from "../../catalog/expression.ts";
import type { JoinKey, PhysicalHashJoin, PhysicalPlan, PhysicalScan } from "../physical.ts";
import { mapPhysicalInputs, physicalOutput } from "../physical.ts";
import type { RunState } from "./progress.ts";

/** A hash join whose build side is complete. */
export type CompleteJoin = PhysicalPlan & PhysicalHashJoin;

/** By key of a join: the column of a plan that only matters where its value is one of the key's; undefined where there is none. */
export type KeyColumns = readonly (ColumnId | undefined)[];

/**
 * Called for a scan that has not run, with the filters and projections right above it. `apart`: its rows go into a breaker (a hash table, a grouping, a
 * sort) before the join sees them.
 */
export type ReadReduction = (read: PhysicalPlan, keys: KeyColumns, apart: boolean) => PhysicalPlan;

/**
 * Changes the reads whose rows the join drops unless their keys are in its hash table: those of its probe side, and build sides of joins around it that take part in
 * the same equality (`p.k = l.k` and `l.k = ps.k`: what `p` has left bounds `l` and `ps`).
 */
export function reduceReads(plan: PhysicalPlan, join: CompleteJoin, state: RunState, reduce: ReadReduction): PhysicalPlan {
  if (join.nullAware || !DROPS_PROBE_ROWS.has(join.join)) return plan;
  return new KeyFlow(join, state, reduce).upward(plan).plan;
}

/** Probe rows without a match do not come out. */
const DROPS_PROBE_ROWS: ReadonlySet<string> = new Set(["inner", "probeSemi", "buildSemi", "buildOuter", "buildAnti"]);
/** Build rows without a match do not come out. */
const DROPS_BUILD_ROWS: ReadonlySet<string> = new Set(["inner", "probeSemi", "probeOuter", "probeAnti", "buildSemi"]);
/** Probe rows come out as they are. */
const KEEPS_PROBE: ReadonlySet<string> = new Set(["inner", "probeSemi", "probeAnti", "probeOuter", "probeMark"]);
/** Build rows come out as they are. */
const KEEPS_BUILD: ReadonlySet<string> = new Set(["inner", "buildSemi", "buildAnti", "buildOuter"]);

/** Share of probe rows up to which a join is itself the filter of what it is probed with. */
const MAX_ROWS_LEFT = 0.5;

/** By key of the join: columns of a plan's output whose values are certainly among the key's. */
type Bounded = readonly ReadonlySet<ColumnId>[];

class KeyFlow {
  readonly #join: CompleteJoin;
  readonly #state: RunState;
  readonly #reduce: ReadReduction;

  constructor(join: CompleteJoin, state: RunState, reduce: ReadReduction) {
    this.#join = join;
    this.#state = state;
    this.#reduce = reduce;
  }

  /** The plan above the join, and what is known there of its columns; nothing where the join is not below. */
  upward(plan: PhysicalPlan): { readonly plan: PhysicalPlan; readonly bounded?: Bounded } {
    if (plan.id === this.#join.id && plan.kind === "hashJoin") return this.#atJoin(plan);
    if (plan.kind === "shared") return { plan };
    let bounded: Bounded | undefined;
    let below: PhysicalPlan | undefined;
    const mapped = mapPhysicalInputs(plan, (input) => {
      const result = this.upward(input);
      if (result.bounded !== undefined) [bounded, below] = [result.bounded, result.plan];
      return result.plan;
    });
    if (bounded === undefined || below === undefined) return { plan: mapped };
    switch (mapped.kind) {
      case "filter":
      case "runtimeFilter":
      case "sort":
      case "topN":
      case "limit":
      case "window":
      case "exchange":
      case "sample":
      case "generate":
        return { plan: mapped, bounded };
      case "project":
        return { plan: mapped, bounded: renamed(bounded, mapped.outputs) };
      case "aggregate":
        return { plan: mapped, bounded: renamed(bounded, mapped.keys) };
      case "hashJoin":
        return below === mapped.probe ? this.#besideProbe(mapped, bounded) : { plan: mapped, bounded: KEEPS_BUILD.has(mapped.join) ? bounded : undefined };
      case "nestedLoopJoin":
        return { plan: mapped, bounded: (below === mapped.probe ? KEEPS_PROBE : KEEPS_BUILD).has(mapped.join) ? bounded : undefined };
      case "scan":
      case "values":
      case "range":
      case "expand":
      case "union":
      case "shared":
        return { plan: mapped };
    }
  }

  #atJoin(join: CompleteJoin): { readonly plan: PhysicalPlan; readonly bounded: Bounded } {
    const given = new Set(physicalOutput(join).map((column) => column.id));
    const probe = this.#downward(join.probe, join.keys.map((key) => (key.nullSafe ? undefined : columnOf(key.probe))), false);
    const bounded = join.keys.map((key) => {
      const ids = key.nullSafe || join.join === "buildAnti" || join.join === "buildOuter" ? [] : [columnOf(key.probe), columnOf(key.build)];
      return new Set(ids.filter((id): id is ColumnId => id !== undefined && given.has(id)));
    });
    return { plan: probe === join.probe ? join : { ...join, probe }, bounded };
  }

  /** The join's rows are probed with: what it bounds is bounded in the build side too. */
  #besideProbe(join: CompleteJoin, bounded: Bounded): { readonly plan: PhysicalPlan; readonly bounded?: Bounded } {
    if (!KEEPS_PROBE.has(join.join)) return { plan: join };
    if (join.nullAware || !DROPS_BUILD_ROWS.has(join.join) || this.#state.isFed(join)) return { plan: join, bounded };
    const partners = bounded.map((ids) => columnOf(join.keys.find((key) => !key.nullSafe && ids.has(columnOf(key.probe) ?? NO_COLUMN))?.build));
    const build = this.#downward(join.build, partners, true);
    const wider = join.join === "inner" ? bounded.map((ids, i) => new Set([...ids, ...definedIds([partners[i]])])) : bounded;
    return { plan: build === join.build ? join : { ...join, build }, bounded: wider };
  }

  #downward(plan: PhysicalPlan, keys: KeyColumns, apart: boolean): PhysicalPlan {
    if (definedIds(keys).length === 0) return plan;
    const scan = scanOf(plan);
    if (scan !== undefined) return this.#state.hasBegun(scan) ? plan : this.#reduce(plan, keys, apart);
    const into = <P extends PhysicalPlan & { readonly input: PhysicalPlan }>(node: P, inputKeys: KeyColumns, isApart: boolean): P => {
      const input = this.#downward(node.input, inputKeys, isApart);
      return input === node.input ? node : { ...node, input };
    };
    switch (plan.kind) {
      case "filter":
      case "runtimeFilter":
        return into(plan, keys, apart);
      case "generate":
        return into(plan, amongOutputs(keys, plan.input), apart);
      case "sort":
      case "exchange":
        return this.#state.complete(plan) !== undefined ? plan : into(plan, keys, true);
      case "project":
        return into(plan, sources(keys, plan.outputs), apart);
      case "aggregate":
        if (this.#state.complete(plan) !== undefined) return plan;
        return into(plan, sources(keys, plan.keys), true);
      case "window": {
        if (this.#state.complete(plan) !== undefined) return plan;
        const partition = new Set(plan.partitionBy.map(columnOf));
        return into(plan, keys.map((id) => (partition.has(id) ? id : undefined)), true);
      }
      case "union": {
        const inputs = plan.inputs.map((input) => {
          const own = keys.map((id) => (id === undefined ? undefined : input.columns[plan.columns.findIndex((column) => column.id === id)]));
          const reduced = this.#downward(input.plan, own, apart);
          return reduced === input.plan ? input : { ...input, plan: reduced };
        });
        return inputs.every((input, i) => input === plan.inputs[i]) ? plan : { ...plan, inputs };
      }
      case "hashJoin":
        return this.#intoJoin(plan, keys, apart, plan.nullAware ? [] : plan.keys);
      case "nestedLoopJoin":
        return this.#intoJoin(plan, keys, apart, []);
      case "scan":
      case "values":
      case "range":
      case "expand":
      case "sample":
      case "topN":
      case "limit":
      case "shared":
        return plan;
    }
  }

  /** Into the side that comes out as it is; and into the other one where it has the same value in a key: what is left out there had no partner left. */
  #intoJoin<J extends Extract<PhysicalPlan, { readonly build: PhysicalPlan }>>(join: J, keys: KeyColumns, apart: boolean, equal: readonly JoinKey[]): J {
    const ofProbe = KEEPS_PROBE.has(join.join) ? amongOutputs(keys, join.probe) : keys.map(() => undefined);
    const ofBuild = KEEPS_BUILD.has(join.join) ? amongOutputs(keys, join.build) : keys.map(() => undefined);
    const partner = (id: ColumnId | undefined, from: "probe" | "build", to: "probe" | "build"): ColumnId | undefined =>
      id === undefined ? undefined : columnOf(equal.find((key) => !key.nullSafe && columnOf(key[from]) === id)?.[to]);
    const probeKeys = keys.map((_, i) => ofProbe[i] ?? (DROPS_PROBE_ROWS.has(join.join) ? partner(ofBuild[i], "build", "probe") : undefined));
    const buildKeys = keys.map((_, i) => ofBuild[i] ?? (DROPS_BUILD_ROWS.has(join.join) ? partner(ofProbe[i], "probe", "build") : undefined));
    const build = this.#state.isFed(join) ? join.build : this.#downward(join.build, buildKeys, true);
    // What another hash table drops anyway does not get as far as a breaker.
    const probe = this.#downward(join.probe, probeKeys, apart && !(DROPS_PROBE_ROWS.has(join.join) && join.rows <= MAX_ROWS_LEFT * join.probe.rows));
    return build === join.build && probe === join.probe ? join : { ...join, build, probe };
  }
}

const NO_COLUMN: ColumnId = Number.NaN;

function columnOf(expr: Expr | undefined): ColumnId | undefined {
  return expr?.kind === "column" ? expr.id : undefined;
}

function definedIds(keys: KeyColumns): readonly ColumnId[] {
  return keys.filter((id) => id !== undefined);
}

function amongOutputs(keys: KeyColumns, plan: PhysicalPlan): KeyColumns {
  const given = new Set(physicalOutput(plan).map((column) => column.id));
  return keys.map((id) => (id !== undefined && given.has(id) ? id : undefined));
}

type Outputs = readonly { readonly column: Column; readonly expr: Expr }[];

/** The input's columns behind those of an output. */
function sources(keys: KeyColumns, outputs: Outputs): KeyColumns {
  return keys.map((id) => (id === undefined ? undefined : columnOf(outputs.find((output) => output.column.id === id)?.expr)));
}

/** The output's columns that show those of an input. */
function renamed(bounded: Bounded, outputs: Outputs): Bounded {
  return bounded.map((ids) => new Set(outputs.filter(({ expr }) => ids.has(columnOf(expr) ?? NO_COLUMN)).map(({ column }) => column.id)));
}

/** The scan under nothing but filters and projections. */
export function scanOf(plan: PhysicalPlan): (PhysicalPlan & PhysicalScan) | undefined {
  switch (plan.kind) {
    case "scan":
      return plan;
    case "filter":
    case "runtimeFilter":
    case "project":
      return scanOf(plan.input);
    default:
      return undefined;
  }
}

/** The same read over another scan; `change` gets the scan's columns behind the keys. */
export function mapScan(read: PhysicalPlan, keys: KeyColumns, change: (scan: PhysicalPlan & PhysicalScan, keys: KeyColumns) => PhysicalPlan): PhysicalPlan {
  switch (read.kind) {
    case "scan":
      return change(read, keys);
    case "filter":
    case "runtimeFilter":
      return mapPhysicalInputs(read, (input) => mapScan(input, keys, change));
    case "project":
      return mapPhysicalInputs(read, (input) => mapScan(input, sources(keys, read.outputs), change));
    default:
      return read;
  }
}
