import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import type { PopulationOptions } from '@aceso/fhir/synthetic';
import { writePopulation } from '../population-files';

/** One file that a provider sends. */
export interface InputFile {
  readonly path: string;
  /** Which of the demo's providers sends it. */
  readonly provider: number;
}

/** One human being of the demo: the local ids under which providers know this person. */
export interface DemoPerson {
  readonly records: readonly { readonly provider: number; readonly localId: string }[];
}

export interface DemoInput {
  readonly files: readonly InputFile[];
  readonly persons: readonly DemoPerson[];
}

/** Writes the synthetic population as files of two providers: gzipped Bundles, plain Bundles, and device readings. */
export async function writeSyntheticInput(folder: string, options: PopulationOptions): Promise<DemoInput> {
  const persons: DemoPerson[] = [];
  const files = await writePopulation(folder, {
    ...options,
    gzip: true,
    onPerson: (records) =>
      void persons.push({ records: records.map(({ provider, patientId }) => ({ provider, localId: patientId })) }),
  });
  return { files, persons };
}

/** Takes files that somebody else wrote: they alternate between the two providers, each Patient in them is one person. */
export async function readGivenInput(paths: readonly string[]): Promise<DemoInput> {
  const files = paths.map((path, index) => ({ path, provider: index % 2 }));
  const persons: DemoPerson[] = [];
  for (const { path, provider } of files) {
    for (const localId of await patientIdsIn(path)) persons.push({ records: [{ provider, localId }] });
  }
  return { files, persons };
}

async function patientIdsIn(path: string): Promise<Set<string>> {
  const found = new Set<string>();
  const source = await decompressed(path);
  const lines = createInterface({ input: source, crlfDelay: Infinity });
  // A file that breaks off is the register's to report; the demo goes on with the patients before the break.
  source.on('error', () => lines.close());
  for await (const line of lines) {
    // Parsing is only worth it where a patient can be.
    if (!line.includes('Patient')) continue;
    for (const id of patientIdsOf(line)) found.add(id);
  }
  return found;
}

interface MaybeResource {
  readonly resourceType?: unknown;
  readonly id?: unknown;
  readonly entry?: readonly { readonly fullUrl?: unknown; readonly resource?: MaybeResource }[];
}

function patientIdsOf(line: string): string[] {
  let value: MaybeResource;
  try {
    value = JSON.parse(line) as MaybeResource;
  } catch {
    return []; // the register names the bad line; the demo's patients are those that can be read
  }
  const resources = Array.isArray(value?.entry) ? value.entry.map((entry) => entry?.resource) : [value];
  return resources.flatMap((resource) =>
    resource?.resourceType === 'Patient' && typeof resource.id === 'string' ? [resource.id] : [],
  );
}

async function decompressed(path: string): Promise<Readable> {
  const file = await open(path);
  const magic = Buffer.alloc(2);
  await file.read(magic, 0, 2, 0);
  await file.close();
  const stream = createReadStream(path);
  // RFC 1952 section 2.3.1: gzip members begin with 1f 8b.
  if (magic[0] !== 0x1f || magic[1] !== 0x8b) return stream;
  const gunzip = createGunzip();
  stream.on('error', (error) => gunzip.destroy(error)).pipe(gunzip);
  return gunzip;
}
