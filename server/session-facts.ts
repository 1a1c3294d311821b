import { userInfo } from "node:os";
import { type AnalysisSettings, analysisSettings, type SessionFacts } from "../planner/analyzer/context.ts";
import type { EvalContext } from "../executor/functions/scalar-function.ts";
import { CATALOG_NAME } from "./object-names.ts";
import type { Session } from "./session.ts";

/** What current_timestamp(), current_user() and the like give in one query. The clock is read now; the rest is found when it is asked for. */
export function sessionFacts(session: Session): SessionFacts {
  const nowMs = Date.now();
  const { timeZone, database } = session;
  return {
    timestamp: BigInt(nowMs) * 1000n,
    get date() {
      return localDate(nowMs, timeZone);
    },
    get user() {
      return userName();
    },
    catalog: CATALOG_NAME,
    database,
  };
}

/** The same facts for whoever evaluates expressions. */
export function evalContext(facts: SessionFacts, timeZone: string): EvalContext {
  const { timestamp, catalog, database } = facts;
  return {
    timeZone,
    queryTime: timestamp,
    catalog,
    database,
    get user() {
      return facts.user;
    },
  };
}

const DAY_MS = 86_400_000;

/** Days since 1970-01-01 of the local calendar. */
function localDate(ms: number, timeZone: string): number {
  const zone = timeZone === "Z" ? "UTC" : timeZone;
  const parts = new Intl.DateTimeFormat("en-US", { timeZone: zone, year: "numeric", month: "numeric", day: "numeric" }).formatToParts(ms);
  const part = (type: string): number => Number(parts.find((p) => p.type === type)?.value);
  return Date.UTC(part("year"), part("month") - 1, part("day")) / DAY_MS;
}

let processUser: string | undefined;

/** Who the process runs as, looked up once. A user id without an entry in the system's table of users (as in containers) has no name. */
function userName(): string {
  try {
    return (processUser ??= userInfo().username);
  } catch {
    return (processUser = process.env.USER ?? "anonymous");
  }
}

/** The settings that decide what a statement means; `overrides` are those that a view was made under. */
export function analysisSettingsOf(session: Session, overrides: Readonly<Record<string, string>> = {}): AnalysisSettings {
  const settings = analysisSettings((key) => overrides[key] ?? session.settings.text(key));
  return { ...settings, timeZone: session.timeZone };
}
