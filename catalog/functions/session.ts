import { INT, LONG, STRING } from "../types.ts";
import { scalar } from "./define.ts";
import type { FunctionSignature } from "./signature.ts";

const NEVER = { nullable: "never" } as const;

/** What a statement can ask of its session. */
export const sessionSignatures: readonly FunctionSignature[] = [
  scalar("current_user", [], STRING, { ...NEVER, aliases: ["user", "session_user"] }),
  scalar("current_database", [], STRING, { ...NEVER, aliases: ["current_schema"] }),
  scalar("current_catalog", [], STRING, NEVER),
  scalar("version", [], STRING, NEVER),
  scalar("monotonically_increasing_id", [], LONG, { ...NEVER, deterministic: false }),
  scalar("spark_partition_id", [], INT, { ...NEVER, deterministic: false }),
];
