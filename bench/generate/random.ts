/**
 * A seeded stream of random numbers (sfc32, Chris Doty-Humphrey's small fast counter generator: 128 bits of state). Every column draws
 * from a stream of its own, named after it, so that a change to one column leaves the others as they were.
 */
export class RandomStream {
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;

  constructor(seed: number, name: string) {
    let hash = 0x811c9dc5;
    for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193);
    this.#a = seed | 0;
    this.#b = hash;
    this.#c = Math.floor(seed / 2 ** 32) | 0;
    for (let i = 0; i < 15; i++) this.bits();
  }

  /** 32 random bits as a signed integer. */
  bits(): number {
    const sum = (this.#a + this.#b + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) | 0;
    return sum;
  }

  /** Uniform in [0, 1), 32 bits fine. */
  unit(): number {
    return (this.bits() >>> 0) * 2 ** -32;
  }

  /** Uniform integer in [low, high]; the range must be below 2^32. */
  int(low: number, high: number): number {
    return low + Math.floor(this.unit() * (high - low + 1));
  }

  /** True with the given probability. */
  chance(probability: number): boolean {
    return this.unit() < probability;
  }

  pick<T>(items: readonly T[]): T {
    return items[Math.floor(this.unit() * items.length)];
  }

  /** Uniform 64-bit signed integer. */
  long(): bigint {
    return (BigInt(this.bits()) << 32n) | BigInt(this.bits() >>> 0);
  }
}

/** Draws indexes with given weights, in constant time (Vose's alias method). */
export class WeightedChoice {
  readonly #probability: Float64Array;
  readonly #alias: Int32Array;

  constructor(weights: readonly number[]) {
    const n = weights.length;
    const total = weights.reduce((sum, w) => sum + w, 0);
    const scaled = weights.map((w) => (w * n) / total);
    this.#probability = new Float64Array(n).fill(1);
    this.#alias = Int32Array.from({ length: n }, (_, i) => i);
    const small = scaled.flatMap((w, i) => (w < 1 ? [i] : []));
    const large = scaled.flatMap((w, i) => (w < 1 ? [] : [i]));
    while (small.length > 0 && large.length > 0) {
      const less = small.pop()!;
      const more = large.pop()!;
      this.#probability[less] = scaled[less];
      this.#alias[less] = more;
      scaled[more] += scaled[less] - 1;
      (scaled[more] < 1 ? small : large).push(more);
    }
  }

  draw(random: RandomStream): number {
    const at = random.unit() * this.#probability.length;
    const i = Math.floor(at);
    return at - i < this.#probability[i] ? i : this.#alias[i];
  }
}

/** Draws ranks in [0, n) with probability about 1 / (rank + 1)^s, by inverting the continuous distribution; s > 0, s not 1. */
export function zipfRank(random: RandomStream, n: number, s: number): number {
  const power = 1 - s;
  const x = ((n + 1) ** power - 1) * random.unit() + 1;
  return Math.min(n - 1, Math.floor(x ** (1 / power)) - 1);
}
