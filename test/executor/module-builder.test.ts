import { describe, expect, test } from "vitest";
import { get, i32, i64 } from "../../executor/wasm/instructions.ts";
import { ModuleBuilder } from "../../executor/wasm/module-builder.ts";

describe("module builder", () => {
  test("loops, locals, imports declared after functions, and shared memory work together", () => {
    const module = new ModuleBuilder();
    const { reference, builder } = module.function("sum", { params: ["i32", "i32"], results: ["i64"] }, true);
    const at = builder.param(0);
    const end = builder.param(1);
    const total = builder.local("i64");
    builder.while(i32.ltU(get(at), get(end)), () => {
      builder.set(total, i64.add(get(total), i64.load32s(get(at))));
      builder.set(at, i32.add(get(at), i32.const(4)));
    });
    builder.result(get(total));
    const twice = module.import("host", "twice", { params: ["i64"], results: ["i64"] });
    const outer = module.function("twiceSum", { params: ["i32", "i32"], results: ["i64"] }, true).builder;
    outer.result(outer.call(twice, [outer.call(reference, [get(outer.param(0)), get(outer.param(1))])]));

    const memory = new WebAssembly.Memory({ initial: 2, maximum: 2, shared: true });
    new Int32Array(memory.buffer).set([5, -7, 100], 4);
    const instance = new WebAssembly.Instance(new WebAssembly.Module(module.encode()), {
      env: { memory },
      host: { twice: (x: bigint) => x * 2n },
    });
    const { sum, twiceSum } = instance.exports as Record<string, (from: number, to: number) => bigint>;
    expect(sum(16, 28)).toBe(98n);
    expect(twiceSum(16, 28)).toBe(196n);
  });
});
