import { expect, test } from "vitest";
import { zoneOffsets } from "../../executor/emit/zone-table.ts";
import { timeZone } from "../../executor/functions/time-zone.ts";

test.each(["America/New_York", "Africa/Casablanca", "Europe/Amsterdam", "Australia/Lord_Howe", "Asia/Kathmandu", "America/Argentina/Buenos_Aires"])("the table of %s has every change of the clocks", (id) => {
  const offsets = zoneOffsets(id);
  if (offsets.kind !== "changing") throw new Error("a region's clocks have changed");
  const view = new DataView(offsets.bytes.buffer);
  const count = view.getUint32(0, true);
  expect(count).toBeGreaterThan(1);
  const { offsetAt } = timeZone(id);
  for (let i = 0; i < count; i += Math.ceil(count / 40)) {
    const second = Number(view.getBigInt64(8 + 8 * i, true));
    expect([offsetAt(second - 1), offsetAt(second)]).toEqual([view.getInt32(8 + 8 * count + 4 * i, true), view.getInt32(8 + 8 * count + 4 * i + 4, true)]);
  }
});

test("UTC and offsets are fixed", () => {
  expect(zoneOffsets("UTC")).toEqual({ kind: "fixed", seconds: 0 });
  expect(zoneOffsets("-03:30")).toEqual({ kind: "fixed", seconds: -12600 });
});
