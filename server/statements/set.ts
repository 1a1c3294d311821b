import { SparrowError } from "../../catalog/errors.ts";
import { findSetting, SETTINGS } from "../../catalog/settings.ts";
import type { Statement } from "../../parser/ast.ts";
import { quoted } from "../object-names.ts";
import { variableName } from "../session-variables.ts";
import type { Session } from "../session.ts";
import { commandColumns, commandResult, emptyResult, type StatementResult } from "../statement-result.ts";

type SetStatement = Extract<Statement, { kind: "set" }>;

/** SET, SET -v, SET key, SET key = value. Source: Spark's `SetCommand`. */
export function runSet(session: Session, { key, value, verbose }: SetStatement): StatementResult {
  const { settings } = session;
  if (key !== undefined && value !== undefined) {
    refuseVariable(session, key);
    settings.set(key, value);
    return keyValueResult([[findSetting(key)?.name ?? key, value]]);
  }
  if (key !== undefined) return keyValueResult([[key, settings.text(key) ?? "<undefined>"]]);
  if (!verbose) return keyValueResult(settings.given());
  const rows = SETTINGS.map(({ name, doc }) => [name, settings.text(name) || "<undefined>", doc]);
  return commandResult(commandColumns("key", "value", "meaning"), rows);
}

/** SET is for settings; what looks like a variable's name is likely meant to be one. */
function refuseVariable({ variables }: Session, key: string): void {
  const parts = key.split(".");
  const name = variableName(parts);
  if (name === undefined || variables.get(name) === undefined) return;
  const variable = quoted(...parts);
  throw new SparrowError("UNSUPPORTED_FEATURE.SET_VARIABLE_USING_SET", "0A000", `The feature is not supported: ${variable} is a VARIABLE and cannot be updated using the SET statement. Use SET VARIABLE ${variable} = ... instead.`, { variableName: variable });
}

/** SET TIME ZONE 'zone' | LOCAL. */
export function runSetTimeZone(session: Session, { value }: Extract<Statement, { kind: "setTimeZone" }>): StatementResult {
  const zone = value.toLowerCase() === "local" ? session.engine.machineTimeZone : value;
  session.settings.set("spark.sql.session.timeZone", zone);
  return keyValueResult([["spark.sql.session.timeZone", zone]]);
}

export function runReset(session: Session, { key }: Extract<Statement, { kind: "reset" }>): StatementResult {
  session.settings.reset(key);
  return emptyResult();
}

function keyValueResult(rows: readonly (readonly [string, string])[]): StatementResult {
  return commandResult(commandColumns("key", "value"), rows);
}
