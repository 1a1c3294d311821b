import type { Value } from "../../catalog/values.ts";
import { dataError, invalidParameter } from "./data-errors.ts";
import type { ScalarCall, ScalarFunction } from "./scalar-function.ts";
import { define } from "./scalar-function.ts";

/** Character sets, base 64, hexadecimal and URLs. */

const CHARSETS: Readonly<Record<string, "utf8" | "latin1" | "ascii" | "utf16le" | "utf16be" | "utf16" | "utf32">> = {
  "UTF-8": "utf8", "US-ASCII": "ascii", "ISO-8859-1": "latin1", "UTF-16LE": "utf16le", "UTF-16BE": "utf16be", "UTF-16": "utf16", "UTF-32": "utf32",
};

function charset(name: string, call: ScalarCall, functionName: string): (typeof CHARSETS)[string] {
  const found = CHARSETS[name.toUpperCase()];
  if (found === undefined) {
    throw invalidParameter("CHARSET", functionName, "charset", `${name} is not one of ${Object.keys(CHARSETS).join(", ")}`, { charset: name, charsets: Object.keys(CHARSETS).sort().join(", ") }, call);
  }
  return found;
}

function malformed(functionName: string, name: string, call: ScalarCall): Error {
  return dataError("MALFORMED_CHARACTER_CODING", "22000", `A character cannot be coded in ${name}.`, { function: `\`${functionName}\``, charset: name.toUpperCase() }, call);
}

function utf32(text: string): Uint8Array {
  const points = Array.from(text, (c) => c.codePointAt(0) ?? 0);
  const view = new DataView(new ArrayBuffer(points.length * 4));
  points.forEach((point, i) => view.setUint32(i * 4, point));
  return new Uint8Array(view.buffer);
}

function encodeText(text: string, name: string, call: ScalarCall): Uint8Array {
  const kind = charset(name, call, "encode");
  switch (kind) {
    case "utf8":
      return new Uint8Array(Buffer.from(text, "utf8"));
    case "ascii":
    case "latin1":
      for (const c of text) if ((c.codePointAt(0) ?? 0) > (kind === "ascii" ? 127 : 255)) throw malformed("encode", name, call);
      return new Uint8Array(Buffer.from(text, "latin1"));
    case "utf16le":
      return new Uint8Array(Buffer.from(text, "utf16le"));
    case "utf16be":
      return new Uint8Array(Buffer.from(text, "utf16le").swap16());
    case "utf16":
      return new Uint8Array(Buffer.concat([Buffer.from([0xfe, 0xff]), Buffer.from(text, "utf16le").swap16()]));
    case "utf32":
      return utf32(text);
  }
}

function decodeBytes(bytes: Uint8Array, name: string, call: ScalarCall): string {
  const kind = charset(name, call, "decode");
  const buffer = Buffer.from(bytes);
  try {
    switch (kind) {
      case "utf8":
        return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(buffer);
      case "ascii":
        if (buffer.some((byte) => byte > 127)) throw malformed("decode", name, call);
        return buffer.toString("latin1");
      case "latin1":
        return buffer.toString("latin1");
      case "utf16le":
        return new TextDecoder("utf-16le", { fatal: true, ignoreBOM: true }).decode(buffer);
      case "utf16be":
        return new TextDecoder("utf-16be", { fatal: true, ignoreBOM: true }).decode(buffer);
      case "utf16":
        return new TextDecoder(buffer[0] === 0xff && buffer[1] === 0xfe ? "utf-16le" : "utf-16be", { fatal: true }).decode(buffer);
      case "utf32": {
        const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
        return Array.from({ length: Math.floor(bytes.length / 4) }, (_, i) => String.fromCodePoint(view.getUint32(i * 4))).join("");
      }
    }
  } catch (error) {
    if (error instanceof TypeError || error instanceof RangeError) throw malformed("decode", name, call);
    throw error;
  }
}

function isBase64(text: string): boolean {
  const packed = text.replace(/[\r\n\t ]/g, "");
  return /^[A-Za-z0-9+/]*={0,2}$/.test(packed) && (packed.length % 4 === 0 || (!packed.endsWith("=") && packed.length % 4 !== 1));
}

function conversionFailed(text: string, format: string, call: ScalarCall): Error {
  return dataError("CONVERSION_INVALID_INPUT", "22018", `'${text}' is not ${format}.`, { str: `'${text}'`, fmt: `'${format}'`, targetType: '"BINARY"', suggestion: "`try_to_binary`" }, call);
}

/** `to_binary(text, format)`; undefined for text that is not of the format. */
function toBinary(text: string, format: string, call: ScalarCall): Uint8Array | undefined {
  switch (format.toLowerCase()) {
    case "hex":
      if (!/^[0-9a-fA-F]*$/.test(text)) return undefined;
      return new Uint8Array(Buffer.from(text.length % 2 === 0 ? text : `0${text}`, "hex"));
    case "utf-8":
    case "utf8":
      return new Uint8Array(Buffer.from(text, "utf8"));
    case "base64":
      return isBase64(text) ? new Uint8Array(Buffer.from(text, "base64")) : undefined;
    default:
      throw invalidParameter("BINARY_FORMAT", "to_binary", "fmt", `${format} is not hex, utf-8 or base64`, { invalidValue: `'${format}'` }, call);
  }
}

/** Form encoding: blanks are plus signs. */
function urlEncode(text: string): string {
  return encodeURIComponent(text.toWellFormed())
    .replace(/[!'()~]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll("%20", "+");
}

function urlDecode(text: string): string | undefined {
  try {
    return decodeURIComponent(text.replaceAll("+", "%20"));
  } catch (error) {
    if (error instanceof URIError) return undefined;
    throw error;
  }
}

const URI = /^(?:([A-Za-z][A-Za-z0-9+.-]*):)?(?:\/\/([^/?#]*))?([^?#]*)(?:\?([^#]*))?(?:#(.*))?$/s;

/** The parts of a URI, or undefined where Java's `java.net.URI` finds it wrong. */
function parseUri(url: string): { readonly [part: string]: string | null } | undefined {
  if (/[\s<>"{}|\\^`\p{Cc}]/u.test(url) || /%(?![0-9A-Fa-f]{2})/.test(url)) return undefined;
  const match = URI.exec(url);
  if (match === null) return undefined;
  const [, protocol, authority, path, query, ref] = match;
  if (protocol === undefined && url.includes(":") && !url.includes("/")) return undefined;
  const at = authority?.lastIndexOf("@") ?? -1;
  const hostPort = authority?.slice(at + 1);
  const host = hostPort === undefined ? null : (/^(\[[^\]]*\]|[^:]*)/.exec(hostPort)?.[1] ?? "");
  return {
    PROTOCOL: protocol ?? null,
    HOST: host === "" ? null : host,
    PATH: path,
    QUERY: query ?? null,
    REF: ref ?? null,
    AUTHORITY: authority ?? null,
    USERINFO: at >= 0 ? (authority ?? "").slice(0, at) : null,
    FILE: query === undefined ? path : `${path}?${query}`,
  };
}

function parseUrl(url: string, part: string, key: Value | undefined, raises: boolean, call: ScalarCall): Value {
  const parts = parseUri(url);
  if (parts === undefined) {
    if (!raises || call.mode === "legacy") return null;
    throw dataError("INVALID_URL", "22P02", `${url} is not a URL. Use try_parse_url to get NULL instead.`, { url }, call);
  }
  if (key === undefined) return parts[part] ?? null;
  if (part !== "QUERY" || parts.QUERY === null) return null;
  const found = new RegExp(`(?:^|&)${(key as string).replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&")}=([^&]*)`).exec(parts.QUERY);
  return found?.[1] ?? null;
}

export const encodingFunctions: readonly ScalarFunction[] = [
  define("base64", ([bytes]) => Buffer.from(bytes as Uint8Array).toString("base64")),
  define("unbase64", ([text], call) => {
    if (!isBase64(text as string)) {
      if (call.mode === "legacy") return new Uint8Array(Buffer.from(text as string, "base64"));
      throw conversionFailed(text as string, "BASE64", call);
    }
    return new Uint8Array(Buffer.from(text as string, "base64"));
  }),
  define("encode", ([text, name], call) => encodeText(text as string, name as string, call)),
  define("decode_charset", ([bytes, name], call) => decodeBytes(bytes as Uint8Array, name as string, call)),
  define("to_binary", ([text, format = "hex"], call) => {
    const bytes = toBinary(text as string, format as string, call);
    if (bytes === undefined) throw conversionFailed(text as string, (format as string).toUpperCase(), call);
    return bytes;
  }),
  define("try_to_binary", ([text, format = "hex"], call) => toBinary(text as string, format as string, call) ?? null),
  define("url_encode", ([text]) => urlEncode(text as string)),
  define("url_decode", ([text], call) => {
    const decoded = urlDecode(text as string);
    if (decoded === undefined) throw dataError("CANNOT_DECODE_URL", "22546", `${text as string} cannot be decoded: it is not URL-encoded.`, { url: text as string }, call);
    return decoded;
  }),
  define("try_url_decode", ([text]) => urlDecode(text as string) ?? null),
  define("parse_url", ([url, part, key], call) => parseUrl(url as string, part as string, key, true, call)),
  define("try_parse_url", ([url, part, key], call) => parseUrl(url as string, part as string, key, false, call)),
];
