import { readdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { later } from "../later.ts";
import { deletionVectorFile } from "../replay-deletion-vector.ts";
import { checkFiles, replayLog } from "../replay-log.ts";
import { sortedTexts } from "../row-texts.ts";
import type { TablesUnderTest } from "../tables-under-test.ts";
import { checkpointProblem } from "./checkpoint-check.ts";
import type { Sequence } from "./generate.ts";
import { createText, earlier, type Operation, operationTexts, type TableDefinition } from "./operations.ts";
import { applyOperation, initialState, matching, type ModelState } from "./table-model.ts";

/** What a sequence has come to. */
export type SequenceOutcome =
  | { readonly kind: "right"; readonly versions: number; readonly statements: number }
  | { readonly kind: "wrong"; readonly problem: string; readonly statements: readonly string[] };

const TABLE = "sequence";
/** Errors of a query for a version whose files VACUUM has deleted. */
const FILE_GONE = "FAILED_READ_FILE.FILE_NOT_EXIST";
const CANNOT_RESTORE = "DELTA_CANNOT_RESTORE_TABLE_VERSION";

/** Of a ZORDER BY column. */
const NO_STATISTICS = "DELTA_ZORDERING_ON_COLUMN_WITHOUT_STATS";

class Wrong extends Error {}

/** Runs a sequence in the engine and in the model; compares every statement's outcome, and in the end every version by the engine and by the replayer. */
export async function runSequence(tables: TablesUnderTest, { definition, operations }: Sequence): Promise<SequenceOutcome> {
  const run = new SequenceRun(tables, initialState(definition), definition.properties);
  try {
    await run.statement(createText(TABLE, definition));
    for (const operation of operations) await run.step(operation);
    await run.compareVersions();
    return { kind: "right", versions: run.versions.length, statements: run.statements.length };
  } catch (error) {
    return { kind: "wrong", problem: error instanceof Error ? error.message : String(error), statements: run.statements };
  } finally {
    await tables.run(`DROP TABLE IF EXISTS ${TABLE}`, "RESET spark.sql.sources.partitionOverwriteMode");
    rmSync(run.moved, { recursive: true, force: true });
  }
}

class SequenceRun {
  readonly versions: ModelState[];
  readonly statements: string[] = [];
  readonly moved: string;
  readonly #tables: TablesUnderTest;
  readonly #folder: string;
  readonly #hasChangeData: boolean;
  readonly #hasRowIds: boolean;
  /** Versions before this one may have lost files. */
  #vacuumed = 0;

  constructor(tables: TablesUnderTest, initial: ModelState, properties: TableDefinition["properties"]) {
    this.#tables = tables;
    this.#folder = join(tables.folder, TABLE);
    this.moved = join(tables.folder, `moved-${crypto.randomUUID()}`);
    this.versions = [initial];
    this.#hasChangeData = properties["delta.enableChangeDataFeed"] === "true";
    this.#hasRowIds = properties["delta.enableRowTracking"] === "true";
  }

  get #latest(): number {
    return this.versions.length - 1;
  }

  async statement(text: string): Promise<string[]> {
    this.statements.push(text);
    return this.#tables.rows(text);
  }

  /** Leaves out an operation that names what is not there: because steps before it were taken away, or a RESTORE went to another version than was thought. */
  async step(operation: Operation): Promise<void> {
    if (operation.kind === "travel") return this.#travel(operation);
    const expected = applyOperation(this.versions, operation);
    if (expected.kind === "senseless") return;
    const before = this.#latest;
    // Files are as old as VACUUM wants them only when the clock has moved on.
    if (operation.kind === "vacuum") await later();
    const texts = operationTexts(operation, TABLE, before);
    const keepsRows = operation.kind === "optimize" || operation.kind === "purge";
    const identified = this.#hasRowIds && keepsRows ? await this.#identifiedRows() : undefined;
    let given: string[] = [];
    let raised: string | undefined;
    for (const text of texts) {
      try {
        const rows = await this.statement(text);
        if (rows.length > 0) given = rows;
      } catch (error) {
        raised ??= (error as { condition?: string }).condition ?? String(error);
      }
    }
    if (raised !== undefined) {
      const mayRaise = expected.kind === "done" ? (operation.kind === "restore" && earlier(before, operation.back) < this.#vacuumed ? [CANNOT_RESTORE] : operation.kind === "optimize" ? [NO_STATISTICS] : []) : expected.conditions;
      if (!mayRaise.includes(raised)) throw new Wrong(`${texts.join("; ")} raised ${raised}${expected.kind === "refused" ? ` instead of ${expected.conditions.join(" or ")}` : ""}`);
      if (this.#committed() !== before) throw new Wrong(`${texts.join("; ")} raised ${raised}, and left a commit`);
      return;
    }
    if (expected.kind === "refused") throw new Wrong(`${texts.join("; ")} did not raise ${expected.conditions.join(" or ")}`);
    if (expected.affected !== undefined && given[0] !== JSON.stringify(expected.affected)) throw new Wrong(`${texts.join("; ")} gave ${given[0]} instead of ${JSON.stringify(expected.affected)}`);
    const after = this.#committed();
    if (after === before) requireEqual(`${texts.join("; ")} made no commit, and the rows`, stateTexts(this.versions[before]), stateTexts(expected.state));
    for (let version = before + 1; version <= after; version++) this.versions.push(expected.state);
    if (operation.kind === "vacuum") this.#afterVacuum();
    requireEqual(`the rows after ${texts.join("; ")}`, await this.#tables.rows(`SELECT * FROM ${TABLE}`), stateTexts(expected.state));
    if (identified !== undefined) requireEqual(`the rows with their ids after ${texts.join("; ")}`, await this.#identifiedRows(), identified);
    else if (this.#hasRowIds && new Set(await this.#tables.rows(`SELECT _metadata.row_id FROM ${TABLE}`)).size !== expected.state.rows.length) throw new Wrong(`after ${texts.join("; ")} rows have the same id, or none`);
    if (this.#hasChangeData && after > before) await this.#compareChanges(after);
  }

  #identifiedRows(): Promise<string[]> {
    return this.#tables.rows(`SELECT _metadata.row_id, * FROM ${TABLE}`);
  }

  /** The changes that the table tells of a version lead from the rows before it to its own. */
  async #compareChanges(version: number): Promise<void> {
    const [before, after] = [this.versions[version - 1], this.versions[version]];
    if (JSON.stringify(before.columns.map(({ name }) => name)) !== JSON.stringify(after.columns.map(({ name }) => name))) return;
    // Under another mapping columns are others: their changes are not read in one.
    if (before.mapping !== after.mapping) return;
    const columns = after.columns.map(({ name }) => `\`${name}\``).join(", ");
    const query = (types: string): Promise<string[]> => this.#tables.rows(`SELECT ${columns} FROM table_changes('${TABLE}', ${version}, ${version}) WHERE _change_type IN (${types})`);
    const [gone, come] = [await query("'delete', 'update_preimage'"), await query("'insert', 'update_postimage'")];
    requireEqual(`the rows of version ${version} and the changes that take from it`, [...stateTexts(after), ...gone].sort(), [...stateTexts(before), ...come].sort());
  }

  async #travel(operation: Extract<Operation, { kind: "travel" }>): Promise<void> {
    const version = earlier(this.#latest, operation.back);
    const state = this.versions[version];
    if (applyOperation([state], { kind: "delete", where: operation.where }).kind === "senseless") return;
    const [text] = operationTexts(operation, TABLE, this.#latest);
    const rows = await this.#unlessVacuumed(version, () => this.statement(text));
    if (rows !== undefined) requireEqual(text, rows, sortedTexts(matching(state, operation.where).map((row) => [...row.values()])));
  }

  /** Every version by both readers, from a log that the engine has not seen: the folder under another name. */
  async compareVersions(): Promise<void> {
    renameSync(this.#folder, this.moved);
    checkFiles(replayLog(this.moved));
    for (const [version, state] of this.versions.entries()) {
      const expected = stateTexts(state);
      const from = `delta.\`${this.moved}\` VERSION AS OF ${version}`;
      const rows = await this.#unlessVacuumed(version, async () => {
        const result = await this.#tables.sparrow.query(`SELECT * FROM ${from}`);
        requireEqual(`the columns of version ${version}`, result.columns.map(({ name }) => name), state.columns.map(({ name }) => name));
        return sortedTexts(result.rows);
      });
      if (rows === undefined) continue;
      requireEqual(`version ${version} in the engine`, rows, expected);
      requireEqual(`version ${version} as it is replayed`, sortedTexts(await this.#tables.replayedRows.rows(replayLog(this.moved, version))), expected);
    }
    const problem = await checkpointProblem(this.#tables.duckdb, this.moved);
    if (problem !== undefined) throw new Wrong(problem);
  }

  async #unlessVacuumed<T>(version: number, read: () => Promise<T>): Promise<T | undefined> {
    try {
      return await read();
    } catch (error) {
      if (version < this.#vacuumed && (error as { condition?: string }).condition === FILE_GONE) return undefined;
      throw error;
    }
  }

  #committed(): number {
    return readdirSync(join(this.#folder, "_delta_log")).filter((name) => /^\d{20}\.json$/.test(name)).length - 1;
  }

  /** Nothing but live files is left. */
  #afterVacuum(): void {
    this.#vacuumed = this.#latest;
    const left = readdirSync(this.#folder, { recursive: true, encoding: "utf8" }).filter((path) => /\.(parquet|bin)$/.test(path) && !path.startsWith("_delta_log"));
    const live = replayLog(this.#folder).files.flatMap(({ path, deletionVector }) => [path, ...(deletionVector === undefined ? [] : [deletionVectorFile(this.#folder, deletionVector) ?? []].flat())]);
    requireEqual("the files after VACUUM", left.map((path) => join(this.#folder, path)).sort(), [...new Set(live)].sort());
  }
}

function stateTexts({ rows }: ModelState): string[] {
  return sortedTexts(rows);
}

function requireEqual(what: string, found: readonly string[], expected: readonly string[]): void {
  if (JSON.stringify(found) === JSON.stringify(expected)) return;
  const missing = expected.filter((text) => !found.includes(text));
  const more = found.filter((text) => !expected.includes(text));
  throw new Wrong(`${what}: ${found.length} instead of ${expected.length}; missing: ${missing.join(" ")}; too many: ${more.join(" ")}`);
}
