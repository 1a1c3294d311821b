import { SparrowError } from "../../catalog/errors.ts";
import { parseStorageLevel } from "../../catalog/storage-level.ts";
import type { Query } from "../../parser/ast.ts";
import { parseText } from "../parse-text.ts";
import type { RunOptions } from "../run-query.ts";
import type { Session } from "../session.ts";
import { cacheQuery, uncacheQuery } from "../statements/cache-table.ts";

/** Has a query's result cached when it is first read. Source: Spark's Dataset.persist. */
export async function persist(session: Session, text: string, options: RunOptions, level: string): Promise<void> {
  await cacheQuery(session, "persisted rows", await queryOf(session, text, options), parseStorageLevel(level), options, true);
}

/** Forgets the result. What is cached and made of it stays. Source: Spark's Dataset.unpersist. */
export async function unpersist(session: Session, text: string, options: RunOptions): Promise<void> {
  await uncacheQuery(session, await queryOf(session, text, options), options, false);
}

async function queryOf(session: Session, text: string, options: RunOptions): Promise<Query> {
  const { statement } = await parseText(text, session, options);
  if (statement.kind === "select") return statement.query;
  throw new SparrowError("UNSUPPORTED_FEATURE.PERSIST_STATEMENT", "0A000", "The feature is not supported: persisting the result of a statement that is not a query.", {}, { span: statement.span });
}
