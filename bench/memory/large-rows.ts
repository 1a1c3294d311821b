import { EngineProcess } from "../engines/client.ts";
import type { Answer } from "../engines/protocol.ts";

export interface LargeRowsOptions {
  readonly rows: number;
  readonly threads: number;
}

/** Half of what the suites have by default: rows of 16 bytes and more, of which there are hundreds of millions. */
const LIMIT = "512m";

interface Case {
  readonly name: string;
  readonly sql: (rows: number) => string;
}

function grouped(key: (rows: number) => string): Case["sql"] {
  return (rows) => `SELECT count(*), sum(n), sum(m) FROM (SELECT ${key(rows)} AS k, count(*) AS n, max(id) AS m FROM range(${rows}) GROUP BY 1)`;
}

function sorted(key: (rows: number) => string): Case["sql"] {
  return (rows) => `SELECT ${key(rows)} AS k, id FROM range(${rows}) ORDER BY k`;
}

const few = (): string => "id % 1000";
const many = (rows: number): string => `id * 7919 % ${rows - 1}`;
const texts = (rows: number): string => `concat('key-', ${many(rows)})`;

const CASES: readonly Case[] = [
  { name: "group by, few keys", sql: grouped(few) },
  { name: "group by, nearly unique keys", sql: grouped(many) },
  { name: "group by, nearly unique texts", sql: grouped(texts) },
  { name: "order by, few keys", sql: sorted(few) },
  { name: "order by, nearly unique keys", sql: sorted(many) },
  { name: "order by, nearly unique texts", sql: sorted(texts) },
];

/** Sorts and groupings of so many generated rows within the limit and without, each in a process of its own; whole results are taken. False when one fails. */
export async function measureLargeRows({ rows, threads }: LargeRowsOptions): Promise<boolean> {
  console.log(`\n| ${rows} rows | within ${LIMIT}, s | CPU s | peak MB | no limit, s | CPU s | peak MB | within / without |\n|---|---:|---:|---:|---:|---:|---:|---:|`);
  let isWhole = true;
  for (const { name, sql } of CASES) {
    const [limited, unlimited] = [await answerOf(sql(rows), threads, LIMIT), await answerOf(sql(rows), threads, undefined)];
    const ratio = limited.kind === "done" && unlimited.kind === "done" ? (limited.cost.milliseconds / unlimited.cost.milliseconds).toFixed(2) : "-";
    console.log(`| ${name} | ${cells(limited)} | ${cells(unlimited)} | ${ratio} |`);
    for (const answer of [limited, unlimited]) if (answer.kind === "failed") console.log(`\n> ${answer.message}\n`);
    isWhole &&= limited.kind === "done" && unlimited.kind === "done";
  }
  return isWhole;
}

async function answerOf(sql: string, threads: number, memory: string | undefined): Promise<Answer> {
  const engine = await EngineProcess.start("sparrow", { threads, memory });
  const answer = await engine.ask({ kind: "run", sql });
  await engine.close();
  return answer;
}

function cells(answer: Answer): string {
  if (answer.kind === "failed") return "failed | - | -";
  const { milliseconds, cpuMilliseconds, peakMegabytes } = answer.cost;
  return `${(milliseconds / 1000).toFixed(1)} | ${(cpuMilliseconds / 1000).toFixed(1)} | ${peakMegabytes.toFixed(0)}`;
}
