const ALPHABET = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#";
const DIGITS: ReadonlyMap<string, number> = new Map([...ALPHABET].map((char, value) => [char, value]));

/** The first `bytes` bytes of a Z85 text (ZeroMQ RFC 32); undefined for what is none. Groups beyond 2^32, which padding may hold, are taken modulo 2^32. */
export function decodeZ85(text: string, bytes: number): Uint8Array | undefined {
  if (text.length % 5 !== 0 || (text.length / 5) * 4 < bytes) return undefined;
  const decoded = new Uint8Array((text.length / 5) * 4);
  const view = new DataView(decoded.buffer);
  for (let group = 0; group * 5 < text.length; group++) {
    let value = 0;
    for (let i = 0; i < 5; i++) {
      const digit = DIGITS.get(text[group * 5 + i]);
      if (digit === undefined) return undefined;
      value = value * 85 + digit;
    }
    view.setUint32(group * 4, value % 2 ** 32);
  }
  return decoded.subarray(0, bytes);
}

/** Z85 text of bytes, whose number is a multiple of four. */
export function encodeZ85(bytes: Uint8Array): string {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let text = "";
  for (let at = 0; at < bytes.length; at += 4) {
    let value = view.getUint32(at);
    let group = "";
    for (let i = 0; i < 5; i++) {
      group = ALPHABET[value % 85] + group;
      value = Math.floor(value / 85);
    }
    text += group;
  }
  return text;
}
