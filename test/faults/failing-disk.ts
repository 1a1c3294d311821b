/**
 * Loaded before anything else in the process of disk-under-faults.ts and in its worker threads: calls of the file system that go wrong as the environment variable
 * DISK_FAULT says. Of spill files the third write or the first read fails (`ENOSPC`, `EIO`, `EIO reading`), writes take one byte more than half of what they are given
 * (`short`), or a while (`slow`). A thread that opens a file named `poison.csv` ends.
 */
import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { isMainThread } from "node:worker_threads";

const fault = process.env.DISK_FAULT;
const { openSync, readSync, writevSync } = fs;
const spillFiles = new Set<number>();
let writes = 0;

function failure(code: string, syscall: string): Error {
  return Object.assign(new Error(`${code}: made by the test, ${syscall}`), { code, syscall });
}

if (!isMainThread) {
  fs.openSync = (path, ...rest) => {
    if (String(path).endsWith("poison.csv")) process.exit(1);
    const fd = openSync(path, ...rest);
    if (String(path).endsWith(".spill")) spillFiles.add(fd);
    return fd;
  };
  fs.writevSync = (fd, buffers, ...rest) => {
    if (!spillFiles.has(fd)) return writevSync(fd, buffers, ...rest);
    writes++;
    if (writes === 3 && (fault === "ENOSPC" || fault === "EIO")) throw failure(fault, "writev");
    if (fault === "slow") Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2);
    if (fault !== "short") return writevSync(fd, buffers, ...rest);
    const [first] = buffers;
    const bytes = new Uint8Array(first.buffer, first.byteOffset, first.byteLength);
    return writevSync(fd, [bytes.subarray(0, Math.ceil((bytes.length + 1) / 2))], ...rest);
  };
  fs.readSync = ((fd: number, ...rest: [NodeJS.ArrayBufferView, number, number, number]) => {
    if (fault === "EIO reading" && spillFiles.has(fd)) throw failure("EIO", "read");
    return readSync(fd, ...rest);
  }) as typeof fs.readSync;
  syncBuiltinESMExports();
}
