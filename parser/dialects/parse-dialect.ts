import { createRequire } from "node:module";
import { SparrowError } from "../../catalog/errors.ts";
import type { Query, Statement } from "../ast.ts";
import { MAX_NESTING, SyntaxFailure } from "../syntax-error.ts";
import type { Dialect, DialectName } from "./dialect.ts";
import { DIALECTS, isDialectName } from "./dialect.ts";
import type { ForeignSelect } from "./foreign-tree.ts";
import { Lowering } from "./lowering.ts";
import { lowerQuery } from "./lower-query.ts";
import { unsupportedConstruct } from "./refusals.ts";

interface ForeignParser {
  astify(text: string, options: { database: string }): ForeignSelect | ForeignSelect[];
}

/** Grammars that have been loaded: 200 to 300 KB each, so one only when its dialect is asked for. */
const loaded = new Map<DialectName, ForeignParser>();

/**
 * A query in another system's SQL as the tree that the equivalent Spark SQL has. node-sql-parser reads the text; its tree is then held
 * against the tokens of the text, its operators are grouped anew, and what it lost or misread is repaired or refused with
 * UNSUPPORTED_DIALECT_CONSTRUCT (0A000). What means something else in Spark is rewritten or refused the same way.
 */
export async function parseDialect(text: string, dialect: string): Promise<Statement> {
  const name = dialect.toLowerCase();
  if (!isDialectName(name)) {
    throw new SparrowError("UNSUPPORTED_DIALECT", "0A000", `The SQL dialect ${dialect} is not known. Known are: spark, ${Object.keys(DIALECTS).join(", ")}.`, { dialect });
  }
  const known: Dialect = DIALECTS[name];
  const lowering = new Lowering(text, known);
  checkSize(lowering);
  checkComments(lowering);
  const tree = readTree(loadParser(name), text, lowering);
  try {
    const query = lowerQuery(lowering, tree);
    while (lowering.c.accept(";"));
    if (lowering.c.kind !== "end") lowering.disagree();
    checkHeight(lowering, query);
    return { kind: "select", query, span: query.span };
  } catch (error) {
    if (error instanceof SyntaxFailure) lowering.disagree();
    throw error;
  }
}

function loadParser(name: DialectName): ForeignParser {
  const known = loaded.get(name);
  if (known !== undefined) return known;
  const require = createRequire(import.meta.url);
  const { Parser } = require(`node-sql-parser/build/${name}.js`) as { Parser: new () => ForeignParser };
  const parser = new Parser();
  loaded.set(name, parser);
  return parser;
}

/** Its parser recurses by the character, and tries some parentheses again and again. */
const MAX_TOKENS = 20_000;
const MAX_PARENTHESES = 30;

function checkSize(l: Lowering): void {
  const { tokens } = l.c;
  if (tokens.count > MAX_TOKENS) l.refuse(`a statement of more than ${MAX_TOKENS} words and symbols`);
  let depth = 0;
  for (let i = 0; i < tokens.count; i++) {
    if (tokens.words[i] === "(") depth++;
    else if (tokens.words[i] === ")") depth--;
    if (depth > MAX_PARENTHESES) l.refuse(`more than ${MAX_PARENTHESES} nested parentheses`, { start: tokens.starts[i], end: tokens.ends[i] });
  }
}

/** The same limit as for Spark's dialect; without recursion, for the tree may be as tall as the statement is long. */
function checkHeight(l: Lowering, root: Query): void {
  const stack: [node: unknown, height: number][] = [[root, 1]];
  for (let top = stack.pop(); top !== undefined; top = stack.pop()) {
    const [node, height] = top;
    if (typeof node !== "object" || node === null) continue;
    if (height > MAX_NESTING) l.refuse(`a statement that nests deeper than ${MAX_NESTING} levels`, root.span);
    const childHeight = "kind" in node ? height + 1 : height;
    for (const child of Object.values(node)) stack.push([child, childHeight]);
  }
}

/** MySQL runs what stands in a comment that begins with `!`, and takes `--` for two minus signs when no space follows. */
function checkComments(l: Lowering): void {
  if (!l.dialect.pipesAreOr) return;
  const { tokens } = l.c;
  for (let i = 0; i < tokens.count; i++) {
    const start = i === 0 ? 0 : tokens.ends[i - 1];
    const gap = tokens.text.slice(start, tokens.starts[i]);
    if (/\/\*!|--\S/.test(gap)) l.refuse(`the comment ${gap.trim()}`, { start, end: tokens.starts[i] });
  }
}

interface ForeignSyntaxError extends Error {
  readonly location?: { readonly start: { readonly offset: number }; readonly end: { readonly offset: number } };
}

function readTree(parser: ForeignParser, text: string, l: Lowering): ForeignSelect {
  if (l.c.kind === "end") throw new SparrowError("PARSE_EMPTY_STATEMENT", "42617", "Syntax error, unexpected empty statement.", {}, { span: { start: 0, end: text.length } });
  let trees: ForeignSelect | ForeignSelect[];
  try {
    trees = parser.astify(text, { database: l.dialect.name });
  } catch (error) {
    throw foreignSyntaxError(error as ForeignSyntaxError, text, l);
  }
  const list = (Array.isArray(trees) ? trees : [trees]).filter((tree) => tree !== null && tree !== undefined);
  if (list.length !== 1) l.refuse("several statements at once");
  if (list[0].type !== "select") l.refuse(`the statement ${l.c.word}; only queries are read in it`);
  return list[0];
}

function foreignSyntaxError(error: ForeignSyntaxError, text: string, l: Lowering): SparrowError {
  if (error instanceof RangeError) return unsupportedConstruct(l.dialect.name, "a statement that nests too deeply", undefined);
  const located = Math.min(error.location?.start.offset ?? 0, text.length);
  const offset = located + (/^\s*/.exec(text.slice(located))?.[0].length ?? 0);
  const found = offset >= text.length ? "end of input" : `'${text.slice(offset, offset + 20).split(/\s/)[0] || text[offset]}'`;
  return new SparrowError("PARSE_SYNTAX_ERROR", "42601", `Syntax error at or near ${found}: not understood as ${l.dialect.name}`, { error: found, hint: "" }, { span: { start: offset, end: Math.min(text.length, offset + 1) }, cause: error });
}
