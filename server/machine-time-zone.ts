import { readlinkSync } from "node:fs";

/** The machine's IANA zone: where /etc/localtime leads; where there is no such file, or TZ says another zone, Node is asked, whose time zones take as long to load as a small query. */
export function machineTimeZone(): string {
  const { TZ } = process.env;
  if (TZ !== undefined && TZ !== "") return nodeTimeZone();
  try {
    const [, zone] = readlinkSync("/etc/localtime").split("/zoneinfo/");
    return zone === undefined || /^(posix|right)\//.test(zone) ? nodeTimeZone() : zone;
  } catch {
    return nodeTimeZone();
  }
}

function nodeTimeZone(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone;
}
