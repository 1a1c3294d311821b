import type { TablesUnderTest } from "../tables-under-test.ts";
import { randomSequence, type Sequence } from "./generate.ts";
import { runSequence, type SequenceOutcome } from "./run-sequence.ts";
import { shrinkSequence } from "./shrink-sequence.ts";

export interface SequencesRun {
  readonly seed: number;
  /** Number of the first sequence. */
  readonly first: number;
  readonly count: number;
  /** The run goes on to this many failures; each is shrunk. */
  readonly maxFailures: number;
}

export interface SequencesSummary {
  /** Versions that were compared. */
  readonly versions: number;
  readonly statements: number;
  /** One report for each: the seed and number, what is wrong, and the statements of the shrunk sequence. */
  readonly failures: readonly string[];
}

/** Runs random sequences against the model. `run`: how one is run, in tests of this itself something that fails. */
export async function runSequences(tables: TablesUnderTest, { seed, first, count, maxFailures }: SequencesRun, run: (sequence: Sequence) => Promise<SequenceOutcome> = (sequence) => runSequence(tables, sequence)): Promise<SequencesSummary> {
  await tables.run("SET spark.databricks.delta.retentionDurationCheck.enabled = false");
  const failures: string[] = [];
  let versions = 0;
  let statements = 0;
  for (let number = first; number < first + count && failures.length < maxFailures; number++) {
    const sequence = randomSequence(seed, number);
    // Tables are small: by turns their files are written anew one by one, as large ones are, and together.
    await tables.run(`SET sparrow.delta.rewrite.minFileSize = ${number % 2 === 0 ? "0" : "64k"}`);
    const outcome = await run(sequence);
    if (outcome.kind === "right") {
      versions += outcome.versions;
      statements += outcome.statements;
      continue;
    }
    const smallest = await shrinkSequence(sequence, async (smaller) => (await run(smaller)).kind === "wrong");
    const now = await run(smallest);
    const shown = now.kind === "wrong" ? now : outcome;
    const whole = shown.problem === outcome.problem ? "" : ` (of the whole sequence: ${outcome.problem})`;
    failures.push(`seed ${seed}, sequence ${number}: ${shown.problem}${whole}\n  ${shown.statements.join(";\n  ")}`);
  }
  return { versions, statements, failures };
}
