/**
 * What a byte stream is, judged by its first bytes and never by its name: `ndjson` (one JSON object a line), `document`
 * (one JSON object over many lines), `gzip` (RFC 1952) or none of these.
 */
export type Format = 'gzip' | 'ndjson' | 'document' | 'unsupported' | 'empty';

/** Bytes from the start that {@link sniffFormat} wants to see; fewer only where the stream ends. */
export const SNIFF_BYTES = 65_536;

const NEWLINE = 0x0a;
const BRACE_OPEN = 0x7b;
const BRACKET_OPEN = 0x5b;
const LESS_THAN = 0x3c;
/** RFC 1952 section 2.3.1: ID1, ID2. */
const GZIP_MAGIC = [0x1f, 0x8b] as const;

/** True for the three bytes that some editors write before UTF-8 text. */
export function startsWithByteOrderMark(bytes: Uint8Array): boolean {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
}

/** JSON's insignificant whitespace (RFC 8259 section 2). */
export function isWhitespace(byte: number): boolean {
  return byte === 0x20 || byte === NEWLINE || byte === 0x0d || byte === 0x09;
}

/** Judges the first {@link SNIFF_BYTES} of a stream. A bad first line does not hide good ones that follow it. */
export function sniffFormat(head: Uint8Array): Format {
  if (head[0] === GZIP_MAGIC[0] && head[1] === GZIP_MAGIC[1]) return 'gzip';
  const text = startsWithByteOrderMark(head) ? head.subarray(3) : head;
  const first = nextVisible(text, 0);
  if (first === -1) return 'empty';
  if (text[first] === LESS_THAN) return 'unsupported';
  const lineEnd = text.indexOf(NEWLINE, first);
  if (lineEnd === -1) return text[first] === BRACE_OPEN ? 'ndjson' : 'unsupported';
  const firstLineWhole = isBalanced(text.subarray(first, lineEnd));
  const second = nextVisible(text, lineEnd);
  if (text[first] === BRACE_OPEN) {
    const secondLineIsObject = second !== -1 && text[second] === BRACE_OPEN && text[second - 1] === NEWLINE;
    return firstLineWhole || secondLineIsObject || second === -1 ? 'ndjson' : 'document';
  }
  if (text[first] === BRACKET_OPEN && !firstLineWhole) return 'unsupported';
  return hasLineOfObject(text, lineEnd) ? 'ndjson' : 'unsupported';
}

function nextVisible(bytes: Uint8Array, from: number): number {
  for (let at = from; at < bytes.length; at++) {
    if (!isWhitespace(bytes[at] as number)) return at;
  }
  return -1;
}

/** A brace alone on a line opens a document, not an object of one line. */
function hasLineOfObject(bytes: Uint8Array, from: number): boolean {
  for (let at = bytes.indexOf(NEWLINE, from); at !== -1; at = bytes.indexOf(NEWLINE, at + 1)) {
    if (bytes[at + 1] !== BRACE_OPEN) continue;
    const inside = nextVisible(bytes, at + 2);
    if (inside !== -1 && !bytes.subarray(at + 2, inside).includes(NEWLINE)) return true;
  }
  return false;
}

function isBalanced(line: Uint8Array): boolean {
  let depth = 0;
  let inText = false;
  for (let at = 0; at < line.length; at++) {
    const byte = line[at] as number;
    if (inText) {
      if (byte === 0x5c) at++;
      else if (byte === 0x22) inText = false;
    } else if (byte === 0x22) inText = true;
    else if (byte === BRACE_OPEN || byte === BRACKET_OPEN) depth++;
    else if (byte === 0x7d || byte === 0x5d) depth--;
  }
  return depth === 0 && !inText;
}
