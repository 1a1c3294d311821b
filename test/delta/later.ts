import { setTimeout } from "node:timers/promises";

/** Waits until the clock shows another millisecond than now: what has been written by now is old then, for whoever keeps things for no time at all. */
export async function later(): Promise<void> {
  const now = Date.now();
  while (Date.now() <= now) await setTimeout(1);
}
