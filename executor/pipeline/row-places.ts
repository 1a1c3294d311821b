import type { Expr } from "../../catalog/expression.ts";
import { operands } from "../../catalog/expression.ts";
import type { PhysicalJoinKind } from "../../planner/physical.ts";
import type { Sink, Step } from "../../planner/stages.ts";
import type { RowPlace } from "../functions/scalar-function.ts";
import type { Morsels } from "./morsels.ts";
import { morselCount } from "./morsels.ts";
import type { Segment } from "./segments.ts";

/**
 * Numbers of partitions for `spark_partition_id()` and `monotonically_increasing_id()`. What is read of a table, a file or a range is a partition for each morsel (a row
 * group or another split, 65,536 numbers); a partition of an exchange, and what a sort or a grouping gives, is one partition. Inputs of a union follow each other.
 */
export interface PartitionNumbers {
  /** Of the pipeline's first partition. */
  readonly first: number;
  /** All its morsels are one partition. */
  readonly isOne: boolean;
}

/** `perRow`: they are asked once for a row of the source, or not at all. `perMade`: for rows that steps have made of these. */
export type PlacesAsked = "never" | "perRow" | "perMade";

const PLACE_FUNCTIONS: ReadonlySet<string> = new Set(["spark_partition_id", "monotonically_increasing_id"]);

/** These give no row more than once. */
const REDUCING: ReadonlySet<PhysicalJoinKind> = new Set(["probeSemi", "probeAnti", "probeMark"]);

/** The upper 31 bits of an id are the partition's number. */
const PARTITION_SHIFT = 33n;

/** Functions whose numbers differ from morsel to morsel. */
const RANDOM_FUNCTIONS: ReadonlySet<string> = new Set(["rand", "randn", "randstr", "uniform", "uuid", "shuffle"]);

/** `hosted`: what compiled code has interpreted for a row, in whichever step. */
export function placesAsked(segments: readonly Segment[], hosted: readonly Expr[]): PlacesAsked {
  if (hosted.some(asksForPlace)) return "perMade";
  let asked: PlacesAsked = "never";
  let makesRows = false;
  for (const { steps, cut } of segments) {
    makesRows ||= steps.some(isMultiplying);
    // These functions have no compiled form.
    if (cut?.kind === "interpret" && cut.computed.some(({ expr }) => asksForPlace(expr))) asked = makesRows ? "perMade" : "perRow";
    makesRows ||= cut?.kind === "generate";
  }
  return asked;
}

function asksForPlace(expr: Expr): boolean {
  return (expr.kind === "call" && (PLACE_FUNCTIONS.has(expr.name) || RANDOM_FUNCTIONS.has(expr.name))) || operands(expr).some(asksForPlace);
}

function isMultiplying(step: Step): boolean {
  switch (step.kind) {
    case "filter":
    case "project":
      return false;
    case "sample":
      return step.node.withReplacement;
    case "expand":
    case "generate":
    case "loop":
      return true;
    case "probe":
      return !REDUCING.has(step.node.join);
  }
}

/** Whether the morsels are one partition: those of which the rows before each are known, so that all ids differ. */
function areOnePartition({ kind }: Morsels, asked: PlacesAsked): boolean {
  return asked === "perRow" && (kind === "records" || kind === "stored");
}

/** The numbers that the partitions of a query's pipelines have been given. */
export class PartitionNumbering {
  /** By sink, how many. */
  readonly #given = new Map<number | "result" | "discard", number>();

  /** Pipelines with one sink are inputs of a union, or partitions of an exchange: their numbers follow each other. */
  next(sink: Sink, asked: PlacesAsked, morsels: Morsels): PartitionNumbers | undefined {
    if (asked === "never") return undefined;
    const key = sink.kind === "breaker" ? sink.breaker : sink.kind;
    const first = this.#given.get(key) ?? 0;
    const isOne = areOnePartition(morsels, asked);
    this.#given.set(key, first + (isOne ? 1 : morselCount(morsels)));
    return { first, isOne };
  }

  /** What has gone into a breaker is made again, with the same numbers. */
  forget(breaker: number): void {
    this.#given.delete(breaker);
  }
}

/** The place of a pipeline's rows, morsel by morsel. */
export class RowPlaces {
  /** Of the rows of the latest morsel. */
  readonly place: RowPlace = { partition: 0, morsel: 0, firstId: 0n };
  readonly #morsels: Morsels;
  readonly #numbers: PartitionNumbers;
  /** Rows before each morsel, where all of them are one partition. */
  #before: readonly number[] | undefined;

  constructor(morsels: Morsels, numbers: PartitionNumbers) {
    this.#morsels = morsels;
    this.#numbers = numbers;
  }

  begin(morsel: number): void {
    const { first, isOne } = this.#numbers;
    const partition = isOne ? first : first + morsel;
    this.place.partition = partition;
    this.place.morsel = morsel;
    this.place.firstId = (BigInt(partition) << PARTITION_SHIFT) + BigInt(isOne ? (this.#before ??= rowsBefore(this.#morsels))[morsel] : 0);
  }
}

function rowsBefore(morsels: Morsels): readonly number[] {
  const counts = morsels.kind === "records" || morsels.kind === "stored" ? [...morsels.runs.map((run) => run.count), ...(morsels.kind === "stored" ? morsels.pages.map((page) => page.records) : [])] : [];
  let rows = 0;
  return counts.map((count) => (rows += count) - count);
}
