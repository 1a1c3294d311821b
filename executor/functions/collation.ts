import { SparrowError } from "../../catalog/errors.ts";
import type { DataType } from "../../catalog/types.ts";
import type { CalendarInterval, MapValue, StructValue, Value } from "../../catalog/values.ts";

/** A string type's collation: how its texts compare, and the form under which equal texts are the same. */
export interface Collation {
  /** As `collation()` shows it: `UTF8_LCASE`, `UNICODE_CI_AI`, `en_USA_CI`. */
  readonly name: string;
  readonly compare: (a: string, b: string) => number;
  /** Equal for texts that are equal under the collation; searching and grouping work on it. */
  readonly key: (text: string) => string;
}

const known = new Map<string, Collation>();

/** The collation of a type; undefined for UTF8_BINARY, which compares bytes, and for types without one. */
export function collationOf(type: DataType | undefined): Collation | undefined {
  if (type?.kind !== "string" || type.collation === undefined || type.collation === "UTF8_BINARY") return undefined;
  return collation(type.collation);
}

/** Finds a collation by name, in any letter case and with or without `system.builtin.`; raises COLLATION_INVALID_NAME. */
export function collation(name: string): Collation {
  let found = known.get(name);
  if (found === undefined) {
    found = makeCollation(name);
    known.set(name, found);
  }
  return found;
}

/** A text that is equal for values which are equal under the collations in their type, nested ones too. */
export function equalityKey(type: DataType, value: Value): string {
  if (value === null) return "null";
  switch (type.kind) {
    case "string":
      return JSON.stringify(collationOf(type)?.key(value as string) ?? value);
    case "array":
      return `[${(value as readonly Value[]).map((item) => equalityKey(type.element, item)).join()}]`;
    case "struct":
      return `{${(value as StructValue).fields.map((field, i) => equalityKey(type.fields[i].type, field)).join()}}`;
    case "map": {
      const { keys, values } = value as MapValue;
      return `<${keys.map((key, i) => `${equalityKey(type.key, key)}:${equalityKey(type.value, values[i])}`).sort().join()}>`;
    }
    case "calendar_interval": {
      const { months, days, micros } = value as CalendarInterval;
      return `${months} ${days} ${micros}`;
    }
    default:
      // -0.0 and 0.0 are written alike.
      return String(value);
  }
}

function invalidName(name: string): SparrowError {
  return new SparrowError("COLLATION_INVALID_NAME", "42704", `${name} is not the name of a collation.`, { collationName: name, proposals: "UTF8_BINARY, UTF8_LCASE, UNICODE" });
}

const FLAGS = new Set(["CI", "CS", "AI", "AS", "RTRIM"]);
const NO_TRIM = (text: string): string => text;

function trimBlanks(text: string): string {
  return text.replace(/ +$/, "");
}

/** Lower case as UTF8_LCASE has it: by code point, the dotted capital I keeping its dot. */
function lowered(text: string): string {
  return text.toLowerCase();
}

function makeCollation(given: string): Collation {
  const parts = given.toUpperCase().replace(/^SYSTEM\.BUILTIN\./, "").split("_");
  let count = parts.length;
  while (count > 1 && FLAGS.has(parts[count - 1])) count--;
  const flags = parts.slice(count);
  const base = parts.slice(0, count).join("_");
  const trim = flags.includes("RTRIM") ? trimBlanks : NO_TRIM;
  const name = parts.join("_");
  if (new Set(flags).size !== flags.length || (flags.includes("CI") && flags.includes("CS")) || (flags.includes("AI") && flags.includes("AS"))) throw invalidName(given);
  if (base === "UTF8_BINARY" || base === "UTF8_LCASE") {
    if (flags.some((flag) => flag !== "RTRIM")) throw invalidName(given);
    const key = base === "UTF8_LCASE" ? (text: string): string => lowered(trim(text)) : trim;
    return { name, key, compare: (a, b) => byCodePoint(key(a), key(b)) };
  }
  return localeCollation(name, base, flags, trim, given);
}

function byCodePoint(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a, "utf8"), Buffer.from(b, "utf8"));
}

/** Three-letter countries of Spark's names as Intl's two-letter ones, where a script or country is given. */
function localeTag(base: string): string {
  const [language, ...rest] = base.split("_");
  return [language.toLowerCase(), ...rest.filter((part) => part.length === 4 || part.length === 2)].join("-");
}

function localeCollation(name: string, base: string, flags: readonly string[], trim: (text: string) => string, given: string): Collation {
  const tag = base === "UNICODE" ? "und" : localeTag(base);
  if (base !== "UNICODE" && (!/^[a-z]{2,3}(-|$)/.test(tag) || Intl.Collator.supportedLocalesOf([tag]).length === 0)) throw invalidName(given);
  const ignoreCase = flags.includes("CI");
  const ignoreAccents = flags.includes("AI");
  const sensitivity = ignoreCase ? (ignoreAccents ? "base" : "accent") : ignoreAccents ? "case" : "variant";
  const collator = new Intl.Collator(tag, { sensitivity, caseFirst: "lower" });
  const key = (text: string): string => {
    let form = trim(text).normalize("NFD");
    if (ignoreAccents) form = form.replace(/\p{Mn}/gu, "");
    return ignoreCase ? form.toLocaleLowerCase(tag === "und" ? "en" : tag) : form;
  };
  return { name, key, compare: (a, b) => collator.compare(trim(a), trim(b)) };
}
