import { fork } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { existsSync } from "node:fs";
import type { EngineName, EngineOptions } from "./engine.ts";
import type { Answer, Request } from "./protocol.ts";

/** What `npm run bench` has built, so that engines are measured as they run at a user's; from the sources where nothing is built. */
const BUILT = new URL("../../dist-bench/process.js", import.meta.url);
const PROGRAM = existsSync(BUILT) ? BUILT : new URL("process.ts", import.meta.url);

/** An engine in a process of its own, as the bench sees it. */
export class EngineProcess {
  readonly #child: ChildProcess;
  readonly #ended: Promise<Answer>;

  private constructor(child: ChildProcess) {
    this.#child = child;
    this.#ended = new Promise((resolve) => {
      child.once("exit", (code, signal) => resolve({ kind: "failed", message: `the engine's process ended (${signal ?? `status ${code}`})` }));
    });
  }

  static async start(engine: EngineName, options: EngineOptions): Promise<EngineProcess> {
    const started = new EngineProcess(fork(PROGRAM, { serialization: "advanced" }));
    const opened = await started.ask({ kind: "open", engine, options });
    if (opened.kind === "failed") {
      started.kill();
      throw new Error(`${engine} did not start: ${opened.message}`);
    }
    return started;
  }

  /** One request at a time. A process that dies answers "failed". */
  async ask(request: Request): Promise<Answer> {
    const answered = new Promise<Answer>((resolve) => this.#child.once("message", (message) => resolve(message as Answer)));
    this.#child.send(request, () => {}); // A send that fails is followed by the exit, which answers.
    return await Promise.race([answered, this.#ended]);
  }

  async close(): Promise<void> {
    await this.ask({ kind: "close" });
    await this.#ended;
  }

  kill(): void {
    this.#child.kill("SIGKILL");
  }

  get alive(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null && this.#child.connected;
  }
}
