import { SparrowError } from "../catalog/errors.ts";
import { positionOf } from "../catalog/source-text.ts";
import type { Tokens } from "./lexer.ts";

/** How deep a statement may nest: parentheses, subqueries, types, and operator chains that are not associative, for every later walk over the tree recurses. */
export const MAX_NESTING = 500;

/**
 * How many operators, calls, names and other expressions a statement may have. Literals do not count, so that lists of values may be as long as a text can
 * be: each of the others costs every later step memory and time.
 */
export const MAX_TERMS = 100_000;
/** What a SELECT counts for: it becomes a part of the plan, and may become code of its own. */
export const QUERY_TERMS = 20;

/** Thrown by the cursor where the grammar does not go on; becomes a SparrowError once it is known what could have stood there. */
export class SyntaxFailure extends Error {
  readonly at: number;
  /** In words, when a list of tokens would say less: "an expression". */
  readonly wanted: string | undefined;

  constructor(at: number, wanted: string | undefined) {
    super("syntax failure");
    this.at = at;
    this.wanted = wanted;
  }
}

/** What was looked for, by token position; filled by a second run over a text that failed. */
export type Expectations = ReadonlyMap<number, ReadonlySet<string>>;

const LISTED_EXPECTATIONS = 8;

export function syntaxError(tokens: Tokens, failure: SyntaxFailure, expectations: Expectations, implicitAlias: number): SparrowError {
  const { at, wanted } = failure;
  const found = describeToken(tokens, at);
  const expected = [...(expectations.get(at) ?? [])];
  const listed = wanted ?? (expected.length > 0 && expected.length <= LISTED_EXPECTATIONS ? expected.map(quoteSymbol).join(expected.length === 2 ? " or " : ", ") : undefined);
  const hint = misspelling(tokens, at, expectations, implicitAlias) ?? unbalanced(tokens, at) ?? otherSystems(tokens, at);
  const detail = wanted === undefined && expected.length > LISTED_EXPECTATIONS ? `Expected one of: ${expected.map(quoteSymbol).join(", ")}` : undefined;
  const message = `Syntax error at or near ${found}${listed === undefined ? "" : `: expected ${listed}`}`;
  return new SparrowError("PARSE_SYNTAX_ERROR", "42601", message, { error: found, hint: "" }, { span: { start: tokens.starts[at], end: tokens.ends[at] }, detail, hint });
}

function quoteSymbol(expected: string): string {
  return /^\w/.test(expected) ? expected : `'${expected}'`;
}

const SHOWN_TOKEN_LENGTH = 40;

function describeToken(tokens: Tokens, at: number): string {
  if (tokens.kinds[at] === "end") return "end of input";
  const text = tokens.text.slice(tokens.starts[at], Math.min(tokens.ends[at], tokens.starts[at] + SHOWN_TOKEN_LENGTH));
  const cut = tokens.ends[at] - tokens.starts[at] > SHOWN_TOKEN_LENGTH ? `${text}...` : text;
  return cut.includes("'") ? cut : `'${cut}'`;
}

/** A parenthesis that is not closed where the text ends, or one too many. */
function unbalanced(tokens: Tokens, at: number): string | undefined {
  const isEnd = tokens.kinds[at] === "end" || tokens.words[at] === ";";
  if (!isEnd && tokens.words[at] !== ")") return undefined;
  const open: number[] = [];
  for (let i = 0; i < at; i++) {
    if (tokens.words[i] === "(") open.push(i);
    else if (tokens.words[i] === ")") open.pop();
    else if (tokens.words[i] === ";") open.length = 0;
  }
  const last = open.pop();
  if (!isEnd) return last === undefined ? "There is no '(' for this ')'" : undefined;
  if (last === undefined) return undefined;
  const { line, column } = positionOf(tokens.text, tokens.starts[last]);
  return `The '(' at line ${line}, column ${column} is not closed`;
}

/** What other systems write where Spark has LIMIT, or backquotes. */
function otherSystems(tokens: Tokens, at: number): string | undefined {
  if (tokens.kinds[at] === "string" && tokens.text[tokens.starts[at]] === '"') return "Names are quoted with backquotes: `name`";
  const before = tokens.words[at - 1];
  if (before === "TOP" && tokens.kinds[at] === "number") return "Write LIMIT at the end of the query instead of TOP";
  return before === "FETCH" && (tokens.words[at] === "FIRST" || tokens.words[at] === "NEXT") ? "Write LIMIT instead of FETCH" : undefined;
}

/** The expected keyword that a word is nearest to: at the failure, or just before it where a word was taken for an alias (`SELECT a FORM t`). */
function misspelling(tokens: Tokens, at: number, expectations: Expectations, implicitAlias: number): string | undefined {
  for (const position of implicitAlias === at - 1 ? [at, at - 1] : [at]) {
    if (tokens.kinds[position] !== "word") continue;
    const nearest = nearestWord(tokens.words[position], expectations.get(at) ?? []);
    if (nearest !== undefined) return `Did you mean ${nearest} instead of ${tokens.text.slice(tokens.starts[position], tokens.ends[position])}?`;
  }
  return undefined;
}

/** The candidate at the least edit distance from `word`, if it is near enough to be a slip of the fingers. */
export function nearestWord(word: string, candidates: Iterable<string>): string | undefined {
  const allowed = word.length <= 3 ? 1 : 2;
  let best: string | undefined;
  let bestDistance = allowed + 1;
  for (const candidate of candidates) {
    const first = candidate.split(" ", 1)[0];
    if (first === word && candidate !== word) return candidate;
    if (first.length < 2 || first === word || Math.abs(first.length - word.length) > allowed) continue;
    const distance = editDistance(word, first);
    if (distance < bestDistance) {
      bestDistance = distance;
      best = first;
    }
  }
  return best;
}

/** Damerau-Levenshtein distance with adjacent transpositions (optimal string alignment). */
function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const cost = a[i - 1] === b[j - 1] ? 0 : 1;
      row[j] = Math.min(last[j] + 1, row[j - 1] + 1, last[j - 1] + cost);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) row[j] = Math.min(row[j], beforeLast[j - 2] + 1);
    }
    beforeLast = last;
    last = row;
  }
  return last[b.length];
}
