import type { Statement } from "./ast.ts";
import { parseAlter } from "./alter-table.ts";
import { parseCreate } from "./create.ts";
import type { Cursor } from "./cursor.ts";
import { parseConvert, parseCopyInto, parseGenerate, parseOptimize, parseReorg, parseRestore, parseVacuum } from "./delta.ts";
import { parseDescribe } from "./describe.ts";
import { parseDelete, parseInsert, parseMerge, parseMultiInsert, parseUpdate, startsMultiInsert } from "./dml.ts";
import { parseDrop, parseTruncate } from "./drop.ts";
import { parseQuery, parseQueryAfterWith, parseWith, startsQuery } from "./query.ts";
import { parseAnalyze, parseCache, parseClear, parseComment, parseDeclare, parseExecuteImmediate, parseExplain, parseMsck, parseRefresh, parseRepair, parseUncache, parseUse } from "./session.ts";
import { parseReset, parseSet } from "./set.ts";
import { parseShow } from "./show.ts";

/** Without the span, which is the same for all: from the first token to the last. */
export type StatementBody = Statement extends infer S ? (S extends Statement ? Omit<S, "span"> : never) : never;

type Production = (c: Cursor) => StatementBody;

const STATEMENTS: ReadonlyMap<string, Production> = new Map<string, Production>([
  ["EXPLAIN", parseExplain],
  ["CREATE", parseCreate],
  ["REPLACE", parseCreate],
  ["DROP", parseDrop],
  ["ALTER", parseAlter],
  ["TRUNCATE", parseTruncate],
  ["INSERT", (c) => parseInsert(c)],
  ["UPDATE", parseUpdate],
  ["DELETE", parseDelete],
  ["MERGE", parseMerge],
  ["SHOW", parseShow],
  ["DESCRIBE", parseDescribe],
  ["DESC", parseDescribe],
  ["SET", parseSet],
  ["RESET", parseReset],
  ["USE", parseUse],
  ["CACHE", parseCache],
  ["UNCACHE", parseUncache],
  ["CLEAR", parseClear],
  ["REFRESH", parseRefresh],
  ["ANALYZE", parseAnalyze],
  ["COMMENT", parseComment],
  ["MSCK", parseMsck],
  ["REPAIR", parseRepair],
  ["DECLARE", parseDeclare],
  ["EXECUTE", parseExecuteImmediate],
  ["OPTIMIZE", parseOptimize],
  ["VACUUM", parseVacuum],
  ["RESTORE", parseRestore],
  ["CONVERT", parseConvert],
  ["REORG", parseReorg],
  ["GENERATE", parseGenerate],
  ["COPY", parseCopyInto],
]);

/** Statements that Spark knows and Sparrow has no place for. */
const UNSUPPORTED = new Set(["ADD", "LIST", "LOAD", "GRANT", "REVOKE", "EXPORT", "IMPORT", "LOCK", "UNLOCK", "START", "COMMIT", "ROLLBACK", "DFS", "CALL", "BEGIN"]);

/** The statement that stands here. */
export function parseStatementAt(c: Cursor): Statement {
  c.enter();
  const start = c.start;
  const body = statementBody(c);
  c.leave();
  return { ...body, span: c.spanFrom(start) } as Statement;
}

function statementBody(c: Cursor): StatementBody {
  const production = STATEMENTS.get(c.word);
  if (production !== undefined) return production(c);
  if (c.word === "WITH") return afterWith(c);
  if (c.word === "FROM" && startsMultiInsert(c)) return parseMultiInsert(c);
  if (c.word === "(" || startsQuery(c)) return { kind: "select", query: parseQuery(c) };
  if (UNSUPPORTED.has(c.word)) unsupported(c);
  for (const word of ["SELECT", "WITH", "FROM", "VALUES", "TABLE", ...STATEMENTS.keys()]) c.is(word);
  return c.fail("a statement");
}

function unsupported(c: Cursor): never {
  c.refuse("UNSUPPORTED_FEATURE.STATEMENT", `The feature is not supported: the statement ${c.word}.`, { statement: c.word }, undefined, "0A000");
}

/** WITH before a query, or before an INSERT, whose query it belongs to. */
function afterWith(c: Cursor): StatementBody {
  const { start } = c;
  const withClause = parseWith(c);
  if (c.word === "INSERT") return parseInsert(c, withClause);
  if (c.word === "FROM" && startsMultiInsert(c)) return parseMultiInsert(c, withClause);
  if (c.word === "UPDATE" || c.word === "DELETE" || c.word === "MERGE") c.refuse("UNSUPPORTED_FEATURE.CTE_IN_DML", `The feature is not supported: WITH before ${c.word}.`, {}, undefined, "0A000");
  return { kind: "select", query: parseQueryAfterWith(c, withClause, start) };
}
