import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { setTimeout } from "node:timers/promises";

/**
 * What happens at a call of the file system: it raises without having done anything, raises after it has done everything, writes half of its bytes and raises,
 * takes long, or is the last thing that the process does.
 */
export type FaultKind = "error" | "late error" | "partial write" | "delay" | "kill";

export interface Fault {
  /** Which call below the folder, counted from 1. */
  readonly at: number;
  readonly kind: FaultKind;
}

/** A call of the file system. */
export interface WatchedCall {
  /** Node's function. */
  readonly name: string;
  readonly path: string;
}

/** Calls below a folder, which alone are counted and disturbed. */
interface Watched {
  readonly folder: string;
  readonly fault: Fault | undefined;
  readonly calls: WatchedCall[];
}

const DELAY_MS = 20;

let watched: Watched | undefined;
/** Paths of open files by number. */
const paths = new Map<number, string>();
const original = { ...fs };
const originalPromises = { ...fs.promises };

/** Runs something while calls of this thread below a folder are counted, and one of them goes wrong; gives the calls. */
export async function withFault(folder: string, fault: Fault | undefined, run: () => Promise<void>): Promise<WatchedCall[]> {
  install();
  watched = { folder, fault, calls: [] };
  try {
    await run();
    return watched.calls;
  } finally {
    watched = undefined;
  }
}

/** From now on the process ends itself, as if it were killed, at that call below the folder. */
export function killAtCall(folder: string, at: number): void {
  install();
  watched = { folder, fault: { at, kind: "kill" }, calls: [] };
}

class InjectedError extends Error {
  readonly code = "EIO";

  constructor(call: string) {
    super(`EIO: injected at ${call}`);
  }
}

/** The fault of this call, if it is its turn. */
function due(call: string, path: unknown): FaultKind | undefined {
  if (watched === undefined || !String(path).startsWith(watched.folder)) return undefined;
  watched.calls.push({ name: call, path: String(path) });
  if (watched.calls.length !== watched.fault?.at) return undefined;
  if (watched.fault.kind === "kill") process.kill(process.pid, "SIGKILL");
  return watched.fault.kind;
}

async function disturbed<T>(call: string, path: unknown, action: () => Promise<T>, half?: () => Promise<unknown>): Promise<T> {
  const kind = due(call, path);
  if (kind === undefined) return action();
  if (kind === "delay") await setTimeout(DELAY_MS);
  if (kind === "late error") await ((await action()) as { readonly close?: () => Promise<void> } | undefined)?.close?.();
  if (kind === "partial write") await half?.();
  if (kind !== "delay") throw new InjectedError(call);
  return action();
}

function disturbedNow<T>(call: string, path: unknown, action: () => T, half?: () => unknown): T {
  const kind = due(call, path);
  if (kind === undefined || kind === "delay") return action();
  if (kind === "late error") action();
  if (kind === "partial write") half?.();
  throw new InjectedError(call);
}

let isInstalled = false;

/** Puts itself between the project and Node's own functions: those that writers of tables call. */
function install(): void {
  if (isInstalled) return;
  isInstalled = true;
  for (const name of ["mkdir", "link", "rename", "unlink", "rm", "stat", "readFile", "opendir", "readdir"] as const) {
    const call = originalPromises[name] as (...args: unknown[]) => Promise<unknown>;
    Object.assign(fs.promises, { [name]: (...args: unknown[]) => disturbed(name, args[0], () => call(...args)) });
  }
  Object.assign(fs.promises, {
    open: (path: string, ...rest: unknown[]) => disturbed("open", path, async () => disturbedHandle(await (originalPromises.open as (...args: unknown[]) => Promise<fs.promises.FileHandle>)(path, ...rest), path)),
  });
  Object.assign(fs, {
    openSync: (path: string, ...rest: unknown[]) =>
      disturbedNow("openSync", path, () => {
        const handle = (original.openSync as (...args: unknown[]) => number)(path, ...rest);
        paths.set(handle, path);
        return handle;
      }),
    writeSync: (handle: number, bytes: Uint8Array, ...rest: unknown[]) =>
      disturbedNow("writeSync", paths.get(handle), () => (original.writeSync as (...args: unknown[]) => number)(handle, bytes, ...rest), () => original.writeSync(handle, bytes.subarray(0, bytes.length >> 1))),
    fsyncSync: (handle: number) => disturbedNow("fsyncSync", paths.get(handle), () => original.fsyncSync(handle)),
    closeSync: (handle: number) =>
      disturbedNow("closeSync", paths.get(handle), () => {
        paths.delete(handle);
        original.closeSync(handle);
      }),
  });
  syncBuiltinESMExports();
}

function disturbedHandle(handle: fs.promises.FileHandle, path: string): fs.promises.FileHandle {
  const { writeFile, sync } = handle;
  handle.writeFile = ((bytes: Uint8Array) => disturbed("writeFile", path, () => writeFile.call(handle, bytes), () => writeFile.call(handle, bytes.subarray(0, bytes.length >> 1)))) as typeof handle.writeFile;
  handle.sync = () => disturbed("sync", path, () => sync.call(handle));
  return handle;
}
