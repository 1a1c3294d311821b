import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { SparrowError } from "../catalog/errors.ts";
import type { TemporaryView } from "./session.ts";

/** The demonstration's tables: three million flights and the airports, from the development dependency vega-datasets. */
export function demoViews(): TemporaryView[] {
  const file = (name: string): string => {
    const path = fileURLToPath(new URL(`../data/${name}`, packageEntry()));
    if (!existsSync(path)) throw notInstalled();
    return path;
  };
  return [
    { kind: "files", name: "flights", format: "parquet", location: file("flights-3m.parquet"), schema: undefined, options: {} },
    { kind: "files", name: "airports", format: "csv", location: file("airports.csv"), schema: undefined, options: { header: "true", inferSchema: "true" } },
  ];
}

function packageEntry(): string {
  try {
    return import.meta.resolve("vega-datasets");
  } catch {
    throw notInstalled();
  }
}

function notInstalled(): SparrowError {
  return new SparrowError("DEMO_NOT_AVAILABLE", "22023", "The demonstration tables come with a source checkout (npm package vega-datasets), which this is not.", {}, { hint: "Leave --demo out." });
}
