import { RandomStream, WeightedChoice } from "../generate/random.ts";

/**
 * TPC-H's pseudo text (clause 4.2.2.14): sentences of a small grammar, in one long pool of which comments are substrings. The weights
 * decide how many comments hold "special ... requests", which Q13 filters by.
 */
const NOUNS: Weighted = {
  packages: 40, requests: 40, accounts: 40, deposits: 40, foxes: 20, ideas: 20, theodolites: 20, "pinto beans": 20, instructions: 20,
  dependencies: 10, excuses: 10, platelets: 10, asymptotes: 10, courts: 5, dolphins: 5, multipliers: 1, sauternes: 1, warthogs: 1,
  frets: 1, dinos: 1, attainments: 1, somas: 1, "Tiresias'": 1, patterns: 1, forges: 1, braids: 1, frays: 1, warhorses: 1, dugouts: 1,
  notornis: 1, epitaphs: 1, pearls: 1, tithes: 1, waters: 1, orbits: 1, gifts: 1, sheaves: 1, depths: 1, sentiments: 1, decoys: 1,
  realms: 1, pains: 1, grouches: 1, escapades: 1, "hockey players": 1,
};

const VERBS: Weighted = {
  sleep: 20, wake: 20, are: 20, cajole: 20, haggle: 20, nag: 10, use: 10, boost: 10, affix: 5, detect: 5, integrate: 5, maintain: 1,
  nod: 1, was: 1, lose: 1, sublate: 1, solve: 1, thrash: 1, promise: 1, engage: 1, hinder: 1, print: 1, "x-ray": 1, breach: 1, eat: 1,
  grow: 1, impress: 1, mold: 1, poach: 1, serve: 1, run: 1, dazzle: 1, snooze: 1, doze: 1, unwind: 1, kindle: 1, play: 1, hang: 1,
  believe: 1, doubt: 1,
};

const ADJECTIVES: Weighted = {
  special: 20, pending: 20, unusual: 20, express: 20, furious: 1, sly: 1, careful: 1, blithe: 1, quick: 1, fluffy: 1, slow: 1, quiet: 1,
  ruthless: 1, thin: 1, close: 1, dogged: 1, daring: 1, brave: 1, stealthy: 1, permanent: 1, enticing: 1, idle: 1, busy: 1, regular: 50,
  final: 40, ironic: 40, even: 30, bold: 20, silent: 10,
};

const ADVERBS: Weighted = {
  sometimes: 1, always: 1, never: 1, furiously: 50, slyly: 50, carefully: 50, blithely: 40, quickly: 30, fluffily: 20, slowly: 1,
  quietly: 1, ruthlessly: 1, thinly: 1, closely: 1, doggedly: 1, daringly: 1, bravely: 1, stealthily: 1, permanently: 1, enticingly: 1,
  idly: 1, busily: 1, regularly: 1, finally: 1, ironically: 1, evenly: 1, boldly: 1, silently: 1,
};

const PREPOSITIONS: Weighted = {
  about: 50, above: 50, "according to": 50, across: 50, after: 50, against: 40, along: 40, "alongside of": 30, among: 30, around: 20,
  at: 10, atop: 1, before: 1, behind: 1, beneath: 1, beside: 1, besides: 1, between: 1, beyond: 1, by: 1, despite: 1, during: 1,
  except: 1, for: 1, from: 1, "in place of": 1, inside: 1, "instead of": 1, into: 1, near: 1, of: 1, on: 1, outside: 1, over: 1, past: 1,
  since: 1, through: 1, throughout: 1, to: 1, toward: 1, under: 1, until: 1, up: 1, upon: 1, without: 1, with: 1, within: 1,
};

const AUXILIARIES: Weighted = {
  do: 1, may: 1, might: 1, shall: 1, will: 1, would: 1, can: 1, could: 1, should: 1, "ought to": 1, must: 1, "will have to": 1,
  "shall have to": 1, "could have to": 1, "should have to": 1, "must have to": 1, "need to": 1, "try to": 1,
};

const TERMINATORS: Weighted = { ".": 50, ";": 1, ":": 1, "?": 1, "!": 1, "--": 1 };

/** N noun phrase, V verb phrase, P prepositional phrase. */
const SENTENCES: Weighted = { NV: 3, NVP: 3, NVN: 3, NPVN: 1, NPVP: 1 };
/** N noun, J adjective, a comma after it where it stands, D adverb. */
const NOUN_PHRASES: Weighted = { N: 10, JN: 20, "J,JN": 10, DJN: 50 };
/** V verb, X auxiliary, D adverb. */
const VERB_PHRASES: Weighted = { V: 30, XV: 1, VD: 40, XVD: 1 };

type Weighted = Readonly<Record<string, number>>;

class Words {
  readonly #words: readonly Uint8Array[];
  readonly #choice: WeightedChoice;

  constructor(weights: Weighted) {
    this.#words = Object.keys(weights).map((word) => new TextEncoder().encode(word));
    this.#choice = new WeightedChoice(Object.values(weights));
  }

  draw(random: RandomStream): Uint8Array {
    return this.#words[this.#choice.draw(random)];
  }
}

const SPACE = 32;
const COMMA = 44;

/** `bytes` bytes of text, ASCII. */
export function textPool(bytes: number, seed: number): Uint8Array {
  const random = new RandomStream(seed, "text pool");
  const words = {
    noun: new Words(NOUNS),
    verb: new Words(VERBS),
    adjective: new Words(ADJECTIVES),
    adverb: new Words(ADVERBS),
    preposition: new Words(PREPOSITIONS),
    auxiliary: new Words(AUXILIARIES),
    terminator: new Words(TERMINATORS),
    the: new TextEncoder().encode("the"),
  };
  const sentences = new Words(SENTENCES);
  const nounPhrases = new Words(NOUN_PHRASES);
  const verbPhrases = new Words(VERB_PHRASES);
  const pool = new Uint8Array(bytes + 1024); // A sentence may run over the end.
  let used = 0;

  function word(text: Uint8Array): void {
    pool.set(text, used);
    used += text.length;
    pool[used++] = SPACE;
  }

  function phrase(pattern: Uint8Array): void {
    for (const symbol of pattern) {
      switch (String.fromCharCode(symbol)) {
        case "N":
          word(words.noun.draw(random));
          break;
        case "J":
          word(words.adjective.draw(random));
          break;
        case "D":
          word(words.adverb.draw(random));
          break;
        case "V":
          word(words.verb.draw(random));
          break;
        case "X":
          word(words.auxiliary.draw(random));
          break;
        case ",":
          pool[used - 1] = COMMA;
          pool[used++] = SPACE;
          break;
      }
    }
  }

  while (used < bytes) {
    for (const part of sentences.draw(random)) {
      switch (String.fromCharCode(part)) {
        case "N":
          phrase(nounPhrases.draw(random));
          break;
        case "V":
          phrase(verbPhrases.draw(random));
          break;
        case "P":
          word(words.preposition.draw(random));
          word(words.the);
          phrase(nounPhrases.draw(random));
          break;
      }
    }
    used--; // The terminator follows without a space.
    word(words.terminator.draw(random));
  }
  return pool.subarray(0, bytes);
}
