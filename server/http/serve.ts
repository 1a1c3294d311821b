import { Engine } from "../engine.ts";
import { errorText } from "../error-text.ts";
import { startHttpServer } from "./http-server.ts";
import type { CommandLine } from "../cli-arguments.ts";
import type { Streams } from "../cli.ts";

/** `sparrow serve`: until SIGINT or SIGTERM, then ends after the statements that run; a second signal ends at once. */
export async function runServer({ port, settings, demo }: Extract<CommandLine, { kind: "serve" }>, { stdout, stderr }: Streams): Promise<number> {
  try {
    const views = demo ? (await import("../demo.ts")).demoViews() : [];
    const engine = new Engine({ settings, views });
    const server = await startHttpServer(engine, port);
    stdout.write(`Sparrow listens on ${server.url}; POST /sql takes statements.\n`);
    await new Promise<void>((resolve) => {
      for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => resolve());
    });
    await server.close();
    await engine.close();
    return 0;
  } catch (error) {
    stderr.write(errorText(error));
    return 1;
  }
}
