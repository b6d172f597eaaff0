import { Readable } from 'node:stream';
import {
  classKey,
  dropRareCodes,
  FinalMeasurement,
  plainCodeOf,
  type FinalMeasure,
  type Policy,
} from '@aceso/deidentification/domain';
import { hex } from '@aceso/kernel';
import type { BlobStore } from '@aceso/platform';
import type { PartFile } from './data/shard.store';
import { CodeSpread } from './domain/code-spread';
import { FieldCensus } from './domain/field-census';
import { LinkagePrints } from './domain/linkage-prints';
import { dataFileOf } from './domain/package-layout';
import type { FileCensus } from './domain/package-table';
import { PersonYears } from './domain/person-years';
import { collectCodes, collectPlainCodes, mayHoldCode, mayHoldText, mayRefer, personOf } from './domain/row-scan';
import { withoutReferences } from './domain/reference-pruning';
import { lineBatches } from './row-lines';

/** A file of the package as it lies in the blob store. */
export interface PackagedFile {
  readonly name: string;
  readonly blobKey: string;
  readonly bytes: number;
  /** Lower-case hexadecimal. */
  readonly sha256: string;
  readonly rows: number | null;
}

export interface AssembledData {
  readonly files: readonly PackagedFile[];
  readonly measure: FinalMeasure;
  /** Pseudonyms of the persons in the files, each with the class that its Patient row shows (see `classKey`). */
  readonly persons: ReadonlyMap<string, string>;
  readonly prints: LinkagePrints;
  readonly fields: readonly FileCensus[];
  /** How many codes were dropped as rare. */
  readonly rareCodes: number;
}

interface Row {
  readonly resourceType: string;
  readonly id: string;
  readonly [element: string]: unknown;
}

/** Dropping a row may make another code rare: so often it is looked again before the attempt is given up. */
const ROUNDS_MAX = 6;

/**
 * Joins the part files of all shards into the final files, without codes that fewer than k persons of the package have,
 * and measures what was written by reading it again.
 */
export class PackageAssembler {
  constructor(
    private readonly blobs: BlobStore,
    private readonly options: {
      readonly policy: Policy;
      readonly k: number;
      readonly suppressed: number;
      /** Pseudonyms of persons who do not count towards k, of codes neither. */
      readonly uncounted?: ReadonlySet<string>;
    },
  ) {}

  /**
   * `parts` in the order of their shards; `rare` holds the codes (`system|code`) that the shards already found to be
   * rare. Null when rare codes are still found after the last round.
   */
  async assemble(parts: readonly PartFile[], rare: ReadonlySet<string>, prefix: string): Promise<AssembledData | null> {
    let dropped = rare;
    for (let round = 1; round <= ROUNDS_MAX; round += 1) {
      const files = await this.#write(parts, dropped, prefix);
      const { stillRare, ...measured } = await this.#measure(files);
      if (stillRare.size === 0) return { files, ...measured, rareCodes: dropped.size };
      dropped = new Set([...dropped, ...stillRare]);
    }
    return null;
  }

  async #write(
    parts: readonly PartFile[],
    rare: ReadonlySet<string>,
    prefix: string,
  ): Promise<readonly PackagedFile[]> {
    const filter = new RowFilter(rare, this.options.policy);
    for (const part of parts) for await (const lines of this.#lines(part)) filter.lookAt(lines);
    const files: PackagedFile[] = [];
    for (const resourceType of [...new Set(parts.map((part) => part.resourceType))].sort()) {
      const ofType = parts.filter((part) => part.resourceType === resourceType);
      const blobKey = `${prefix}/${resourceType.toLowerCase()}.ndjson`;
      let rows = 0;
      const write = async function* (this: PackageAssembler): AsyncGenerator<string> {
        for (const part of ofType) {
          for await (const lines of this.#lines(part)) {
            const kept = filter.apply(lines);
            rows += kept.length;
            if (kept.length > 0) yield `${kept.join('\n')}\n`;
          }
        }
      };
      const { bytes, sha256 } = await this.blobs.put(blobKey, Readable.from(write.call(this), { objectMode: false }));
      if (rows > 0) files.push({ name: dataFileOf(resourceType), blobKey, bytes, sha256: hex.encode(sha256), rows });
    }
    return files;
  }

  async #measure(
    files: readonly PackagedFile[],
  ): Promise<Omit<AssembledData, 'files' | 'rareCodes'> & { stillRare: ReadonlySet<string> }> {
    const measurement = new FinalMeasurement();
    const spread = new CodeSpread(this.options.k, this.options.policy, this.options.uncounted);
    const persons = new Map<string, string>();
    const prints = new LinkagePrints();
    const fields: FileCensus[] = [];
    for (const { name, blobKey, rows } of files) {
      const [census, years] = [new FieldCensus(), new PersonYears()];
      for await (const lines of lineBatches(await this.blobs.open(blobKey))) {
        for (const line of lines) {
          const row = JSON.parse(line) as Row;
          measurement.add(row);
          spread.add(row);
          census.add(row);
          years.add(row);
          const shown = row.resourceType === 'Patient' ? classKey(row) : persons.get(personOf(row));
          persons.set(personOf(row), shown ?? '');
          prints.add(row);
        }
      }
      const counted = { rows: rows ?? 0, persons: years.persons, years: years.years() };
      fields.push({ name, resourceType: name.slice(5, -7), fields: census.uses(), ...counted });
    }
    return { measure: measurement.result(this.options.suppressed), persons, prints, fields, stillRare: spread.rare() };
  }

  async *#lines(part: PartFile): AsyncGenerator<readonly string[]> {
    yield* lineBatches(await this.blobs.open(part.blobKey));
  }
}

/** Takes rare codes out of rows, then references to the rows that went with them. Other rows pass unparsed. */
class RowFilter {
  readonly #codes: ReadonlySet<string>;
  readonly #plain: readonly string[];
  readonly #dropped = new Set<string>();

  constructor(
    private readonly rare: ReadonlySet<string>,
    private readonly policy: Policy,
  ) {
    const plain = [...rare].map(plainCodeOf).filter((code) => code !== undefined);
    this.#plain = [...new Set(plain)];
    this.#codes = new Set([...rare].map((key) => key.slice(key.lastIndexOf('|') + 1)));
  }

  /** First pass: notes the rows that will not be in the files. */
  lookAt(lines: readonly string[]): void {
    for (const line of lines) {
      if (!this.#mayBeRare(line)) continue;
      const row = JSON.parse(line) as Row;
      if (!this.#withoutRare(row)) this.#dropped.add(`${row.resourceType}/${row.id}`);
    }
  }

  /** Second pass: the rows as they leave. */
  apply(lines: readonly string[]): readonly string[] {
    if (this.rare.size === 0) return lines;
    const kept: string[] = [];
    for (const line of lines) {
      const [coded, refers] = [this.#mayBeRare(line), mayRefer(line, this.#dropped)];
      if (!coded && !refers) {
        kept.push(line);
        continue;
      }
      const row = this.#withoutRare(JSON.parse(line) as Row);
      if (row) kept.push(JSON.stringify(refers ? withoutReferences(row, this.#dropped) : row));
    }
    return kept;
  }

  #mayBeRare(line: string): boolean {
    return mayHoldCode(line, this.#codes) || mayHoldText(line, this.#plain);
  }

  #withoutRare(row: Row): Row | null {
    const codes = new Set<string>();
    collectCodes(row, codes);
    collectPlainCodes(row, codes, this.policy);
    const projected = { type: row.resourceType, row, sortDate: '', codes: [...codes] };
    return (dropRareCodes(projected, this.rare, this.policy)?.row as Row | undefined) ?? null;
  }
}
