import type { OneQueryEvent } from "../executor/events.ts";

interface Stage {
  readonly node: number;
  readonly estimatedRows: number;
  readonly morsels: number;
  readonly inputBytes: number;
  readonly tasks: { readonly rows: number; readonly milliseconds: number }[];
  end?: Extract<OneQueryEvent, { kind: "stageEnded" }>;
  speculated: number;
}

/** The stages of a query that has run, a line each, for EXPLAIN ANALYZE. */
export class StageLines {
  readonly #stages: Stage[] = [];

  add(event: OneQueryEvent): void {
    const stage = this.#stages.at(-1);
    // Stages run one after the other.
    switch (event.kind) {
      case "stageStarted":
        this.#stages.push({ ...event, tasks: [], speculated: 0 });
        return;
      case "taskEnded":
        stage?.tasks.push(event);
        return;
      case "taskSpeculated":
        if (stage !== undefined) stage.speculated++;
        return;
      case "stageEnded":
        if (stage !== undefined) stage.end = event;
        return;
      case "queryStarted":
      case "queryEnded":
      case "breakerCompleted":
      case "planChanged":
    }
  }

  /** Empty for a query without stages. */
  text(): string {
    const lines = this.#stages.flatMap((stage, i) => (stage.end === undefined ? [] : [line(i, stage, stage.end)]));
    return lines.length === 0 ? "" : `== Stages ==\n${lines.join("\n")}\n\n`;
  }
}

function line(number: number, { node, estimatedRows, morsels, inputBytes, tasks, speculated }: Stage, { rows, milliseconds, heldBytes, spilledBytes }: NonNullable<Stage["end"]>): string {
  const largest = Math.max(0, ...tasks.map((task) => task.rows));
  const slowest = Math.max(0, ...tasks.map((task) => task.milliseconds));
  const input = inputBytes === 0 ? "" : ` from ${inputBytes} bytes`;
  const twice = speculated === 0 ? "" : `, ${speculated} of them done twice`;
  return `Stage ${number}: ${rows} rows of (id=${node})${input}, estimated ${estimatedRows}, in ${morsels} morsels; ${tasks.length} tasks${twice}, the largest ${largest} rows, the slowest ${slowest.toFixed(1)} ms; ${milliseconds.toFixed(1)} ms, holds ${heldBytes} bytes, spilled ${spilledBytes} bytes`;
}
