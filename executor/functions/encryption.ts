import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import { dataError, invalidParameter } from "./data-errors.ts";
import type { ScalarCall, ScalarFunction } from "./scalar-function.ts";
import { define } from "./scalar-function.ts";

/** AES. The initialization vector goes before the ciphertext, the tag of GCM after it. Source: Spark's `ExpressionImplUtils`. */

type AesMode = "ECB" | "CBC" | "GCM";

const IV_BYTES: Readonly<Record<AesMode, number>> = { ECB: 0, CBC: 16, GCM: 12 };
const TAG_BYTES = 16;

function cipherOf(key: Uint8Array, mode: string, padding: string, call: ScalarCall): { readonly mode: AesMode; readonly bits: number } {
  if (key.length !== 16 && key.length !== 24 && key.length !== 32) throw invalidParameter("AES_KEY_LENGTH", call.name, "key", `it has ${key.length} bytes, not 16, 24 or 32`, { actualLength: String(key.length) }, call);
  const name = mode.toUpperCase();
  const pad = padding.toUpperCase();
  const known = name === "GCM" ? pad === "NONE" || pad === "DEFAULT" : (name === "ECB" || name === "CBC") && (pad === "PKCS" || pad === "DEFAULT");
  if (!known) throw dataError("UNSUPPORTED_FEATURE.AES_MODE", "0A000", `AES with mode ${mode} and padding ${padding} is not supported.`, { mode, padding, functionName: `\`${call.name}\`` }, call);
  return { mode: name as AesMode, bits: key.length * 8 };
}

function encrypt(input: Uint8Array, key: Uint8Array, mode: string, padding: string, iv: Uint8Array, aad: Uint8Array, call: ScalarCall): Uint8Array {
  const cipher = cipherOf(key, mode, padding, call);
  const size = IV_BYTES[cipher.mode];
  const vector = iv.length > 0 ? iv : randomBytes(size);
  if (size === 0 ? iv.length > 0 : vector.length !== size) throw invalidParameter("AES_IV_LENGTH", call.name, "iv", `mode ${mode} takes ${size} bytes`, { mode, actualLength: String(iv.length) }, call);
  if (cipher.mode === "GCM") {
    const gcm = createCipheriv(`aes-${cipher.bits}-gcm` as "aes-128-gcm", key, vector);
    gcm.setAAD(aad);
    return new Uint8Array(Buffer.concat([vector, gcm.update(input), gcm.final(), gcm.getAuthTag()]));
  }
  const block = createCipheriv(`aes-${cipher.bits}-${cipher.mode.toLowerCase()}`, key, size === 0 ? null : vector);
  return new Uint8Array(Buffer.concat([vector.subarray(0, size), block.update(input), block.final()]));
}

function decrypt(input: Uint8Array, key: Uint8Array, mode: string, padding: string, aad: Uint8Array, call: ScalarCall): Uint8Array {
  const cipher = cipherOf(key, mode, padding, call);
  const size = IV_BYTES[cipher.mode];
  const vector = input.subarray(0, size);
  const body = input.subarray(size);
  try {
    if (cipher.mode === "GCM") {
      const gcm = createDecipheriv(`aes-${cipher.bits}-gcm` as "aes-128-gcm", key, vector);
      gcm.setAAD(aad);
      gcm.setAuthTag(body.subarray(body.length - TAG_BYTES));
      return new Uint8Array(Buffer.concat([gcm.update(body.subarray(0, body.length - TAG_BYTES)), gcm.final()]));
    }
    const block = createDecipheriv(`aes-${cipher.bits}-${cipher.mode.toLowerCase()}`, key, size === 0 ? null : vector);
    return new Uint8Array(Buffer.concat([block.update(body), block.final()]));
  } catch (cause) {
    if (!(cause instanceof Error)) throw cause;
    throw invalidParameter("AES_CRYPTO_ERROR", call.name, "expr, key", cause.message, { detailMessage: cause.message }, call);
  }
}

const NONE = new Uint8Array();
const UTF8 = new TextEncoder();

function bytesOf(value: unknown): Uint8Array {
  return value === undefined ? NONE : typeof value === "string" ? UTF8.encode(value) : (value as Uint8Array);
}

export const encryptionFunctions: readonly ScalarFunction[] = [
  define("aes_encrypt", ([input, key, mode = "GCM", padding = "DEFAULT", iv, aad], call) => encrypt(input as Uint8Array, key as Uint8Array, mode as string, padding as string, bytesOf(iv), bytesOf(aad), call)),
  define("aes_decrypt", ([input, key, mode = "GCM", padding = "DEFAULT", aad], call) => decrypt(input as Uint8Array, key as Uint8Array, mode as string, padding as string, bytesOf(aad), call)),
];
