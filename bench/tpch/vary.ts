import { COLORS, CONTAINERS, NATIONS, REGIONS, SEGMENTS, TYPES } from "./domains.ts";

const DOMAINS: readonly (readonly string[])[] = [REGIONS, NATIONS.map(([name]) => name), SEGMENTS, CONTAINERS, TYPES, COLORS];
const MILLISECONDS_PER_DAY = 86_400_000;

/**
 * A TPC-H query with other literals: dates moved on by `run` days; brands, and words of the domains, exchanged for those `run` places
 * further; Q18's quantity and the size in Q2 raised. Q13 and Q22 have no literal that may change.
 */
export function varyTpch(sql: string, run: number): string {
  if (run === 0) return sql;
  const moved = sql
    .replace(/DATE '(\d{4}-\d\d-\d\d)'/g, (_, date: string) => `DATE '${daysLater(date, run)}'`)
    .replace(/'Brand#(\d)(\d)'/g, (_, maker: string, brand: string) => `'Brand#${maker}${((Number(brand) - 1 + run) % 5) + 1}'`)
    .replace("> 300", `> ${300 + (run % 10)}`)
    .replace("p_size = 15", `p_size = ${((14 + run) % 50) + 1}`);
  return moved.replace(/'([^']*)'/g, (literal, text: string) => {
    const [, before, word, after] = /^(%?)(.*?)(%?)$/.exec(text)!;
    const domain = DOMAINS.find((words) => words.includes(word));
    return domain === undefined ? literal : `'${before}${domain[(domain.indexOf(word) + run) % domain.length]}${after}'`;
  });
}

function daysLater(date: string, days: number): string {
  return new Date(Date.parse(date) + days * MILLISECONDS_PER_DAY).toISOString().slice(0, 10);
}
