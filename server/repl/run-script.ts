import type { Writable } from "node:stream";
import { splitScript } from "../../parser/parse.ts";
import { errorText } from "../error-text.ts";
import type { SqlClient } from "./client.ts";
import type { Output } from "./output.ts";

/** Runs the statements of a text one after the other; whether all succeeded. After an error it stops or goes on with the next. */
export async function runScript(client: SqlClient, script: string, output: Output, stderr: Writable, onError: "stop" | "goOn", signal?: AbortSignal): Promise<boolean> {
  let succeeded = true;
  let spans: { readonly start: number; readonly end: number }[];
  try {
    spans = splitScript(script);
  } catch (error) {
    stderr.write(errorText(error, script));
    return false;
  }
  for (const { start, end } of spans) {
    try {
      await output.run(client, script.slice(start, end), signal);
    } catch (error) {
      succeeded = false;
      stderr.write(errorText(error, script, start));
      if (onError === "stop" || signal?.aborted === true) return false;
    }
  }
  return succeeded;
}
