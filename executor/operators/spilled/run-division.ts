import type { SpilledPage } from "../../spill/spill-store.ts";
import type { DivideTask } from "./divide-task.ts";

/** Runs tasks on workers: pages by task, and in it by the number that the next bits of the hash make. */
export type RunDivision = (tasks: readonly DivideTask[]) => Promise<readonly (readonly (readonly SpilledPage[])[])[]>;
