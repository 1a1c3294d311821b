import type { Value } from "../../catalog/values.ts";
import { dataError, invalidParameter } from "./data-errors.ts";
import { compileRegex } from "./java-regex.ts";
import type { ScalarCall, ScalarFunction } from "./scalar-function.ts";
import { define } from "./scalar-function.ts";
import { codePointLength, sliceCodePoints } from "./strings.ts";

/** LIKE and regular expressions. */

const likeCache = new Map<string, RegExp>();

/** A LIKE pattern as an expression over the whole text; raises INVALID_FORMAT for an escape that escapes nothing. */
function likeExpression(pattern: string, escape: string, ignoreCase: boolean, call: ScalarCall): RegExp {
  const key = `${ignoreCase ? "i" : ""}${escape}/${pattern}`;
  let regex = likeCache.get(key);
  if (regex === undefined) {
    regex = new RegExp(`^${likeSource(pattern, escape, call)}$`, ignoreCase ? "sui" : "su");
    if (likeCache.size >= 500) likeCache.clear();
    likeCache.set(key, regex);
  }
  return regex;
}

function likeSource(pattern: string, escape: string, call: ScalarCall): string {
  let source = "";
  const characters = Array.from(pattern);
  const quote = (c: string): string => c.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
  for (let i = 0; i < characters.length; i++) {
    const c = characters[i];
    if (c === escape) {
      const next = characters[++i];
      if (next === undefined) throw dataError("INVALID_FORMAT.ESC_AT_THE_END", "42601", "A pattern must not end with its escape character.", { format: `'${pattern}'` }, call);
      if (next !== "_" && next !== "%" && next !== escape) {
        throw dataError("INVALID_FORMAT.ESC_IN_THE_MIDDLE", "42601", `The escape character stands before ${next}, which needs no escape.`, { format: `'${pattern}'`, char: `'${next}'` }, call);
      }
      source += quote(next);
    } else if (c === "_") source += ".";
    else if (c === "%") source += ".*";
    else source += quote(c);
  }
  return source;
}

function like(name: string, ignoreCase: boolean): ScalarFunction {
  return define(name, ([text, pattern, escape = "\\"], call) => likeExpression(pattern as string, escape as string, ignoreCase, call).test(text as string));
}

/** Java's replacement syntax: `$1`, `${name}`, `\x`. */
function expandReplacement(replacement: string, match: RegExpExecArray): string {
  let out = "";
  for (let i = 0; i < replacement.length; i++) {
    const c = replacement[i];
    if (c === "\\") out += replacement[++i] ?? "";
    else if (c === "$") {
      const named = /^\{([a-zA-Z][a-zA-Z0-9]*)\}/.exec(replacement.slice(i + 1));
      if (named !== null) {
        out += match.groups?.[named[1]] ?? "";
        i += named[0].length;
        continue;
      }
      let group = Number.parseInt(replacement[i + 1] ?? "", 10);
      if (Number.isNaN(group) || group >= match.length) throw dataError("INVALID_PARAMETER_VALUE.REGEX_GROUP_INDEX", "22023", `There is no group ${replacement[i + 1] ?? ""} in the expression.`, { functionName: "`regexp_replace`", parameter: "`idx`", groupCount: String(match.length - 1), groupIndex: String(replacement[i + 1] ?? "") });
      i++;
      while (i + 1 < replacement.length && /\d/.test(replacement[i + 1]) && group * 10 + Number(replacement[i + 1]) < match.length) group = group * 10 + Number(replacement[++i]);
      out += match[group] ?? "";
    } else out += c;
  }
  return out;
}

function* matches(regex: RegExp, text: string): Generator<RegExpExecArray> {
  regex.lastIndex = 0;
  for (let match = regex.exec(text); match !== null; match = regex.exec(text)) {
    if (match[0] === "") regex.lastIndex += (text.codePointAt(regex.lastIndex) ?? 0) > 0xffff ? 2 : 1;
    yield match;
  }
}

function regexpReplace(text: string, pattern: string, replacement: string, position: number): string {
  const regex = compileRegex(pattern, "g", "regexp_replace");
  const skip = position <= 1 ? 0 : sliceCodePoints(text, 0, position - 1).length;
  const head = text.slice(0, skip);
  const rest = text.slice(skip);
  let out = head;
  let last = 0;
  for (const match of matches(regex, rest)) {
    out += rest.slice(last, match.index) + expandReplacement(replacement, match);
    last = match.index + match[0].length;
  }
  return out + rest.slice(last);
}

function checkGroup(call: ScalarCall, regex: RegExp, group: number): void {
  const count = (new RegExp(`${regex.source}|`, regex.flags.replace("g", "")).exec("")?.length ?? 1) - 1;
  if (group < 0 || group > count) {
    throw invalidParameter("REGEX_GROUP_INDEX", call.name, "idx", `there are ${count} groups`, { groupCount: String(count), groupIndex: String(group) }, call);
  }
}

/** Java's `split`: with limit 0 or less all parts; an empty match at the start gives no empty first part. */
function split(text: string, pattern: string, limit: number): Value[] {
  if (pattern === "" && text !== "") return splitCharacters(text, limit);
  const regex = compileRegex(pattern, "g", "split");
  const parts: string[] = [];
  let last = 0;
  for (const match of matches(regex, text)) {
    if (limit > 0 && parts.length === limit - 1) break;
    if (match[0] === "" && match.index === 0) continue;
    parts.push(text.slice(last, match.index));
    last = match.index + match[0].length;
  }
  parts.push(text.slice(last));
  return parts;
}

/** The empty pattern stands between all characters; the last part is the rest. */
function splitCharacters(text: string, limit: number): Value[] {
  const characters = Array.from(text);
  if (limit <= 0 || limit >= characters.length) return characters;
  return [...characters.slice(0, limit - 1), characters.slice(limit - 1).join("")];
}

export const patternFunctions: readonly ScalarFunction[] = [
  like("like", false),
  like("ilike", true),
  define("rlike", ([text, pattern]) => compileRegex(pattern as string, "", "rlike").test(text as string)),
  define("regexp_replace", ([text, pattern, replacement, position = 1], call) => {
    if ((position as number) < 1) throw invalidParameter("POSITIVE_INTEGER_POSITION", call.name, "position", `${String(position)} is not positive`, {}, call);
    return regexpReplace(text as string, pattern as string, replacement as string, position as number);
  }),
  define("regexp_extract", ([text, pattern, group = 1], call) => {
    const regex = compileRegex(pattern as string, "", call.name);
    checkGroup(call, regex, group as number);
    return regex.exec(text as string)?.[group as number] ?? "";
  }),
  define("regexp_extract_all", ([text, pattern, group = 1], call) => {
    const regex = compileRegex(pattern as string, "g", call.name);
    checkGroup(call, regex, group as number);
    return Array.from(matches(regex, text as string), (match) => match[group as number] ?? "");
  }),
  define("regexp_count", ([text, pattern], call) => Array.from(matches(compileRegex(pattern as string, "g", call.name), text as string)).length),
  define("regexp_instr", ([text, pattern], call) => {
    const match = compileRegex(pattern as string, "", call.name).exec(text as string);
    return match === null ? 0 : codePointLength((text as string).slice(0, match.index)) + 1;
  }),
  define("regexp_substr", ([text, pattern], call) => compileRegex(pattern as string, "", call.name).exec(text as string)?.[0] ?? null),
  define("split", ([text, pattern, limit = -1]) => split(text as string, pattern as string, limit as number)),
  define("str_to_map", ([text, pairs = ",", keyValue = ":"], call) => {
    const keys: Value[] = [];
    const values: Value[] = [];
    for (const pair of split(text as string, pairs as string, -1)) {
      const [key, value = null] = split(pair as string, keyValue as string, 2);
      if (keys.includes(key)) throw dataError("DUPLICATED_MAP_KEY", "23505", `The key ${String(key)} stands twice.`, { key: String(key), mapKeyDedupPolicy: '"spark.sql.mapKeyDedupPolicy"' }, call);
      keys.push(key);
      values.push(value);
    }
    return { keys, values };
  }),
];
