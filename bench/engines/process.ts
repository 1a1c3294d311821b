/** The program of an engine's own process: does what the bench asks over the IPC channel, and measures it. */
import { assert, unreachable } from "../../catalog/errors.ts";
import type { BenchEngine } from "./engine.ts";
import { openEngine } from "./open.ts";
import { peakMemoryMegabytes, resetPeakMemory, residentMegabytes } from "./peak-memory.ts";
import type { Answer, Request } from "./protocol.ts";

let engine: BenchEngine | undefined;

async function perform(request: Request): Promise<Pick<Extract<Answer, { kind: "done" }>, "rows" | "result">> {
  if (request.kind === "open") {
    engine = await openEngine(request.engine, request.options);
    return {};
  }
  assert(engine !== undefined, "the first request opens the engine");
  switch (request.kind) {
    case "load":
      await engine.load(request.tables, request.mode);
      return {};
    case "run":
      return { rows: await engine.run(request.sql) };
    case "collect":
      return { result: await engine.collect(request.sql) };
    case "close":
      await engine.close();
      return {};
    default:
      return unreachable(request);
  }
}

async function answer(request: Request): Promise<Answer> {
  resetPeakMemory();
  const cpuBefore = process.cpuUsage();
  const before = performance.now();
  try {
    const outcome = await perform(request);
    const milliseconds = performance.now() - before;
    const cpu = process.cpuUsage(cpuBefore);
    const cost = {
      milliseconds,
      cpuMilliseconds: (cpu.user + cpu.system) / 1000,
      peakMegabytes: peakMemoryMegabytes(),
      residentMegabytes: residentMegabytes(),
    };
    return { kind: "done", cost, ...outcome };
  } catch (error) {
    return { kind: "failed", message: error instanceof Error ? error.message : String(error) };
  }
}

let turn: Promise<void> = Promise.resolve();

process.on("message", (request: Request) => {
  turn = turn.then(async () => {
    process.send!(await answer(request));
    if (request.kind === "close") process.disconnect();
  });
});
