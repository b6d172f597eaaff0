import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { appendFile, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { DeidentificationError } from '../domain';
import { makeFolder, removeEmpty } from './writing-to';

export interface DataFile {
  readonly name: string;
  readonly rows: number;
  readonly bytes: number;
  /** Lower-case hexadecimal. */
  readonly sha256: string;
}

export const REPORT_FORMAT = 'aceso/deidentify-report/v1';
export const RULES_REPORT_FORMAT = 'aceso/fhirpath-rules-report/v1';
const OWN_FORMATS: readonly unknown[] = [REPORT_FORMAT, RULES_REPORT_FORMAT];
const REPORT_NAME = 'report.json';
/** Rows of one type are gathered to this many characters before they are written. */
const BUFFERED_CHARACTERS_MAX = 256 * 1024;

/** What is written: a resource or row, in the file of its type. */
interface TypedRow {
  readonly resourceType: string;
}

/** The output folder: files are written aside and moved in whole, the report last, so that nothing half-written is found. */
export class DataFiles {
  private readonly buffers = new Map<string, { texts: string[]; characters: number }>();
  private readonly types = new Set<string>();

  private constructor(
    private readonly folder: string,
    readonly aside: string,
    /** Folders that were not there before: they go with a run that writes nothing. */
    private made: readonly string[],
  ) {}

  /** Throws DEIDENTIFY_OUTPUT_NOT_EMPTY where data files lie that no earlier run of ours wrote. */
  static async in(folder: string): Promise<DataFiles> {
    const made = await makeFolder(folder);
    const present = (await readdir(folder)).filter((name) => name.endsWith('.ndjson'));
    const own = await earlierFiles(folder);
    if (present.some((name) => !own.has(name))) {
      throw new DeidentificationError(
        'DEIDENTIFY_OUTPUT_NOT_EMPTY',
        'the output folder holds .ndjson files that an earlier run did not write; choose an empty folder',
      );
    }
    const aside = join(folder, '.unfinished');
    await rm(aside, { recursive: true, force: true });
    await mkdir(aside, { mode: 0o700 });
    for (const name of [...present, REPORT_NAME]) await rm(join(folder, name), { force: true });
    return new DataFiles(folder, aside, made);
  }

  async add(row: TypedRow): Promise<void> {
    await this.addText(row.resourceType, `${JSON.stringify(row)}\n`);
  }

  /** Adds rows of one type that are lines already. */
  async addText(type: string, text: string): Promise<void> {
    const buffer = this.buffers.get(type) ?? { texts: [], characters: 0 };
    this.buffers.set(type, buffer);
    buffer.texts.push(text);
    buffer.characters += text.length;
    if (buffer.characters >= BUFFERED_CHARACTERS_MAX) await this.flush(type);
  }

  /** Finishes the files and reads them again: each row is shown once, as it stands on disk. */
  async finish<Row extends TypedRow>(look: (row: Row) => void): Promise<readonly DataFile[]> {
    for (const type of this.buffers.keys()) await this.flush(type);
    const files: DataFile[] = [];
    for (const type of [...this.types].sort()) files.push(await readBack(this.path(type), `${type}.ndjson`, look));
    return files;
  }

  /** Moves the files into place and writes the report. */
  async publish(files: readonly DataFile[], report: object): Promise<void> {
    // Written before anything is moved: a full disk leaves nothing half-written.
    await writeFile(join(this.aside, REPORT_NAME), `${JSON.stringify(report, null, 2)}\n`);
    for (const name of [...files.map((file) => file.name), REPORT_NAME])
      await rename(join(this.aside, name), join(this.folder, name));
    this.made = [];
    await this.discard();
  }

  async discard(): Promise<void> {
    await rm(this.aside, { recursive: true, force: true });
    await removeEmpty(this.made);
  }

  private async flush(type: string): Promise<void> {
    const { texts } = this.buffers.get(type)!;
    this.buffers.set(type, { texts: [], characters: 0 });
    this.types.add(type);
    await appendFile(this.path(type), texts.join(''));
  }

  private path(type: string): string {
    return join(this.aside, `${type}.ndjson`);
  }
}

async function readBack<Row>(path: string, name: string, look: (row: Row) => void): Promise<DataFile> {
  const hash: Hash = createHash('sha256');
  let [rows, bytes] = [0, 0];
  const stream = createReadStream(path).on('data', (chunk) => {
    hash.update(chunk);
    bytes += chunk.length;
  });
  for await (const line of createInterface({ input: stream, crlfDelay: Infinity })) {
    rows += 1;
    look(JSON.parse(line) as Row);
  }
  return { name, rows, bytes, sha256: hash.digest('hex') };
}

/** Names of the files that an earlier run wrote, by its report. */
async function earlierFiles(folder: string): Promise<ReadonlySet<string>> {
  try {
    const report = JSON.parse(await readFile(join(folder, REPORT_NAME), 'utf8')) as Record<string, unknown>;
    if (!OWN_FORMATS.includes(report['format'])) return new Set();
    return new Set((report['files'] as readonly DataFile[]).map(({ name }) => name));
  } catch {
    return new Set(); // no report, or none of ours
  }
}
