import { parseText } from "./parse-text.ts";
import type { RunOptions } from "./run-query.ts";
import type { Session } from "./session.ts";
import type { StatementResult } from "./statement-result.ts";
import { runStatement } from "./statements/run-statement.ts";

/** Runs one statement of SQL text in the session's dialect. */
export async function runText(session: Session, text: string, options: RunOptions = {}): Promise<StatementResult> {
  const own = options.settings === undefined ? session : session.withSettings(options.settings);
  const parsed = await parseText(text, own, options);
  return runStatement(own, parsed.statement, { ...options, text: parsed.text });
}
