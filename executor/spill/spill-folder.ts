import { randomBytes } from "node:crypto";
import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";

/** Name of the folder of one process: its id, so that others can see whether it is still alive, and a random part. */
const NAME = /^sparrow-spill-(\d+)-[0-9a-f]{8}$/;

/** The folder in which the queries of one engine spill, each in a folder of its own. Nothing is made before something is written. */
export class SpillFolder {
  readonly #path: string;
  #queries = 0;
  readonly #cleaned: Promise<void>;

  /** `directory`: a folder on a local disk; what processes that died have left there is removed meanwhile. */
  constructor(directory: string) {
    this.#cleaned = removeLeftovers(directory);
    this.#path = join(directory, `sparrow-spill-${process.pid}-${randomBytes(4).toString("hex")}`);
  }

  /** A path for one more query. */
  newQuery(): string {
    return join(this.#path, `query-${this.#queries++}`);
  }

  /** Removes what a query has written. */
  async removeQuery(path: string): Promise<void> {
    await rm(path, { recursive: true, force: true });
  }

  async remove(): Promise<void> {
    await this.#cleaned;
    await rm(this.#path, { recursive: true, force: true });
  }
}

/** Removes what processes that no longer live have left in a directory. One that cannot be read has nothing to be removed: a query that writes there says what is wrong. */
async function removeLeftovers(directory: string): Promise<void> {
  const names = await readdir(directory).catch(() => []);
  const left = names.filter((name) => {
    const pid = NAME.exec(name)?.[1];
    return pid !== undefined && !isAlive(Number(pid));
  });
  // Folders of other users stay.
  await Promise.allSettled(left.map((name) => rm(join(directory, name), { recursive: true, force: true })));
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it lives and belongs to another user.
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
