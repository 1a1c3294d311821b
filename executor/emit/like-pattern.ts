/** A LIKE pattern, taken apart. */
export interface LikePattern {
  /** Literal pieces between the `%`, in order, as UTF-8; empty ones left out. Undefined where `_` occurs. */
  readonly pieces: readonly Uint8Array[] | undefined;
  /** Whether text must start with the first piece, and end with the last. */
  readonly anchoredStart: boolean;
  readonly anchoredEnd: boolean;
  /** For the general matcher: UTF-8 with 0xff for `%` and 0xfe for `_`. */
  readonly prepared: Uint8Array;
}

const ANY_TEXT = 0xff;
const ANY_CHARACTER = 0xfe;

/** Undefined for a pattern that Spark refuses: the escape character at the end, or before anything but `%`, `_` and itself. */
export function parseLikePattern(pattern: string, escape: string): LikePattern | undefined {
  const encoder = new TextEncoder();
  const prepared: number[] = [];
  const pieces: number[][] = [[]];
  let wildcard = false;
  const characters = Array.from(pattern);
  for (let i = 0; i < characters.length; i++) {
    let character = characters[i];
    if (character === escape) {
      i++;
      character = characters[i];
      if (character !== "%" && character !== "_" && character !== escape) return undefined;
    } else if (character === "%") {
      if (prepared.at(-1) !== ANY_TEXT) prepared.push(ANY_TEXT);
      pieces.push([]);
      continue;
    } else if (character === "_") {
      prepared.push(ANY_CHARACTER);
      wildcard = true;
      continue;
    }
    const bytes = encoder.encode(character);
    prepared.push(...bytes);
    pieces.at(-1)?.push(...bytes);
  }
  return {
    pieces: wildcard ? undefined : pieces.filter((piece) => piece.length > 0).map((piece) => Uint8Array.from(piece)),
    anchoredStart: pieces[0].length > 0 || pieces.length === 1,
    anchoredEnd: (pieces.at(-1)?.length ?? 0) > 0 || pieces.length === 1,
    prepared: Uint8Array.from(prepared),
  };
}
