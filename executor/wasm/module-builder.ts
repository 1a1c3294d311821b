import { assert } from "../../catalog/errors.ts";
import { name, section, unsigned, vector } from "./encoding.ts";
import type { FunctionReference, FunctionType } from "./function-builder.ts";
import { FIRST_SYMBOL, FunctionBuilder, typeCode } from "./function-builder.ts";

/** A module over the shared pool memory (`env.memory`). */
export class ModuleBuilder {
  readonly #types: string[] = [];
  readonly #typeBytes: number[][] = [];
  readonly #imports: { module: string; reference: FunctionReference; type: number }[] = [];
  readonly #functions: { reference: FunctionReference; type: number; builder: FunctionBuilder; exported: boolean }[] = [];

  /** The function `module.name` of the instance's imports; the same reference when asked for twice. */
  import(module: string, functionName: string, type: FunctionType): FunctionReference {
    const known = this.#imports.find((i) => i.module === module && i.reference.name === functionName);
    if (known !== undefined) return known.reference;
    const reference = { name: functionName, ...type, symbol: this.#newSymbol() };
    this.#imports.push({ module, reference, type: this.#typeIndex(type) });
    return reference;
  }

  /** Starts a function; write its body through the builder. */
  function(functionName: string, type: FunctionType, exported: boolean): { reference: FunctionReference; builder: FunctionBuilder } {
    const reference = { name: functionName, ...type, symbol: this.#newSymbol() };
    const builder = new FunctionBuilder(type);
    this.#functions.push({ reference, type: this.#typeIndex(type), builder, exported });
    return { reference, builder };
  }

  /** An own function that has been started. */
  reference(functionName: string): FunctionReference {
    const known = this.#functions.find((f) => f.reference.name === functionName);
    assert(known !== undefined, `the module has no function ${functionName}`);
    return known.reference;
  }

  encode(): Uint8Array {
    const indexes: number[] = [];
    [...this.#imports, ...this.#functions].forEach(({ reference }, index) => {
      indexes[reference.symbol - FIRST_SYMBOL] = index;
    });
    const imports = this.#imports.map((i) => [...name(i.module), ...name(i.reference.name), 0x00, ...unsigned(i.type)]);
    // Shared memory with any limits: minimum 1 page, maximum 65536.
    imports.push([...name("env"), ...name("memory"), 0x02, 0x03, ...unsigned(1), ...unsigned(65536)]);
    const exported = this.#functions.filter((f) => f.exported);
    const parts = [
      [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
      section(1, vector(this.#typeBytes)),
      section(2, vector(imports)),
      section(3, vector(this.#functions.map((f) => unsigned(f.type)))),
      section(7, vector(exported.map((f) => [...name(f.reference.name), 0x00, ...unsigned(indexes[f.reference.symbol - FIRST_SYMBOL])]))),
      codeSection(this.#functions.map((f) => f.builder.encode(indexes))),
    ];
    const bytes = new Uint8Array(parts.reduce((sum, p) => sum + p.length, 0));
    let at = 0;
    for (const part of parts) {
      bytes.set(part, at);
      at += part.length;
    }
    return bytes;
  }

  #newSymbol(): number {
    return FIRST_SYMBOL + this.#imports.length + this.#functions.length;
  }

  #typeIndex(type: FunctionType): number {
    const key = `${type.params.join()}>${type.results.join()}`;
    const known = this.#types.indexOf(key);
    if (known >= 0) return known;
    this.#types.push(key);
    this.#typeBytes.push([0x60, ...vector(type.params.map((t) => [typeCode(t)])), ...vector(type.results.map((t) => [typeCode(t)]))]);
    return this.#types.length - 1;
  }
}

function codeSection(bodies: readonly (readonly number[])[]): number[] {
  const content = unsigned(bodies.length);
  for (const body of bodies) for (const byte of body) content.push(byte);
  const out = [10, ...unsigned(content.length)];
  for (const byte of content) out.push(byte);
  return out;
}
