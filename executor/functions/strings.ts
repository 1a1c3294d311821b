import type { Value } from "../../catalog/values.ts";
import { collationOf } from "./collation.ts";
import { dataError } from "./data-errors.ts";
import type { ScalarCall, ScalarFunction } from "./scalar-function.ts";
import { define, defineWithNulls } from "./scalar-function.ts";

/** Functions over text. Positions and lengths count Unicode code points, as Spark's count UTF-8 characters. */

const UTF8 = new TextEncoder();

/** True when the text has no surrogates, so that UTF-16 positions are code-point positions. */
function isBasic(text: string): boolean {
  for (let i = 0; i < text.length; i++) if ((text.charCodeAt(i) & 0xf800) === 0xd800) return false;
  return true;
}

export function codePointLength(text: string): number {
  let length = text.length;
  for (let i = 0; i < text.length; i++) if ((text.charCodeAt(i) & 0xfc00) === 0xd800) length--;
  return length;
}

/** Code points [start, end). */
export function sliceCodePoints(text: string, start: number, end: number): string {
  return isBasic(text) ? text.slice(start, end) : Array.from(text).slice(start, end).join("");
}

function utf8Length(text: string): number {
  return Buffer.byteLength(text, "utf8");
}

/** Spark's window of SUBSTRING: positions count from 1, 0 means 1, negative ones from the end. */
function substringRange(length: number, position: number, count: number): readonly [number, number] {
  const start = position > 0 ? position - 1 : position < 0 ? length + position : 0;
  const end = count > 2147483647 - start ? 2147483647 : start + count;
  return [Math.max(0, start), Math.max(0, end)];
}

function substring(value: Value, position: number, count: number): Value {
  if (value instanceof Uint8Array) {
    const [start, end] = substringRange(value.length, position, count);
    return value.slice(start, Math.max(start, end));
  }
  const text = value as string;
  if (count <= 0) return "";
  const [start, end] = substringRange(codePointLength(text), position, count);
  return sliceCodePoints(text, start, end);
}

/** Position from 1 of the first occurrence at or after the code point `from`; 0 when there is none. */
function positionOf(needle: string, text: string, from: number): number {
  if (isBasic(text)) return text.indexOf(needle, from) + 1;
  const prefix = sliceCodePoints(text, 0, from).length;
  const found = text.indexOf(needle, prefix);
  return found < 0 ? 0 : codePointLength(text.slice(0, found)) + 1;
}

function trimStart(text: string, set: ReadonlySet<string>): string {
  let start = 0;
  for (const c of text) {
    if (!set.has(c)) break;
    start += c.length;
  }
  return text.slice(start);
}

function trimEnd(text: string, set: ReadonlySet<string>): string {
  const points = Array.from(text);
  let end = points.length;
  while (end > 0 && set.has(points[end - 1])) end--;
  return end === points.length ? text : points.slice(0, end).join("");
}

const BLANK: ReadonlySet<string> = new Set([" "]);

/** `trim(text)` or `trim(characters, text)`. */
function trimming(name: string, start: boolean, end: boolean): ScalarFunction {
  return define(name, (args) => {
    const value = args[args.length - 1];
    if (value instanceof Uint8Array) return trimBytes(value, new Set(args.length === 2 ? (args[0] as Uint8Array) : [32]), start, end);
    const text = value as string;
    const set = args.length === 2 ? new Set(args[0] as string) : BLANK;
    const left = start ? trimStart(text, set) : text;
    return end ? trimEnd(left, set) : left;
  });
}

function trimBytes(bytes: Uint8Array, set: ReadonlySet<number>, atStart: boolean, atEnd: boolean): Uint8Array {
  let start = 0;
  let end = bytes.length;
  while (atStart && start < end && set.has(bytes[start])) start++;
  while (atEnd && end > start && set.has(bytes[end - 1])) end--;
  return bytes.slice(start, end);
}

const MAX_TEXT = 2 ** 29 - 24;

function repeatText(unit: string, count: number): string {
  if (count <= 0) return "";
  if (unit.length * count > MAX_TEXT) throw dataError("COLLECTION_SIZE_LIMIT_EXCEEDED.FUNCTION", "54000", `The text would have ${unit.length * count} characters.`, { numberOfElements: String(unit.length * count), maxRoundedArrayLength: String(MAX_TEXT) });
  return unit.repeat(count);
}

/** LPAD and RPAD: cut to the length, or padded to it; an empty pad leaves the text short. */
function padding(name: string, left: boolean): ScalarFunction {
  return define(name, ([value, lengthValue, padValue]) => {
    const length = Math.max(0, lengthValue as number);
    if (value instanceof Uint8Array) {
      const pad = (padValue as Uint8Array | undefined) ?? new Uint8Array(1);
      if (value.length >= length || pad.length === 0) return value.slice(0, length);
      const result = new Uint8Array(length);
      const fill = length - value.length;
      for (let i = 0; i < fill; i++) result[left ? i : value.length + i] = pad[i % pad.length];
      result.set(value, left ? fill : 0);
      return result;
    }
    const text = value as string;
    const pad = (padValue as string | undefined) ?? " ";
    const size = codePointLength(text);
    if (size >= length || pad === "") return sliceCodePoints(text, 0, length);
    const fill = length - size;
    const filler = sliceCodePoints(repeatText(pad, Math.ceil(fill / codePointLength(pad))), 0, fill);
    return left ? filler + text : text + filler;
  });
}

/** Letters after a blank in upper case, the rest in lower. */
function initcap(text: string): string {
  return text.toLowerCase().replace(/(^| )(\P{M})/gu, (_all, before: string, first: string) => before + first.toUpperCase());
}

const SOUNDEX_CODES = "01230127022455012623017202";

/** A letter, H and W being passed over between equal codes. Source: Spark's `UTF8String.soundex`. */
function soundex(text: string): string {
  const first = text.charCodeAt(0) & ~32;
  if (text === "" || first < 65 || first > 90 || text.charCodeAt(0) > 127) return text;
  let result = String.fromCharCode(first);
  let last = SOUNDEX_CODES[first - 65];
  for (let i = 1; i < text.length && result.length < 4; i++) {
    const unit = text.charCodeAt(i) & ~32;
    if (unit < 65 || unit > 90) {
      last = "0";
      continue;
    }
    const code = SOUNDEX_CODES[unit - 65];
    if (code === "7") continue;
    if (code !== "0" && code !== last) result += code;
    last = code;
  }
  return result.padEnd(4, "0");
}

/** Edit distance over code points; -1 when it exceeds `limit`. */
function levenshtein(a: string, b: string, limit: number | undefined): number {
  const x = Array.from(a);
  const y = Array.from(b);
  let previous = Array.from({ length: y.length + 1 }, (_, i) => i);
  for (let i = 1; i <= x.length; i++) {
    const current = [i];
    for (let j = 1; j <= y.length; j++) {
      current.push(Math.min(previous[j] + 1, current[j - 1] + 1, previous[j - 1] + (x[i - 1] === y[j - 1] ? 0 : 1)));
    }
    previous = current;
  }
  const distance = previous[y.length];
  return limit !== undefined && distance > limit ? -1 : distance;
}

/** Everything before the count-th delimiter from the left, or after it from the right. */
function substringIndex(text: string, delimiter: string, count: number, key: KeyOfText): string {
  if (delimiter === "" || count === 0) return "";
  const [searched, part] = searchForms(text, delimiter, key);
  if (count > 0) {
    let at = -1;
    for (let i = 0; i < count; i++) {
      at = searched.indexOf(part, at + 1);
      if (at < 0) return text;
    }
    return text.slice(0, at);
  }
  let at = text.length;
  for (let i = 0; i < -count; i++) {
    if (at === 0) return text;
    at = searched.lastIndexOf(part, i === 0 ? text.length - part.length : at - 1);
    if (at < 0) return text;
  }
  return text.slice(at + part.length);
}

type KeyOfText = (text: string) => string;

/** Text and part in the forms in which one is sought in the other; as they are where the text's form has other positions. */
function searchForms(text: string, part: string, key: KeyOfText): readonly [string, string] {
  const form = key(text);
  return form.length === text.length ? [form, key(part)] : [text, part];
}

/** Pieces of the text between occurrences of the part, as written. */
function pieces(text: string, part: string, key: KeyOfText): string[] {
  const [searched, sought] = searchForms(text, part, key);
  const result: string[] = [];
  let last = 0;
  for (let at = searched.indexOf(sought); at >= 0; at = searched.indexOf(sought, last)) {
    result.push(text.slice(last, at));
    last = at + sought.length;
  }
  result.push(text.slice(last));
  return result;
}

function translate(text: string, from: string, to: string, key: KeyOfText): string {
  const source = Array.from(from, key);
  const target = Array.from(to);
  const table = new Map<string, string>();
  source.forEach((c, i) => {
    if (!table.has(c)) table.set(c, target[i] ?? "");
  });
  let result = "";
  for (const c of text) result += table.get(key(c)) ?? c;
  return result;
}

function overlay(value: Value, replacement: Value, position: number, length: number): Value {
  const size = length >= 0 ? length : value instanceof Uint8Array ? (replacement as Uint8Array).length : codePointLength(replacement as string);
  if (value instanceof Uint8Array) {
    const head = substring(value, 1, position - 1) as Uint8Array;
    const tail = substring(value, position + size, 2147483647) as Uint8Array;
    return new Uint8Array([...head, ...(replacement as Uint8Array), ...tail]);
  }
  return `${substring(value, 1, position - 1) as string}${replacement as string}${substring(value, position + size, 2147483647) as string}`;
}

function splitPart(text: string, delimiter: string, index: number, key: KeyOfText): string {
  const parts = delimiter === "" ? [text] : pieces(text, delimiter, key);
  return parts[index > 0 ? index - 1 : parts.length + index] ?? "";
}

function lastDigitsValid(text: string): boolean {
  if (!/^\d+$/.test(text)) return false;
  let sum = 0;
  for (let i = 0; i < text.length; i++) {
    const digit = text.charCodeAt(text.length - 1 - i) - 48;
    const doubled = i % 2 === 1 ? digit * 2 : digit;
    sum += doubled > 9 ? doubled - 9 : doubled;
  }
  return sum % 10 === 0;
}

/** Replacement characters of `mask`; null keeps the character. */
function mask(args: readonly Value[]): Value {
  const [input, upper = "X", lower = "x", digit = "n", other = null] = args;
  if (input === null) return null;
  let result = "";
  for (const c of input as string) {
    const replacement = /\p{Lu}/u.test(c) ? upper : /\p{Ll}/u.test(c) ? lower : /\p{Nd}/u.test(c) ? digit : other;
    result += replacement === null ? c : (replacement as string);
  }
  return result;
}

function concatValues(args: readonly Value[]): Value {
  if (args.length === 0) return "";
  if (Array.isArray(args[0])) return (args as readonly (readonly Value[])[]).flat(1);
  if (args[0] instanceof Uint8Array) return new Uint8Array(Buffer.concat(args as Uint8Array[]));
  return args.join("");
}

function containsBytes(bytes: Uint8Array, part: Uint8Array): boolean {
  return Buffer.from(bytes).includes(Buffer.from(part));
}

const SAME = (text: string): string => text;

/** The form in which texts of the call are searched: their own, or their collation's key. */
function keyOf(call: ScalarCall): (text: string) => string {
  for (const type of call.argTypes) {
    const found = collationOf(type);
    if (found !== undefined) return found.key;
  }
  return SAME;
}

/** A test over two texts or two binaries. */
function textTest(name: string, onText: (text: string, part: string) => boolean, onBytes: (bytes: Uint8Array, part: Uint8Array) => boolean): ScalarFunction {
  return define(name, ([value, part], call) => {
    if (value instanceof Uint8Array) return onBytes(value, part as Uint8Array);
    const key = keyOf(call);
    return onText(key(value as string), key(part as string));
  });
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

/** Words of the sentences of a text, without punctuation. */
function sentences(text: string, language: string, country: string): Value {
  const locale = language === "" ? "en-US" : country === "" ? language : `${language}-${country}`;
  const words = new Intl.Segmenter(locale, { granularity: "word" });
  const result: Value[] = [];
  for (const sentence of new Intl.Segmenter(locale, { granularity: "sentence" }).segment(text)) {
    const list: Value[] = [];
    for (const word of words.segment(sentence.segment)) if (word.isWordLike === true) list.push(word.segment);
    result.push(list);
  }
  return result;
}

export const stringFunctions: readonly ScalarFunction[] = [
  define("upper", ([text]) => (text as string).toUpperCase()),
  define("lower", ([text]) => (text as string).toLowerCase()),
  define("initcap", ([text]) => initcap(text as string)),
  define("soundex", ([text]) => soundex(text as string)),
  define("quote", ([text]) => `'${(text as string).replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`),
  define("reverse", ([value]) => (typeof value === "string" ? Array.from(value).reverse().join("") : [...(value as readonly Value[])].reverse())),
  define("length", ([value]) => (value instanceof Uint8Array ? value.length : codePointLength(value as string))),
  define("octet_length", ([value]) => (value instanceof Uint8Array ? value.length : utf8Length(value as string))),
  define("bit_length", ([value]) => 8 * (value instanceof Uint8Array ? value.length : utf8Length(value as string))),
  define("ascii", ([text]) => (text as string).codePointAt(0) ?? 0),
  define("chr", ([code]) => ((code as bigint) < 0n ? "" : String.fromCharCode(Number((code as bigint) & 255n)))),
  define("concat", concatValues),
  defineWithNulls("concat_ws", ([separator, ...values]) => {
    if (separator === null) return null;
    return values
      .flat(1)
      .filter((value) => value !== null)
      .join(separator as string);
  }),
  defineWithNulls("elt", ([index, ...values], call) => {
    if (index === null) return null;
    const position = index as number;
    if (position >= 1 && position <= values.length) return values[position - 1];
    if (call.mode === "legacy") return null;
    throw dataError("INVALID_ARRAY_INDEX", "22003", `The index ${position} is out of bounds: there are ${values.length} values.`, { indexValue: String(position), arraySize: String(values.length) }, call);
  }),
  define("find_in_set", ([text, set], call) => {
    const key = keyOf(call);
    return (text as string).includes(",") ? 0 : (set as string).split(",").map(key).indexOf(key(text as string)) + 1;
  }),
  define("instr", ([text, part], call) => positionOf(keyOf(call)(part as string), keyOf(call)(text as string), 0)),
  defineWithNulls("locate", ([part, text, from = 1], call) => {
    if (from === null) return 0;
    if (part === null || text === null) return null;
    return (from as number) < 1 ? 0 : positionOf(keyOf(call)(part as string), keyOf(call)(text as string), (from as number) - 1);
  }),
  define("left", ([value, count]) => substring(value, 1, Math.max(0, count as number))),
  define("right", ([text, count]) => ((count as number) <= 0 ? "" : substring(text, -(count as number), count as number))),
  define("substring", ([value, position, count = 2147483647]) => substring(value, position as number, count as number)),
  define("substring_index", ([text, delimiter, count], call) => substringIndex(text as string, delimiter as string, count as number, keyOf(call))),
  padding("lpad", true),
  padding("rpad", false),
  trimming("trim", true, true),
  trimming("ltrim", true, false),
  trimming("rtrim", false, true),
  define("btrim", ([value, characters]) => {
    if (value instanceof Uint8Array) return trimBytes(value, new Set((characters as Uint8Array | undefined) ?? [32]), true, true);
    const set = characters === undefined ? BLANK : new Set(characters as string);
    return trimEnd(trimStart(value as string, set), set);
  }),
  define("levenshtein", ([a, b, limit]) => levenshtein(a as string, b as string, limit as number | undefined)),
  define("overlay", ([value, replacement, position, length = -1]) => overlay(value, replacement, position as number, length as number)),
  define("repeat", ([text, count]) => repeatText(text as string, count as number)),
  define("replace", ([text, search, replacement = ""], call) => (search === "" ? text : pieces(text as string, search as string, keyOf(call)).join(replacement as string))),
  define("space", ([count]) => repeatText(" ", count as number)),
  define("split_part", ([text, delimiter, index], call) => {
    if (index === 0) throw dataError("INVALID_INDEX_OF_ZERO", "22003", "The index 0 is invalid: positions count from 1, or from -1 at the end.", {}, call);
    return splitPart(text as string, delimiter as string, index as number, keyOf(call));
  }),
  define("translate", ([text, from, to], call) => translate(text as string, from as string, to as string, keyOf(call))),
  define("sentences", ([text, language = "", country = ""]) => sentences(text as string, language as string, country as string)),
  define("luhn_check", ([text]) => lastDigitsValid(text as string)),
  defineWithNulls("mask", mask),
  textTest("startswith", (text, part) => text.startsWith(part), (bytes, part) => sameBytes(bytes.subarray(0, part.length), part)),
  textTest("endswith", (text, part) => text.endsWith(part), (bytes, part) => bytes.length >= part.length && sameBytes(bytes.subarray(bytes.length - part.length), part)),
  textTest("contains", (text, part) => text.includes(part), containsBytes),
  define("is_valid_utf8", ([text]) => (text as string).isWellFormed()),
  define("make_valid_utf8", ([text]) => (text as string).toWellFormed()),
  define("validate_utf8", ([text], call) => {
    if ((text as string).isWellFormed()) return text;
    throw dataError("INVALID_UTF8_STRING", "22029", "The text is not valid UTF-8.", { str: Buffer.from(UTF8.encode(text as string)).toString("hex") }, call);
  }),
  define("try_validate_utf8", ([text]) => ((text as string).isWellFormed() ? text : null)),
  defineWithNulls("collation", (_args, call) => {
    return `SYSTEM.BUILTIN.${collationOf(call.argTypes[0])?.name ?? "UTF8_BINARY"}`;
  }),
];
