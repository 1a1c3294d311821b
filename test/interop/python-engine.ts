import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

type Answer = { readonly rows: readonly (readonly unknown[])[] } | { readonly error: string };

/** An engine in a Python process that answers one request a line. */
export class PythonEngine {
  readonly #child: ChildProcess;
  readonly #waiting: { readonly resolve: (answer: Answer) => void; readonly reject: (error: Error) => void }[] = [];

  private constructor(child: ChildProcess, script: string) {
    this.#child = child;
    if (child.stdout === null) throw new Error(`${script} has no output`);
    createInterface(child.stdout).on("line", (line) => this.#waiting.shift()?.resolve(JSON.parse(line) as Answer));
    child.on("close", (code) => this.#waiting.forEach(({ reject }) => reject(new Error(`${script} ended with status ${code}`))));
  }

  static async start(python: string, script: string, folder: string): Promise<PythonEngine> {
    const path = fileURLToPath(new URL(script, import.meta.url));
    const engine = new PythonEngine(spawn(python, [path], { cwd: folder, stdio: ["pipe", "pipe", "ignore"] }), script);
    await engine.ask({ kind: "versions" });
    return engine;
  }

  async ask(request: Readonly<Record<string, unknown>>): Promise<readonly (readonly unknown[])[]> {
    const answer = await new Promise<Answer>((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      this.#child.stdin?.write(`${JSON.stringify(request)}\n`);
    });
    if ("error" in answer) throw new Error(answer.error);
    return answer.rows;
  }

  /** Rows as sorted texts. */
  async sql(text: string): Promise<string[]> {
    return (await this.ask({ kind: "sql", sql: text })).map((row) => JSON.stringify(row)).sort();
  }

  close(): void {
    this.#child.stdin?.end();
  }
}
