import { createReadStream, createWriteStream } from 'node:fs';
import { open, rename, truncate } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { DomainError } from '@aceso/kernel';
import { EXPORT_COUNT_HEADER, EXPORT_REASONS } from '@aceso/audit/domain';
import type { Command } from 'commander';
import { AcesoClient } from './demo/aceso-client';
import { PartyClient } from './demo/party-client';
import { readSeed, webAddress } from './key-file';

interface Options {
  readonly since: string;
  readonly until: string;
  readonly reason: string;
  readonly out: string;
  readonly keyFile: string;
  readonly url: string;
}

const NEWLINE = 0x0a;

/** What came was not what the instance announced. */
export class AuditFileError extends DomainError<'AUDIT_EXPORT_INCOMPLETE' | 'AUDIT_EXPORT_OTHER_FILE'> {}

/** `aceso audit export`: the access log of a range, for a compliance officer, over the public API. */
export function registerAudit(program: Command): void {
  program
    .command('audit')
    .description('the access log, for compliance officers')
    .command('export')
    .description(
      'save access events as FHIR AuditEvent, NDJSON; after a break the same command goes on where it stopped',
    )
    .requiredOption('--since <time>', 'from this time on, such as 2026-03-01T00:00:00Z')
    .requiredOption('--until <time>', 'before this time')
    .requiredOption('--reason <reason>', `${EXPORT_REASONS.join(', ')}; it stands in the access log`)
    .requiredOption('--out <file>', 'where to save; `<file>.part` until it is complete')
    .requiredOption('--key-file <file>', 'secret seed of the officer: 64 hexadecimal digits or 32 raw bytes')
    .option('--url <url>', 'address of the instance', webAddress, 'http://localhost:3000')
    .action(save);
}

async function save({ keyFile, url, out, ...range }: Options): Promise<void> {
  const client = await AcesoClient.connect(url);
  const officer = new PartyClient('officer', 'officer', client, await readSeed(keyFile, 'key'));
  const events = await exportEvents({ client, officer, out, ...range });
  process.stdout.write(`${events} access events in ${out}\n`);
}

/**
 * Saves a range and tells how many events it has. The file gets its name when it is complete: as many lines as announced, each one
 * event. Throws AUDIT_EXPORT_INCOMPLETE, AUDIT_EXPORT_OTHER_FILE and refusals of the instance.
 */
export async function exportEvents(
  wish: Omit<Options, 'keyFile' | 'url'> & { readonly client: AcesoClient; readonly officer: PartyClient },
): Promise<number> {
  const { client, officer, out, since, until, reason } = wish;
  const part = `${out}.part`;
  const known = await wholeLines(part, { since, until });
  const query = new URLSearchParams({ since, until, reason, ...(known.last && { after: known.last }) });
  const response = await client.get(`/audit/events?${query}`, officer.authorize);
  const announced = Number(response.headers.get(EXPORT_COUNT_HEADER));
  let lines = 0;
  const counted = new Transform({
    transform(chunk: Buffer, _, done) {
      for (const byte of chunk) if (byte === NEWLINE) lines += 1;
      done(null, chunk);
    },
  });
  const body = Readable.fromWeb(response.body as Parameters<typeof Readable.fromWeb>[0]);
  await pipeline(body, counted, createWriteStream(part, { flags: 'a', mode: 0o600, flush: true })).catch((cause) => {
    throw new AuditFileError('AUDIT_EXPORT_INCOMPLETE', 'the transfer broke off: the same command goes on', { cause });
  });
  if (lines !== announced) {
    throw new AuditFileError(
      'AUDIT_EXPORT_INCOMPLETE',
      `${lines} of ${announced} events came: the same command goes on`,
    );
  }
  await rename(part, out);
  return known.count + lines;
}

interface KnownLines {
  readonly count: number;
  /** Id of the last event; undefined where there is none. */
  readonly last: string | undefined;
}

/** What an earlier run has saved, without a last line that broke off. Throws AUDIT_EXPORT_OTHER_FILE for events of another range. */
async function wholeLines(
  part: string,
  range: { readonly since: string; readonly until: string },
): Promise<KnownLines> {
  const file = await open(part, 'a+', 0o600);
  const { size } = await file.stat();
  await file.close();
  if (size === 0) return { count: 0, last: undefined };
  let [count, bytes, last] = [0, 0, ''];
  for await (const line of createInterface({ input: createReadStream(part), crlfDelay: 0 })) {
    const end = bytes + Buffer.byteLength(line) + 1;
    if (end > size) break;
    [count, bytes, last] = [count + 1, end, line];
  }
  await truncate(part, bytes);
  return { count, last: count === 0 ? undefined : idWithin(last, range) };
}

function idWithin(line: string, { since, until }: { readonly since: string; readonly until: string }): string {
  try {
    const { id, recorded } = JSON.parse(line) as { id: string; recorded: string };
    const at = Date.parse(recorded);
    if (at >= Date.parse(since) && at < Date.parse(until)) return id;
  } catch {
    // below
  }
  throw new AuditFileError('AUDIT_EXPORT_OTHER_FILE', 'the .part file is of another export: move it away');
}
