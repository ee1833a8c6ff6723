/** Builders for TLS messages (RFC 8446 §4 and §5.1), so that tests say what they mean. */

export function u16(...values: number[]): number[] {
  return values.flatMap((value) => [value >> 8, value & 0xff]);
}

export function ascii(text: string): number[] {
  return [...Buffer.from(text, "latin1")];
}

function vector8(data: number[]): number[] {
  return [data.length, ...data];
}

export function vector16(data: number[]): number[] {
  return [...u16(data.length), ...data];
}

export function extension(type: number, data: number[] = []): number[] {
  return [...u16(type), ...vector16(data)];
}

export function serverName(...names: string[]): number[] {
  return extension(0, vector16(names.flatMap((name) => [0, ...vector16(ascii(name))])));
}

export function alpn(...protocols: string[]): number[] {
  return extension(16, vector16(protocols.flatMap((protocol) => vector8(ascii(protocol)))));
}

export function supportedVersions(...versions: number[]): number[] {
  return extension(43, vector8(u16(...versions)));
}

export function signatureAlgorithms(...algorithms: number[]): number[] {
  return extension(13, vector16(u16(...algorithms)));
}

/** Body of a ClientHello; extensions are given as they are on the wire. */
export function clientHello(suites: number[], extensions: number[], legacyVersion = 0x0303): Uint8Array {
  return Uint8Array.from([
    ...u16(legacyVersion),
    ...Array(32).fill(0x55),
    ...vector8([1, 2, 3, 4]),
    ...vector16(u16(...suites)),
    ...vector8([0]),
    ...vector16(extensions),
  ]);
}

export function handshake(type: number, body: ArrayLike<number>): Uint8Array {
  return Uint8Array.from([type, body.length >> 16, ...u16(body.length & 0xffff), ...Array.from(body)]);
}

export function record(contentType: number, payload: ArrayLike<number>, version = 0x0301): Uint8Array {
  return Uint8Array.from([contentType, ...u16(version), ...u16(payload.length), ...Array.from(payload)]);
}

export function joined(...parts: ArrayLike<number>[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => Array.from(part)));
}
