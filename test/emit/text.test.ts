import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Expr } from "../../catalog/expression.ts";
import { BOOLEAN, INT, LONG, STRING } from "../../catalog/types.ts";
import type { Value } from "../../catalog/values.ts";
import { canEmit } from "../../executor/emit/expression.ts";
import { call, column, inList, literal, ref } from "./expressions.ts";
import { runExpression } from "./row-runner.ts";

/** Few characters of one to four bytes, so that random texts share parts. */
const ALPHABET = ["a", "b", "a", "b", " ", "%", "_", "é", "日", "😀", "Z"];
const word = fc.string({ unit: fc.constantFrom(...ALPHABET), maxLength: 40 });
const short = fc.string({ unit: fc.constantFrom("a", "b", "é", " "), maxLength: 3 });
const position = fc.constantFrom(-50, -41, -7, -3, -2, -1, 0, 1, 2, 3, 5, 8, 17, 40, 2 ** 31 - 1, -(2 ** 31));

const SEED = 20240601;

function sample<T>(arbitrary: fc.Arbitrary<T>, count: number): T[] {
  return fc.sample(arbitrary, { numRuns: count, seed: SEED });
}

function substring(text: string, at: number, length: number): string {
  const characters = Array.from(text);
  const start = at > 0 ? at - 1 : at < 0 ? characters.length + at : 0;
  const end = start + length;
  return characters.slice(Math.max(start, 0), Math.max(end, 0)).join("");
}

function locate(part: string, text: string, start: number): number {
  if (start < 1) return 0;
  if (part === "") return 1;
  const characters = Array.from(text);
  const at = characters.slice(start - 1).join("").indexOf(part);
  return at < 0 ? 0 : start + Array.from(characters.slice(start - 1).join("").slice(0, at)).length;
}

function pad(text: string, length: number, padding: string, left: boolean): string {
  const characters = Array.from(text);
  if (length <= characters.length || padding === "") return characters.slice(0, Math.max(length, 0)).join("");
  const filling = Array.from(padding.repeat(length)).slice(0, length - characters.length).join("");
  return left ? filling + text : text + filling;
}

function trim(text: string, set: string, sides: number): string {
  const characters = Array.from(text);
  const cut = new Set(set);
  const fromStart = (sides & 1) !== 0;
  const fromEnd = (sides & 2) !== 0;
  if (fromStart) while (characters.length > 0 && cut.has(characters[0])) characters.shift();
  if (fromEnd) while (characters.length > 0 && cut.has(characters.at(-1) ?? "")) characters.pop();
  return characters.join("");
}

function substringIndex(text: string, delimiter: string, count: number): string {
  if (delimiter === "" || count === 0) return "";
  let at = count > 0 ? -1 : text.length - delimiter.length + 1;
  for (let i = 0; i < Math.abs(count); i++) {
    at = count > 0 ? text.indexOf(delimiter, at + 1) : at - 1 < 0 ? -1 : text.lastIndexOf(delimiter, at - 1);
    if (at < 0) return text;
  }
  return count > 0 ? text.slice(0, at) : text.slice(at + delimiter.length);
}

/** Pads with NULLs in every position, then compares with the reference; NULL whenever an argument is. */
async function expectCall(name: string, types: readonly (typeof STRING | typeof INT)[], result: typeof STRING, rows: readonly (readonly Value[])[], reference: (...args: never[]) => Value): Promise<void> {
  const columns = types.map((type) => column(type));
  const all = [...rows, ...types.map((_, i) => rows[0].map((value, k) => (i === k ? null : value)))];
  const { values, error } = await runExpression(call(name, columns.map(ref), result), columns, all);
  expect(error).toBeUndefined();
  expect(values).toEqual(all.map((row) => (row.includes(null) ? null : reference(...(row as never[])))));
}

describe("functions of text", () => {
  const words = sample(fc.tuple(word), 150);
  test.each([
    ["length", INT, (s: string) => Array.from(s).length],
    ["octet_length", INT, (s: string) => Buffer.byteLength(s)],
    ["bit_length", INT, (s: string) => Buffer.byteLength(s) * 8],
    ["upper", STRING, (s: string) => s.toUpperCase()],
    ["lower", STRING, (s: string) => s.toLowerCase()],
    ["reverse", STRING, (s: string) => Array.from(s).toReversed().join("")],
    ["ascii", INT, (s: string) => s.codePointAt(0) ?? 0],
    ["trim", STRING, (s: string) => trim(s, " ", 3)],
    ["ltrim", STRING, (s: string) => trim(s, " ", 1)],
    ["rtrim", STRING, (s: string) => trim(s, " ", 2)],
    ["btrim", STRING, (s: string) => trim(s, " ", 3)],
  ] as const)("%s", (name, result, reference) => expectCall(name, [STRING], result, words, reference as never));

  test("upper and lower of characters that change their length", async () => {
    const s = column(STRING);
    const rows = [["straße"], ["ŉ"], ["ΐ and more text"], ["İI"]];
    expect((await runExpression(call("upper", [ref(s)], STRING), [s], rows)).values).toEqual(rows.map(([x]) => x.toUpperCase()));
    expect((await runExpression(call("lower", [ref(s)], STRING), [s], rows)).values).toEqual(rows.map(([x]) => x.toLowerCase()));
  });

  test.each([
    ["trim", (set: string, s: string) => trim(s, set, 3)],
    ["ltrim", (set: string, s: string) => trim(s, set, 1)],
    ["rtrim", (set: string, s: string) => trim(s, set, 2)],
  ])("%s of given characters", (name, reference) => expectCall(name, [STRING, STRING], STRING, sample(fc.tuple(short, word), 150), reference as never));

  test("substring", async () => {
    await expectCall("substring", [STRING, INT, INT], STRING, sample(fc.tuple(word, position, position), 400), substring as never);
    await expectCall("substring", [STRING, INT], STRING, sample(fc.tuple(word, position), 150), ((s: string, at: number) => substring(s, at, 2 ** 31 - 1)) as never);
    await expectCall("left", [STRING, INT], STRING, sample(fc.tuple(word, position), 100), ((s: string, n: number) => substring(s, 1, n)) as never);
    await expectCall("right", [STRING, INT], STRING, sample(fc.tuple(word, fc.constantFrom(-3, 0, 1, 2, 5, 50)), 100), ((s: string, n: number) => (n <= 0 ? "" : Array.from(s).slice(-n).join(""))) as never);
  });

  test("substring with literal positions", async () => {
    const s = column(STRING);
    for (const [at, length] of [[1, 2], [0, 3], [3, 4], [2, 7], [1, 8], [1, 9], [4, 0], [2, -1], [-3, 2]]) {
      const { values } = await runExpression(call("substring", [ref(s), literal(at, INT), literal(length, INT)], STRING), [s], [...words, [null]]);
      expect(values).toEqual([...words.map(([w]) => substring(w, at, length)), null]);
    }
  });

  test("positions", async () => {
    await expectCall("instr", [STRING, STRING], INT, sample(fc.tuple(word, short), 200), ((s: string, part: string) => locate(part, s, 1)) as never);
    await expectCall("locate", [STRING, STRING], INT, sample(fc.tuple(short, word), 200), ((part: string, s: string) => locate(part, s, 1)) as never);
    const [p, s, n] = [column(STRING), column(STRING), column(INT)];
    const rows = [...sample(fc.tuple(short, word, position), 200), ["a", "ba", null], [null, "a", 1]];
    const { values } = await runExpression(call("locate", [ref(p), ref(s), ref(n)], INT), [p, s, n], rows);
    expect(values).toEqual(rows.map(([part, text, start]) => (part === null ? null : start === null ? 0 : locate(part as string, text as string, start as number))));
  });

  test("padding and repetition", async () => {
    const lengths = fc.constantFrom(-1, 0, 1, 2, 5, 17, 60);
    await expectCall("lpad", [STRING, INT, STRING], STRING, sample(fc.tuple(word, lengths, short), 200), ((s: string, n: number, p: string) => pad(s, n, p, true)) as never);
    await expectCall("rpad", [STRING, INT, STRING], STRING, sample(fc.tuple(word, lengths, short), 200), ((s: string, n: number, p: string) => pad(s, n, p, false)) as never);
    const s = column(STRING);
    for (const times of [-1, 0, 1, 3]) {
      const { values } = await runExpression(call("repeat", [ref(s), literal(times, INT)], STRING), [s], words);
      expect(values).toEqual(words.map(([w]) => w.repeat(Math.max(times, 0))));
    }
    expect(canEmit(call("repeat", [ref(s), literal(100_000_000, INT)], STRING))).toBe(false);
  });

  test("replace, concat, substring_index", async () => {
    await expectCall("replace", [STRING, STRING, STRING], STRING, sample(fc.tuple(word, short, short), 300), ((s: string, a: string, b: string) => (a === "" ? s : s.replaceAll(a, b))) as never);
    await expectCall("concat", [STRING, STRING, STRING], STRING, sample(fc.tuple(word, short, word), 100), ((a: string, b: string, c: string) => a + b + c) as never);
    await expectCall("substring_index", [STRING, STRING, INT], STRING, sample(fc.tuple(word, short, fc.constantFrom(-40, -3, -2, -1, 0, 1, 2, 3, 40)), 400), substringIndex as never);
  });

  test("startswith, endswith, contains, with columns and literals", async () => {
    const tests: Record<string, (s: string, part: string) => boolean> = { startswith: (s, p) => s.startsWith(p), endswith: (s, p) => s.endsWith(p), contains: (s, p) => s.includes(p) };
    const s = column(STRING);
    for (const [name, reference] of Object.entries(tests)) {
      await expectCall(name, [STRING, STRING], BOOLEAN, sample(fc.tuple(word, short), 300), reference as never);
      for (const part of ["", "a", "ab", "é", "aab b", "abababab", "ababababab", "abababababababababab"]) {
        const { values } = await runExpression(call(name, [ref(s), literal(part, STRING)]), [s], [...words, [part], [`a${part}`], [`${part}a`], [null]]);
        expect(values).toEqual([...words.map(([w]) => reference(w, part)), reference(part, part), reference(`a${part}`, part), reference(`${part}a`, part), null]);
      }
    }
  });
});

function escapeForRegExp(character: string): string {
  return character.replace(/[\\^$.*+?()[\]{}|/]/, "\\$&");
}

/** The reference: LIKE as a regular expression. */
function likeReference(pattern: string): RegExp {
  let source = "";
  const characters = Array.from(pattern);
  for (let i = 0; i < characters.length; i++) {
    if (characters[i] === "\\") source += escapeForRegExp(characters[++i]);
    else if (characters[i] === "%") source += ".*";
    else if (characters[i] === "_") source += ".";
    else source += escapeForRegExp(characters[i]);
  }
  return new RegExp(`^${source}$`, "su");
}

describe("LIKE", () => {
  const patterns = ["", "%", "%%", "a", "a%", "%a", "%a%", "a%b", "%a%b%", "a%%b", "%ab%ab%", "a%a", "_", "_%", "%_", "a_b%", "%a_%b", "%é%", "日%", "%😀", "__", "%\\%%", "\\_%", "a%b%a", "%abababababababababab%", "ab ab ab ab ab ab%", "a%_b"];
  test.each(patterns)("%s", async (pattern) => {
    const s = column(STRING);
    const texts = [...sample(word, 200), ...sample(short, 50), "", "a", "ab", "aa", "%a", "_x", "ab ab ab ab ab abx", `ab${"ab".repeat(10)}`];
    const expr = call("like", [ref(s), literal(pattern, STRING)]);
    const { values } = await runExpression(expr, [s], [...texts.map((t) => [t]), [null]]);
    expect(values).toEqual([...texts.map((t) => likeReference(pattern).test(t)), null]);
  });

  test("another escape character; patterns that Spark refuses are left to TypeScript", async () => {
    const s = column(STRING);
    const expr = call("like", [ref(s), literal("a#%b%", STRING), literal("#", STRING)]);
    expect((await runExpression(expr, [s], [["a%bc"], ["axb"], ["a%b"]])).values).toEqual([true, false, true]);
    for (const refused of ["a\\", "a\\b"]) expect(canEmit(call("like", [ref(s), literal(refused, STRING)]))).toBe(false);
    expect(canEmit(call("like", [ref(s), ref(s)]))).toBe(false);
  });

  test("a pattern that tempts to try everything takes no time that can be felt", async () => {
    const s = column(STRING);
    const { values } = await runExpression(call("like", [ref(s), literal(`${"%a_".repeat(12)}%x`, STRING)]), [s], [["ab".repeat(20_000)]]);
    expect(values).toEqual([false]);
  });
});

describe("IN with long lists", () => {
  test("of strings", async () => {
    const s = column(STRING);
    const texts = [...new Set(sample(word, 60))];
    const listed = texts.filter((_, i) => i % 2 === 0);
    const expr = (extra: Expr[]): Expr => inList(ref(s), [...listed.map((t) => literal(t, STRING)), ...extra]);
    const rows = [...texts.map((t) => [t]), [null]];
    expect((await runExpression(expr([]), [s], rows)).values).toEqual([...texts.map((t) => listed.includes(t)), null]);
    expect((await runExpression(expr([literal(null, STRING)]), [s], rows)).values).toEqual([...texts.map((t) => (listed.includes(t) ? true : null)), null]);
  });

  test.each([INT, LONG])("of $kind", async (type) => {
    const x = column(type);
    const numbers = [0n, -1n, 1n, -(2n ** 31n), 2n ** 31n - 1n, ...sample(fc.bigInt({ min: -1000n, max: 1000n }), 100)];
    const value = (n: bigint): Value => (type.kind === "long" ? n : Number(n));
    for (const listed of [numbers.slice(0, 60), numbers.slice(3, 12), [...Array(9).fill(5n), 7n]]) {
      const { values } = await runExpression(inList(ref(x), listed.map((n) => literal(value(n), type))), [x], [...numbers.map((n) => [value(n)]), [null]]);
      expect(values).toEqual([...numbers.map((n) => listed.includes(n)), null]);
    }
  });
});
