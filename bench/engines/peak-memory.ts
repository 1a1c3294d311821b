import { readFileSync, writeFileSync } from "node:fs";

/** Sets this process's peak back to what it holds now; false where the system does not let it (then peaks are since the process began). */
export function resetPeakMemory(): boolean {
  try {
    writeFileSync("/proc/self/clear_refs", "5");
    return true;
  } catch {
    return false;
  }
}

/** The most memory that this process has held since the last reset, in megabytes of 10^6 bytes. */
export function peakMemoryMegabytes(): number {
  return kilobytes("VmHWM") / 1000;
}

/** What this process holds now. */
export function residentMegabytes(): number {
  return kilobytes("VmRSS") / 1000;
}

/** A field of /proc/self/status, in units of 1,000 bytes; from Node's own figures where there is no /proc. */
function kilobytes(field: "VmHWM" | "VmRSS"): number {
  let status: string;
  try {
    status = readFileSync("/proc/self/status", "utf8");
  } catch {
    return field === "VmHWM" ? (process.resourceUsage().maxRSS * 1024) / 1000 : process.memoryUsage.rss() / 1000;
  }
  return (Number(new RegExp(`^${field}:\\s+(\\d+) kB`, "m").exec(status)?.[1] ?? 0) * 1024) / 1000;
}
