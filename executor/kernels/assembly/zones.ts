/** Seconds within which a table of changes answers: years 1900 to 2099. */
const FIRST_SECOND: i64 = -2208988800;
const LAST_SECOND: i64 = 4102444800;
const DAY: i64 = 86400;
/** Not an offset: ask the host. */
const UNKNOWN: i32 = i32.MIN_VALUE;

/** Offset in seconds at an instant, by a table of changes. */
export function zone_offset(table: u32, second: i64): i32 {
  if (second < FIRST_SECOND || second >= LAST_SECOND) return UNKNOWN;
  const count = load<u32>(table);
  let low: u32 = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (load<i64>(table + 8 + middle * 8) <= second) low = middle + 1;
    else high = middle;
  }
  return load<i32>(table + 8 + count * 8 + low * 4);
}

/** Offset that makes a local second an instant: the earlier one where clocks go back, moved on where they go forward. */
export function zone_local_offset(table: u32, local: i64): i32 {
  const before = zone_offset(table, local - DAY);
  const after = zone_offset(table, local + DAY);
  if (before == after || before == UNKNOWN || after == UNKNOWN) return after == UNKNOWN ? UNKNOWN : before;
  if (zone_offset(table, local - before) == before) return before;
  return zone_offset(table, local - after) == after ? after : before;
}
