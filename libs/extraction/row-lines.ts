import type { Readable } from 'node:stream';

/**
 * Lines of an NDJSON stream, a batch for each chunk that arrives: one await a batch instead of one a line. Every line ends
 * with a newline, as our own part files do.
 */
export async function* lineBatches(stream: Readable): AsyncGenerator<readonly string[]> {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  let rest = '';
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    if (lines.length > 0) yield lines;
  }
  rest += decoder.decode();
  if (rest !== '') yield [rest];
}
