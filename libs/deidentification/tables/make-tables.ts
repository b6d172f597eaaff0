import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { chmod, mkdtemp, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { LineBlock, objectOf, objectsOf } from '@aceso/fhir';
import { readFileLines, readLineBlocks } from '@aceso/register';
import { DeidentificationError, type Cells, type Column, type CompiledView, type ViewDefinition } from '../domain';
import { makeFolder, removeEmpty } from '../offline/writing-to';
import { compileTable } from './fhirpath-library';
import { eachText } from './line-texts';
import { openTable, type TableFormat, type TableWriter } from './table-writer';

export interface TablesOptions {
  readonly views: readonly ViewDefinition[];
  /** Paths of FHIR R4 JSON, or what opens it: a resource or a Bundle a line, or one whole document; also gzip. */
  readonly files: readonly (string | TableInput)[];
  /** Made where it is not there. Tables of the same name in it are replaced. */
  readonly outFolder: string;
  readonly format: TableFormat;
  /** Sees each row before it is written; what it throws ends the run as a refusal of the row's line does. */
  readonly watch?: (view: string, cells: Cells) => void;
}

/** Input that is no file of this machine. */
export interface TableInput {
  /** For messages. */
  readonly name: string;
  open(): Promise<Readable>;
}

export interface TableColumn extends Pick<Column, 'name' | 'type' | 'storage' | 'collection' | 'description'> {
  /** Rows whose cell holds something. */
  readonly filled: number;
}

export interface TableFile {
  readonly name: string;
  readonly file: string;
  readonly resource: string;
  readonly columns: readonly TableColumn[];
  readonly rows: number;
  readonly bytes: number;
  /** Lower-case hexadecimal. */
  readonly sha256: string;
  /** Places of paths that are not compiled and so cost more. */
  readonly libraryPaths: readonly string[];
}

export interface TablesReport {
  readonly format: TableFormat;
  readonly lines: number;
  readonly resources: number;
  /** Resources of types that no view asks for. */
  readonly unused: number;
  readonly tables: readonly TableFile[];
}

/**
 * Makes a table of each view, reading the files once. All tables appear together when they are whole; after a refusal
 * there is none. Throws TABLE_INPUT_MISSING, TABLE_NAME_TAKEN, TABLE_LINE_INVALID with file and line,
 * TABLE_EMPTY where no file holds a resource, and what views throw.
 */
export async function makeTables(options: TablesOptions): Promise<TablesReport> {
  for (const file of options.files) if (typeof file === 'string') await requireFile(file);
  requireNames(options.views);
  const compiled = await Promise.all(options.views.map(compileTable));
  const made = await makeFolder(options.outFolder);
  const aside = await mkdtemp(join(options.outFolder, '.unfinished-'));
  const tables: OpenTable[] = [];
  try {
    for (const view of compiled) tables.push(await OpenTable.in(aside, view, options));
    const counts = await new TableRun(tables).read(options.files);
    if (options.files.length > 0 && counts.resources === 0) refuseEmpty();
    const finished: TableFile[] = [];
    for (const table of tables) finished.push(await table.finish());
    for (const { file } of finished) await rename(join(aside, file), join(options.outFolder, file));
    return { format: options.format, ...counts, tables: finished };
  } finally {
    for (const table of tables) table.writer.discard();
    await rm(aside, { recursive: true, force: true });
    await removeEmpty(made);
  }
}

/** A table that is being written, with the view that its rows come from. */
class OpenTable {
  private rows = 0;
  private readonly filled: number[];

  private constructor(
    readonly view: CompiledView,
    readonly writer: TableWriter,
    private readonly place: { readonly folder: string; readonly file: string },
    private readonly watch: TablesOptions['watch'],
  ) {
    this.filled = view.columns.map(() => 0);
  }

  static async in(
    folder: string,
    view: CompiledView,
    { format, watch }: Pick<TablesOptions, 'format' | 'watch'>,
  ): Promise<OpenTable> {
    const file = `${view.name}.${format}`;
    const writer = await openTable(format, { columns: view.columns, path: join(folder, file) });
    return new OpenTable(view, writer, { folder, file }, watch);
  }

  add(resource: unknown): void {
    this.view.rows(resource, this.take);
  }

  private readonly take = (cells: Cells): void => {
    this.watch?.(this.view.name, cells);
    this.rows += 1;
    for (let at = 0; at < cells.length; at += 1) if (cells[at] !== null) this.filled[at]! += 1;
    this.writer.add(cells);
  };

  async finish(): Promise<TableFile> {
    await this.writer.finish();
    const { name, resource, libraryPaths } = this.view;
    const columns = this.view.columns.map(({ name, type, storage, collection, description }, at) => {
      return { name, type, storage, collection, description, filled: this.filled[at]! };
    });
    const path = join(this.place.folder, this.place.file);
    await chmod(path, 0o644);
    const hash = createHash('sha256');
    await pipeline(createReadStream(path), hash);
    const { size: bytes } = await stat(path);
    const { file } = this.place;
    return { name, file, resource, columns, rows: this.rows, bytes, sha256: hash.digest('hex'), libraryPaths };
  }
}

class TableRun {
  private readonly byType = new Map<unknown, readonly OpenTable[]>();
  private readonly counts = { lines: 0, resources: 0, unused: 0 };

  constructor(tables: readonly OpenTable[]) {
    for (const table of tables) {
      const { resource } = table.view;
      this.byType.set(resource, [...(this.byType.get(resource) ?? []), table]);
    }
  }

  async read(files: TablesOptions['files']): Promise<Pick<TablesReport, 'lines' | 'resources' | 'unused'>> {
    for (const input of files) {
      const [file, blocks] =
        typeof input === 'string' ? [input, readFileLines(input)] : [input.name, readLineBlocks(await input.open())];
      for await (const source of blocks) {
        if (!(source instanceof LineBlock)) invalid(file, source.line.number, source.finding.code);
        else if (source.bytes === undefined) invalid(file, source.first, 'LINE_TOO_LONG');
        else eachText(source, source.bytes, (number, text) => this.line(file, number, text));
      }
    }
    return this.counts;
  }

  private line(file: string, number: number, text: string | undefined): void {
    const value = parseLine(file, number, text);
    if (value === undefined) return;
    this.counts.lines += 1;
    try {
      if (value['resourceType'] === 'Bundle' && !this.byType.has('Bundle')) {
        for (const { resource } of objectsOf(value['entry'])) this.resource(objectOf(resource));
      } else this.resource(value);
    } catch (error) {
      if (!(error instanceof DeidentificationError)) throw error;
      throw new DeidentificationError(error.code, `${file}, line ${number}: ${error.message}`, { cause: error });
    }
  }

  private resource(resource: { readonly [member: string]: unknown }): void {
    this.counts.resources += 1;
    const tables = this.byType.get(resource['resourceType']);
    if (tables === undefined) this.counts.unused += 1;
    else for (const table of tables) table.add(resource);
  }
}

/** The object on a line; undefined for a blank line. */
function parseLine(
  file: string,
  number: number,
  text: string | undefined,
): { readonly [member: string]: unknown } | undefined {
  if (text === undefined) return invalid(file, number, 'JSON_INVALID');
  if (text.trim() === '') return undefined;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return invalid(file, number, 'JSON_INVALID'); // the message would quote the line
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return invalid(file, number, 'RESOURCE_MALFORMED');
  return value as { readonly [member: string]: unknown };
}

function invalid(file: string, number: number, why: string): never {
  throw new DeidentificationError(
    'TABLE_LINE_INVALID',
    `${file}, line ${number}: not a FHIR resource in JSON (${why})`,
  );
}

function refuseEmpty(): never {
  throw new DeidentificationError('TABLE_EMPTY', 'no input file holds a resource; name files of FHIR R4 JSON');
}

function requireNames(views: readonly ViewDefinition[]): void {
  const names = new Set<string>();
  for (const { name } of views) {
    if (names.has(name.toLowerCase()))
      throw new DeidentificationError('TABLE_NAME_TAKEN', `two views are called ${name}; give each a name of its own`);
    names.add(name.toLowerCase());
  }
}

async function requireFile(file: string): Promise<void> {
  const found = await stat(file).catch(() => undefined);
  if (found?.isFile() !== true) throw new DeidentificationError('TABLE_INPUT_MISSING', `no such input file: ${file}`);
}
