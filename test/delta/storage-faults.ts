import { cpSync, rmSync } from "node:fs";
import { join } from "node:path";
import { type FaultKind, withFault } from "./faulty-file-system.ts";
import { checkFiles, replayLog } from "./replay-log.ts";
import { sortedTexts } from "./row-texts.ts";
import type { TablesUnderTest } from "./tables-under-test.ts";

export interface FaultRun {
  /** Statements that make the table; `{t}` is its name. */
  readonly prepare: readonly string[];
  /** The statement during which the storage fails. */
  readonly statement: string;
  readonly kinds: readonly FaultKind[];
}

export interface FaultSummary {
  /** Calls of the file system that were disturbed, by their names. */
  readonly calls: readonly string[];
  readonly failed: number;
  readonly succeeded: number;
  readonly problems: readonly string[];
}

/**
 * Runs a statement once for each call of the file system that it makes and each kind of fault. With an error the table must be as before, without one as the
 * statement makes it; and in both cases it can be read and written on, by an engine that has seen the fault and by a reader that has not.
 */
export async function disturbEveryCall(tables: TablesUnderTest, { prepare, statement, kinds }: FaultRun): Promise<FaultSummary> {
  const template = join(tables.folder, "template");
  const named = (text: string, folder: string): string => text.replaceAll("{t}", `delta.\`${folder}\``);
  for (const text of prepare) await tables.run(named(text, template));
  const replayed = async (folder: string): Promise<string> => {
    const table = replayLog(folder);
    checkFiles(table);
    return JSON.stringify(sortedTexts(await tables.replayedRows.rows(table)));
  };
  const before = await replayed(template);
  const problems: string[] = [];
  let calls: string[] = [];
  let after = before;
  let failed = 0;
  let succeeded = 0;
  // One call more than there are: nothing is disturbed then.
  for (let at = 0; at <= calls.length; at++) {
    for (const kind of at === 0 ? (["error"] as const) : kinds) {
      const folder = join(tables.folder, `faulty-${at}-${kind.replace(" ", "-")}`);
      cpSync(template, folder, { recursive: true });
      let raised: unknown;
      const made = await withFault(folder, at === 0 ? undefined : { at, kind }, async () => {
        try {
          await tables.run(named(statement, folder));
        } catch (error) {
          raised = error;
        }
      });
      if (at === 0) {
        if (raised !== undefined) throw raised;
        calls = made.map(({ name }) => name);
        after = await replayed(folder);
      } else {
        if (raised === undefined) succeeded++;
        else failed++;
        const problem = await problemWith(folder, raised === undefined ? after : before);
        if (problem !== undefined) problems.push(`${statement}: ${kind} at call ${at} (${calls[at - 1]}), ${raised === undefined ? "no error" : String(raised)}: ${problem}`);
      }
      rmSync(folder, { recursive: true });
    }
  }
  rmSync(template, { recursive: true });
  return { calls, failed, succeeded, problems };

  async function problemWith(folder: string, expected: string): Promise<string | undefined> {
    try {
      const found = await replayed(folder);
      if (found !== expected) return `the table has ${found} instead of ${expected}`;
      const seen = JSON.stringify(await tables.rows(named("SELECT * FROM {t}", folder)));
      if (seen !== expected) return `the engine sees ${seen} instead of ${expected}`;
      await tables.run(named("INSERT INTO {t} SELECT * FROM {t}", folder));
      const doubled = JSON.stringify((JSON.parse(expected) as string[]).flatMap((row) => [row, row]));
      const now = await replayed(folder);
      return now === doubled ? undefined : `after another statement it has ${now} instead of ${doubled}`;
    } catch (error) {
      return String(error);
    }
  }
}
