import { expect, test } from "vitest";
import { instantiateKernels, kernelBytes } from "../../executor/kernels/instantiate.ts";
import type { PageKernels } from "../../executor/scan/page-decoder.ts";
import { RandomStream } from "../../bench/generate/random.ts";

/** The kernels over a memory of their own; what lies behind an output shows that nothing was written there but the slack. */
const memory = new WebAssembly.Memory({ initial: 8, maximum: 8, shared: true });
const kernels = instantiateKernels(new WebAssembly.Module(kernelBytes()), memory) as unknown as PageKernels;
const bytes = new Uint8Array(memory.buffer);
const view = new DataView(memory.buffer);
const SOURCE = 1024;
const DICTIONARY = 128 * 1024;
const OUTPUT = 256 * 1024;
const SLACK = 16;
const MARK = 0xa5;

/** Writes the input, and runs `decode` over an output of `size` bytes behind which nothing but the slack may change. */
function decoded(input: readonly number[], size: number, decode: (end: number) => number): { readonly result: number; readonly output: Uint8Array } {
  bytes.fill(MARK, OUTPUT, OUTPUT + size + 256);
  bytes.set(input, SOURCE);
  bytes.fill(0xff, SOURCE + input.length, SOURCE + input.length + SLACK);
  const result = decode(SOURCE + input.length);
  expect(bytes.subarray(OUTPUT + size + SLACK, OUTPUT + size + 256).every((byte) => byte === MARK)).toBe(true);
  return { result, output: bytes.slice(OUTPUT, OUTPUT + size) };
}

function varint(value: number): number[] {
  return value < 128 ? [value] : [(value & 127) | 128, ...varint(Math.floor(value / 128))];
}

/** A stream of random elements in Snappy's format and what it stands for. */
function snappyStream(random: RandomStream): { readonly input: number[]; readonly output: number[] } {
  const output: number[] = [];
  const body: number[] = [];
  const elements = random.int(0, 120);
  for (let k = 0; k < elements; k++) {
    const kind = output.length === 0 ? 0 : random.int(0, 3);
    if (kind === 0) {
      const size = random.pick([random.int(1, 5), random.int(1, 20), random.int(1, 70), random.int(250, 300)]);
      const literal = Array.from({ length: size }, () => random.int(0, 255));
      body.push(...(size <= 60 ? [(size - 1) << 2] : size <= 256 ? [60 << 2, size - 1] : [61 << 2, (size - 1) & 255, (size - 1) >> 8]), ...literal);
      output.push(...literal);
      continue;
    }
    const offset = Math.min(output.length, random.pick([random.int(1, 8), random.int(1, 32), random.int(1, 4000)]), kind === 1 ? 2047 : Infinity);
    const size = kind === 1 ? random.int(4, 11) : random.int(1, 64);
    if (kind === 1) body.push(1 | ((size - 4) << 2) | ((offset >> 8) << 5), offset & 255);
    else body.push(kind | ((size - 1) << 2), offset & 255, offset >> 8, ...(kind === 3 ? [0, 0] : []));
    for (let i = 0; i < size; i++) output.push(output[output.length - offset]);
  }
  return { input: [...varint(output.length), ...body], output };
}

test("Snappy's elements of every kind, size and offset", () => {
  const random = new RandomStream(7, "snappy");
  for (let run = 0; run < 400; run++) {
    const { input, output } = snappyStream(random);
    const { result, output: got } = decoded(input, output.length, () => kernels.snappy_uncompress(SOURCE, input.length, OUTPUT, output.length));
    expect(result).toBe(output.length);
    expect(got).toEqual(Uint8Array.from(output));
  }
});

test("damaged Snappy is refused or gives bytes, and stays within its output", () => {
  const random = new RandomStream(11, "damage");
  let refused = 0;
  for (let run = 0; run < 2000; run++) {
    const { input, output } = snappyStream(random);
    const damaged = input.map((byte) => (random.chance(0.02) ? random.int(0, 255) : byte)).slice(0, random.chance(0.2) ? random.int(0, input.length) : input.length);
    const { result } = decoded(damaged, output.length, () => kernels.snappy_uncompress(SOURCE, damaged.length, OUTPUT, output.length));
    expect(result === -1 || result <= output.length).toBe(true);
    if (result === -1) refused++;
  }
  expect(refused).toBeGreaterThan(500);
});

/** Codes in runs of both kinds: bit-packed by eights, or one code repeated. */
function codedPage(random: RandomStream, bitWidth: number, entries: number): { readonly input: number[]; readonly codes: number[] } {
  const input: number[] = [];
  const codes: number[] = [];
  const code = () => Math.floor(random.unit() * entries);
  for (let runs = random.int(1, 6); runs > 0; runs--) {
    if (random.chance(0.4)) {
      const [count, repeated] = [random.int(1, 40), code()];
      input.push(...varint(count * 2));
      for (let i = 0; i < Math.ceil(bitWidth / 8); i++) input.push(Math.floor(repeated / 256 ** i) & 255);
      for (let i = 0; i < count; i++) codes.push(repeated);
      continue;
    }
    const groups = random.int(1, 20);
    const packed = Array.from({ length: groups * 8 }, code);
    let bits = packed.reduceRight((all, value) => (all << BigInt(bitWidth)) | BigInt(value), 0n);
    input.push(...varint(groups * 2 + 1));
    for (let i = 0; i < groups * bitWidth; i++, bits >>= 8n) input.push(Number(bits & 255n));
    codes.push(...packed);
  }
  // The last group of a page may have more codes than the page has rows.
  return { input, codes: codes.slice(0, Math.max(1, codes.length - random.int(0, 7))) };
}

const DECODERS: readonly { readonly width: 4 | 8; readonly isGathering: boolean; readonly run: (end: number, bitWidth: number, count: number, entries: number) => number }[] = [
  { width: 4, isGathering: false, run: (end, bitWidth, count, entries) => kernels.parquet_codes(SOURCE, end, bitWidth, count, entries, OUTPUT) },
  { width: 4, isGathering: true, run: (end, bitWidth, count, entries) => kernels.parquet_gather_4(SOURCE, end, bitWidth, count, DICTIONARY, entries, OUTPUT) },
  { width: 8, isGathering: true, run: (end, bitWidth, count, entries) => kernels.parquet_gather_8(SOURCE, end, bitWidth, count, DICTIONARY, entries, OUTPUT) },
];
/** Entries that there is a dictionary for; wider codes are not looked up here. */
const MOST_ENTRIES = 8192;

test("codes of every width, packed and repeated, and what a dictionary has for them", () => {
  for (let i = 0; i < MOST_ENTRIES; i++) view.setBigInt64(DICTIONARY + i * 8, BigInt(i) * 0x1_0000_0003n, true);
  const random = new RandomStream(13, "codes");
  for (let bitWidth = 0; bitWidth <= 32; bitWidth++) {
    for (let run = 0; run < 12; run++) {
      for (const { width, isGathering, run: decode } of DECODERS) {
        const entries = Math.min(2 ** bitWidth, isGathering ? MOST_ENTRIES : Infinity);
        const { input, codes } = codedPage(random, bitWidth, entries);
        const { result, output } = decoded(input, codes.length * width, (end) => decode(end, bitWidth, codes.length, entries === 2 ** 32 ? -1 : entries));
        const got = width === 4 ? new Uint32Array(output.buffer) : new BigUint64Array(output.buffer);
        expect(result).toBe(0);
        expect([...got]).toEqual(codes.map((code) => (!isGathering ? code : width === 8 ? view.getBigUint64(DICTIONARY + code * 8, true) : view.getUint32(DICTIONARY + code * 4, true))));
      }
    }
  }
});

test("a code beyond the dictionary is refused wherever it stands, and so are pages that end early", () => {
  const random = new RandomStream(17, "beyond");
  let refused = 0;
  for (let run = 0; run < 600; run++) {
    const bitWidth = random.int(1, 13);
    const { input, codes } = codedPage(random, bitWidth, 2 ** bitWidth);
    const greatest = Math.max(...codes);
    for (const { width, run: decode } of DECODERS) {
      if (greatest > 0) expect(decoded(input, codes.length * width, (end) => decode(end, bitWidth, codes.length, greatest)).result).toBe(-1);
      expect(decoded(input, codes.length * width, (end) => decode(end, bitWidth, codes.length, 0)).result).toBe(-1);
      const short = input.slice(0, random.int(0, input.length - 1));
      if (decoded(short, codes.length * width, (end) => decode(end, bitWidth, codes.length, greatest + 1)).result === -1) refused++;
    }
  }
  expect(refused).toBeGreaterThan(500);
});
