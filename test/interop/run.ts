/**
 * Writes Delta tables with one engine, reads them with another, and writes RESULTS.md. By hand; see README.md in this folder.
 * `node test/interop/run.ts --python PYTHON [--engines deltalake,spark] [--features REGEXP] [--folder DIR] [--out FILE]`
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { fileURLToPath } from "node:url";
import { PythonEngine } from "./python-engine.ts";
import { FEATURES, type Feature } from "./features.ts";
import { SparrowEngine } from "./sparrow-engine.ts";

const { values } = parseArgs({
  options: {
    python: { type: "string", default: "python3" },
    engines: { type: "string", default: "deltalake,spark" },
    features: { type: "string", default: "" },
    folder: { type: "string" },
    out: { type: "string", default: fileURLToPath(new URL("./RESULTS.md", import.meta.url)) },
  },
});

/** A direction of the exchange, as a column of the table of results. */
type Direction = "Sparrow → Spark" | "Spark → Sparrow" | "Sparrow → delta-rs" | "delta-rs → Sparrow";

/** `yes`, `-` where one of the two has it not, or what went wrong. */
type Outcome = string;

const folder = values.folder ?? mkdtempSync(join(tmpdir(), "sparrow-interop-"));
mkdirSync(folder, { recursive: true });
const sparrow = await SparrowEngine.open(folder);
const wanted = values.engines.split(",");
const spark = wanted.includes("spark") ? await PythonEngine.start(values.python, "spark_engine.py", folder) : undefined;
const deltalake = wanted.includes("deltalake") ? await PythonEngine.start(values.python, "deltalake_engine.py", folder) : undefined;
const deltalakeWrites = new Set((await deltalake?.ask({ kind: "features" }))?.map(([name]) => String(name)));

const results = new Map<string, Map<Direction, Outcome>>();
for (const feature of FEATURES.filter(({ name }) => new RegExp(values.features).test(name))) {
  const row = new Map<Direction, Outcome>();
  if (spark !== undefined) {
    row.set("Sparrow → Spark", await exchange(feature, "sparrow-spark", (sql) => sparrow.sql(sql), (sql) => spark.sql(sql)));
    row.set("Spark → Sparrow", await exchange(feature, "spark-sparrow", (sql) => spark.sql(sql), (sql) => sparrow.sql(sql)));
  }
  if (deltalake !== undefined) {
    row.set("Sparrow → delta-rs", await toDeltalake(feature, deltalake));
    row.set("delta-rs → Sparrow", deltalakeWrites.has(feature.name) ? await fromDeltalake(feature, deltalake) : "-");
  }
  results.set(feature.name, row);
  console.log(feature.name, Object.fromEntries(row));
}
const versions = [`Sparrow ${(JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as { version: string }).version}`];
for (const engine of [spark, deltalake]) if (engine !== undefined) versions.push(String((await engine.ask({ kind: "versions" }))[0][0]));
writeFileSync(values.out, report(versions));
await sparrow.close();
spark?.close();
deltalake?.close();
if (values.folder === undefined) rmSync(folder, { recursive: true, force: true });

type Sql = (text: string) => Promise<readonly string[]>;

/** The first engine writes, both read; the second changes, both read again. */
async function exchange({ name, write, read, change }: Feature, suffix: string, first: Sql, second: Sql): Promise<Outcome> {
  const table = tableNames(name, suffix);
  const step = async (what: string, run: () => Promise<string | undefined>): Promise<string | undefined> => {
    try {
      return await run();
    } catch (error) {
      return `${what}: ${oneLine(error)}`;
    }
  };
  const readBoth = async (queries: readonly string[]): Promise<string | undefined> => {
    for (const query of queries) {
      const [one, other] = [await first(filled(query, table)), await second(filled(query, table))];
      if (JSON.stringify(one) !== JSON.stringify(other)) return `${query}: ${one.join(" ").slice(0, 200)} against ${other.join(" ").slice(0, 200)}`;
    }
    return undefined;
  };
  return (
    (await step("writing", () => runAll(write, table, first))) ??
    (await step("reading", () => readBoth(read))) ??
    (await step("changing", () => runAll(change, table, second))) ??
    (await step("reading what was changed", () => readBoth(read))) ??
    "yes"
  );
}

/** Statements with `!` in front must be refused. */
async function runAll(statements: readonly string[], table: TableNames, sql: Sql): Promise<string | undefined> {
  for (const statement of statements) {
    const mustFail = statement.startsWith("! ");
    const text = filled(mustFail ? statement.slice(2) : statement, table);
    if (!mustFail) await sql(text);
    else if (await sql(text).then(() => true, () => false)) return `was not refused: ${text}`;
  }
  return undefined;
}

async function toDeltalake({ name, write }: Feature, engine: PythonEngine): Promise<Outcome> {
  const table = tableNames(name, "sparrow-deltalake");
  try {
    const problem = await runAll(write, table, (text) => sparrow.sql(text));
    if (problem !== undefined) return problem;
    const compared = await sameRows(table, engine);
    if (compared !== undefined) return compared;
  } catch (error) {
    return `writing or reading: ${oneLine(error)}`;
  }
  try {
    await engine.ask({ kind: "append", path: table.path });
  } catch (error) {
    return `yes; delta-rs does not append: ${oneLine(error)}`;
  }
  return (await sameRows(table, engine)) ?? "yes";
}

async function fromDeltalake({ name }: Feature, engine: PythonEngine): Promise<Outcome> {
  const table = tableNames(name, "deltalake-sparrow");
  try {
    await engine.ask({ kind: "write", feature: name, path: table.path });
    const problem = await sameRows(table, engine);
    if (problem !== undefined) return problem;
    const key = name === "primitive types" ? "i8" : "id";
    await runAll(["INSERT INTO {t} SELECT * FROM {t}", `DELETE FROM {t} WHERE ${key} = 1`, "OPTIMIZE {t}"], table, (text) => sparrow.sql(text));
    return (await sameRows(table, engine)) ?? "yes";
  } catch (error) {
    return oneLine(error);
  }
}

/** What Sparrow and delta-rs read differently in a table; undefined when they read the same. */
async function sameRows({ path }: TableNames, engine: PythonEngine): Promise<string | undefined> {
  const ours = await sparrow.sql(`SELECT * FROM delta.\`${path}\``);
  const theirs = (await engine.ask({ kind: "read", path })).map((row) => JSON.stringify(row)).sort();
  return JSON.stringify(ours) === JSON.stringify(theirs) ? undefined : `rows: ${ours.join(" ").slice(0, 300)} against ${theirs.join(" ").slice(0, 300)}`;
}

interface TableNames {
  readonly path: string;
  readonly name: string;
}

function tableNames(feature: string, suffix: string): TableNames {
  const name = `${feature}_${suffix}`.toLowerCase().replaceAll(/\W+/g, "_");
  return { path: join(folder, name), name };
}

/** `{t}`: the table by its path; `{p}`: its path; `{n}`: a name for it in a catalog. */
function filled(text: string, { path, name }: TableNames): string {
  return text.replaceAll("{t}", `delta.\`${path}\``).replaceAll("{p}", path).replaceAll("{n}", name);
}

function oneLine(error: unknown): string {
  const condition = (error as { condition?: string }).condition;
  const message = error instanceof Error ? error.message : String(error);
  return `${condition === undefined ? "" : `[${condition}] `}${message}`.replaceAll(folder, "").replaceAll(/\s+/g, " ").slice(0, 300);
}

function report(engineVersions: readonly string[]): string {
  const directions = [...new Set([...results.values()].flatMap((row) => [...row.keys()]))];
  const notes: string[] = [];
  const cell = (outcome: Outcome | undefined): string => {
    if (outcome === undefined || outcome === "-" || outcome === "yes") return outcome ?? "-";
    notes.push(outcome.replaceAll("|", "\\|"));
    return `${outcome.startsWith("yes;") ? "yes" : "no"} [${notes.length}]`;
  };
  const lines = [...results].map(([name, row]) => `| ${name} | ${directions.map((direction) => cell(row.get(direction))).join(" | ")} |`);
  return `# Tables between engines

Made by \`test/interop/run.ts\` on ${new Date().toISOString().slice(0, 10)} with ${engineVersions.join("; ")}.

The engine on the left of an arrow writes a table with the feature, both read it and must see the same rows; then the one on the right changes it (Spark and
Sparrow with the statements of \`features.ts\`; delta-rs by appending the table's rows once more; Sparrow tables of delta-rs by that, a DELETE and an OPTIMIZE), and
both read it again. A dash: delta-rs is not asked to write it.

| feature | ${directions.join(" | ")} |
|---|${directions.map(() => "---|").join("")}
${lines.join("\n")}
${notes.length === 0 ? "" : `\n${notes.map((note, i) => `${i + 1}. ${note}`).join("\n")}\n`}`;
}
