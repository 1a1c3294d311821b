import type { Measurement } from "../measure.ts";
import { ratio } from "./table.ts";

const BAR_HEIGHT = 14;
const ROW_HEIGHT = 20;
const LEFT = 60;
const PLOT_WIDTH = 560;
const TOP = 48;
/** Ratios from 1/16 to 16, on a logarithmic scale; bars beyond are cut at the edge and keep their number. */
const OCTAVES = 4;

/** An SVG of ours / DuckDB per query: bars to the left are faster than DuckDB, to the right slower. */
export function ratioChart(title: string, measurement: Measurement): string {
  const rows = measurement.queries.map((query, i) => {
    const y = TOP + i * ROW_HEIGHT;
    const label = `<text x="${LEFT - 8}" y="${y + 11}" text-anchor="end">${query.id}</text>`;
    const value = ratio(query);
    if (value === undefined || query.problem !== undefined) return `${label}<text x="${x(1) + 6}" y="${y + 11}" fill="#b00020">failed</text>`;
    const [from, to] = [x(Math.min(1, value)), x(Math.max(1, value))];
    const fill = value <= 1 ? "#2e7d32" : "#c62828";
    const bar = `<rect x="${from.toFixed(1)}" y="${y}" width="${Math.max(1, to - from).toFixed(1)}" height="${BAR_HEIGHT}" fill="${fill}"/>`;
    const number = value <= 1 ? `x="${from - 4}" text-anchor="end"` : `x="${to + 4}"`;
    return `${label}${bar}<text ${number} y="${y + 11}">${value.toFixed(2)}</text>`;
  });
  const height = TOP + rows.length * ROW_HEIGHT + 10;
  const ticks = Array.from({ length: 2 * OCTAVES + 1 }, (_, i) => 2 ** (i - OCTAVES)).map(
    (value) =>
      `<line x1="${x(value)}" x2="${x(value)}" y1="${TOP - 6}" y2="${height - 8}" stroke="${value === 1 ? "#444" : "#ddd"}"/>` +
      `<text x="${x(value)}" y="${TOP - 12}" text-anchor="middle" fill="#666">${value >= 1 ? value : `1/${1 / value}`}</text>`,
  );
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${LEFT + PLOT_WIDTH + 60}" height="${height}" font-family="sans-serif" font-size="11">`,
    `<rect width="100%" height="100%" fill="white"/>`,
    `<text x="8" y="16" font-size="13">${title}</text>`,
    ...ticks,
    ...rows,
    "</svg>\n",
  ].join("\n");
}

function x(value: number): number {
  const octaves = Math.max(-OCTAVES, Math.min(OCTAVES, Math.log2(value)));
  return LEFT + (PLOT_WIDTH * (octaves + OCTAVES)) / (2 * OCTAVES);
}
