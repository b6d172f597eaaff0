import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Writable } from 'node:stream';
import { finished, pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { generatePopulation, type PopulationOptions, type SyntheticRecord } from '@aceso/fhir/synthetic';

/** One file that a provider sends. */
export interface PopulationFile {
  readonly path: string;
  /** Which provider sends it, counted from 0. */
  readonly provider: number;
  readonly lines: number;
}

export interface PopulationFilesOptions extends PopulationOptions {
  /** Whether records of the first provider are gzipped. */
  readonly gzip: boolean;
  /** Told of each person, as the records that providers hold. */
  readonly onPerson: (records: readonly SyntheticRecord[]) => void;
}

const PROVIDERS = 2;

/**
 * Writes a synthetic population as NDJSON files of two providers: records as Bundles, readings of devices as single resources. A
 * person at a time, however many there are. The same options give the same bytes.
 */
export async function writePopulation(
  folder: string,
  { gzip, onPerson, ...population }: PopulationFilesOptions,
): Promise<PopulationFile[]> {
  await mkdir(folder, { recursive: true });
  const targets = Array.from({ length: PROVIDERS }, (_, provider) => ({
    records: new LineFile(
      join(folder, `provider-${provider + 1}-records.ndjson${gzip && provider === 0 ? '.gz' : ''}`),
    ),
    devices: new LineFile(join(folder, `provider-${provider + 1}-devices.ndjson`)),
  }));
  for (const records of generatePopulation(population)) {
    for (const record of records) {
      const target = targets[record.provider]!;
      await target.records.write(record.bundle);
      for (const resource of record.device) await target.devices.write(resource);
    }
    onPerson(records);
  }
  const files = targets.flatMap(({ records, devices }, provider) =>
    [records, devices].map((file) => ({ file, provider })),
  );
  for (const { file } of files) await file.end();
  // In a small population nobody may wear a device: a provider does not send an empty file.
  for (const { file } of files) if (file.lines === 0) await rm(file.path);
  return files
    .filter(({ file }) => file.lines > 0)
    .map(({ file: { path, lines }, provider }) => ({ path, lines, provider }));
}

/** A file of JSON lines, gzipped when its name says so; never holds more than the stream's buffer. */
class LineFile {
  lines = 0;
  private readonly input: Writable;
  private readonly closed: Promise<void>;

  constructor(readonly path: string) {
    const target = createWriteStream(path);
    const gzip = path.endsWith('.gz') ? createGzip({ level: 1 }) : undefined;
    this.input = gzip ?? target;
    this.closed = gzip ? pipeline(gzip, target) : finished(target);
  }

  async write(value: unknown): Promise<void> {
    this.lines += 1;
    if (!this.input.write(`${JSON.stringify(value)}\n`)) await once(this.input, 'drain');
  }

  async end(): Promise<void> {
    this.input.end();
    await this.closed;
  }
}
