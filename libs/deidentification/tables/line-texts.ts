import { isAscii, isUtf8 } from 'node:buffer';
import type { LineBlock } from '@aceso/fhir';

/** Lines are decoded together up to this many bytes: larger texts live outside V8's young space and cost page faults. */
const PIECE_BYTES = 64 * 1024;

/** Gets each line in order: its number in the file and its text, or undefined where it is not UTF-8. */
export type TakeText = (number: number, text: string | undefined) => void;

/**
 * The texts of the lines of a block. Texts are cut out of a larger one, so keep none of them: keep values parsed from
 * them. The block's lines must be of permitted length (`bytes` is there).
 */
export function eachText(block: LineBlock, bytes: Uint8Array, take: TakeText): void {
  // The views share the block's memory and have Node's decoders of a part.
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let from = 0; from < block.count;) {
    const to = endOfPiece(block, from);
    const [begin, end] = [block.beginOf(from), block.ends[to - 1]!];
    const piece = buffer.subarray(begin, end);
    // Most lines are ASCII, which needs no decoding: it is copied.
    if (isAscii(piece)) cutTexts(block, { from, to }, piece.toString('latin1'), take);
    else decodeEach(block, { from, to }, buffer, isUtf8(piece), take);
    from = to;
  }
}

/** One line at least, and as many whole ones as fit into a piece. */
function endOfPiece(block: LineBlock, from: number): number {
  const limit = block.beginOf(from) + PIECE_BYTES;
  let to = from + 1;
  while (to < block.count && block.ends[to]! <= limit) to += 1;
  return to;
}

interface Lines {
  readonly from: number;
  readonly to: number;
}

/** In ASCII a character is a byte: where a line ends in the bytes, it ends in the text. */
function cutTexts(block: LineBlock, { from, to }: Lines, text: string, take: TakeText): void {
  const offset = block.beginOf(from);
  for (let at = from; at < to; at += 1)
    take(block.first + at, text.slice(block.beginOf(at) - offset, block.ends[at]! - offset));
}

/** A newline is never part of another character, so lines of valid text are valid by themselves. */
function decodeEach(block: LineBlock, { from, to }: Lines, buffer: Buffer, valid: boolean, take: TakeText): void {
  for (let at = from; at < to; at += 1) {
    const [begin, end] = [block.beginOf(at), block.ends[at]!];
    const decodable = valid || isUtf8(buffer.subarray(begin, end));
    take(block.first + at, decodable ? buffer.toString('utf8', begin, end) : undefined);
  }
}
