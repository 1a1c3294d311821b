import { describe, expect, test } from "vitest";
import { tokenize } from "../../parser/lexer.ts";
import { isComplete, parseExpression, parseScript, splitScript } from "../../parser/parse.ts";

function tokens(text: string): string[] {
  const { count, kinds, starts, ends } = tokenize(text);
  return Array.from({ length: count - 1 }, (_, i) => `${kinds[i]} ${text.slice(starts[i], ends[i])}`);
}

describe("tokens", () => {
  test.each([
    ["1a 1L 1.5e3 .5 1. 1e5x", ["word 1a", "number 1L", "number 1.5e3", "number .5", "number 1.", "word 1e5x"]],
    ["1.a t.1a", ["number 1", "symbol .", "word a", "word t", "symbol .", "word 1a"]],
    ["12Y 3S 4.0BD 5F 6d 7e1D", ["number 12Y", "number 3S", "number 4.0BD", "number 5F", "number 6d", "number 7e1D"]],
    ["a>>b>>>c<=>d<>e!=f==g", ["word a", "symbol >", "symbol >", "word b", "symbol >", "symbol >", "symbol >", "word c", "symbol <=>", "word d", "symbol <>", "word e", "symbol !=", "word f", "symbol ==", "word g"]],
    ["a -- b\nc /* d /* e */ f */ g", ["word a", "word c", "word g"]],
    ["a -- b \\\n still a comment\nc", ["word a", "word c"]],
    ["/*+ x */", ["symbol /*+", "word x", "symbol */"]],
    ["`a``b` 'it''s' \"q\" r'\\n'", ["quoted `a``b`", "string 'it''s'", 'string "q"', "string r'\\n'"]],
    ["größe Ω_1 名前", ["word größe", "word Ω_1", "word 名前"]],
  ])("%s", (text, expected) => {
    expect(tokens(text)).toEqual(expected);
  });
});

describe("strings", () => {
  test.each([
    [String.raw`'a''b'`, "a'b"],
    [String.raw`"a""b"`, 'a"b'],
    [String.raw`'a' 'b' "c"`, "abc"],
    [String.raw`'\n\t\\\'\0\Z'`, "\n\t\\'\0\u001a"],
    [String.raw`'\%\_'`, String.raw`\%\_`],
    [String.raw`'\u0041\U0001F600\101'`, "A😀A"],
    [String.raw`r'\n\u0041'`, String.raw`\n\u0041`],
    [String.raw`'\q'`, "q"],
  ])("%s", (text, value) => {
    expect(parseExpression(text)).toMatchObject({ kind: "string", value });
  });

  test("hexadecimal digits", () => {
    expect(parseExpression("X'1F0'")).toMatchObject({ kind: "binary", value: Uint8Array.of(0x01, 0xf0) });
  });
});

describe("scripts", () => {
  const script = "SELECT ';' ; -- no; end\nSET a = b c;; /* ; */ SELECT `;`";

  test("statements stand between semicolons", () => {
    expect(splitScript(script).map(({ start, end }) => script.slice(start, end))).toEqual(["SELECT ';'", "SET a = b c", "SELECT `;`"]);
    expect(parseScript(script).map(({ statement }) => statement.kind)).toEqual(["select", "set", "select"]);
    expect(parseScript(script).map(({ statement }) => statement.span)).toEqual(splitScript(script));
  });

  test.each([
    ["SELECT 1;", true],
    ["SELECT 1; -- done", true],
    ["SELECT 1", false],
    ["SELECT ';", false],
    ["SELECT 1 /* ; ", false],
    ["", true],
    ["SELECT `a;", false],
  ])("%s is complete: %s", (text, complete) => {
    expect(isComplete(text)).toBe(complete);
  });
});
