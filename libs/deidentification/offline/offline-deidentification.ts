import { join } from 'node:path';
import { LineBlock, LineReader, readDemographics, type ReadResource } from '@aceso/fhir';
import type { HmacSha256, Sha256 } from '@aceso/kernel';
import { readFileLines } from '@aceso/register';
import {
  byDateThenPseudonym,
  chooseGeneralisation,
  classKey,
  CodePersons,
  compileProjector,
  DeidentificationError,
  dropRareCodes,
  FinalMeasurement,
  generalise,
  LATTICE,
  policyHash,
  quasiIdentifiers,
  rareCodes,
  RecordSpans,
  salePseudonyms,
  withoutDanglingReferences,
  type ChosenGeneralisation,
  type PersonInSale,
  type PersonProjector,
  type Policy,
  type ProjectedRow,
  type QuasiIdentifiers,
  type ReleasedRow,
} from '../domain';
import { DataFiles, REPORT_FORMAT } from './data-files';
import { FileRows } from './file-rows';
import { offlineReport, type OfflineReport } from './offline-report';
import { PersonShards, type PersonRows } from './person-shards';
import { requireFile } from './require-file';
import { writingTo } from './writing-to';

export interface OfflineOptions {
  readonly policy: Policy;
  readonly key: Uint8Array;
  /** The record date, `YYYY-MM-DD`. */
  readonly asOf: string;
  readonly files: readonly string[];
  readonly outFolder: string;
  readonly hmacSha256: HmacSha256;
  readonly sha256: Sha256;
}

/** Persons whose shift and dates are kept at hand. */
const PERSONS_CACHED_MAX = 2_000;
/** Dropping a row may make another code rare: looked at again so often; each round drops codes, so rounds end by themselves. */
const RARE_ROUNDS_MAX = 50;

/** De-identifies files outside the register by the rules of a sale. What comes out is not a sale: nobody consented. */
export async function deidentifyFiles(options: OfflineOptions): Promise<OfflineReport> {
  for (const file of options.files) await requireFile(file);
  return writingTo(options.outFolder, async () => {
    const output = await DataFiles.in(options.outFolder);
    try {
      return await new OfflineRun(options, output).run();
    } finally {
      await output.discard();
    }
  });
}

class OfflineRun {
  private readonly projector: PersonProjector;
  private readonly rows: FileRows;
  private readonly spans = new RecordSpans();
  private readonly persons = new Map<string, PersonInSale>();
  /** Quasi-identifiers by pseudonym; equal ones share one object. */
  private readonly attributes = new Map<string, QuasiIdentifiers>();
  private readonly distinct = new Map<string, QuasiIdentifiers>();
  private readonly counts = { lines: 0, resources: 0, refused: 0, dropped: 0, withoutPatient: 0 };

  constructor(
    private readonly options: OfflineOptions,
    private readonly output: DataFiles,
  ) {
    const sale = { saleKey: options.key, hmacSha256: options.hmacSha256, asOf: options.asOf };
    this.projector = compileProjector(options.policy, { ...sale, generalisation: LATTICE[0]! });
    this.rows = new FileRows(salePseudonyms(sale));
  }

  async run(): Promise<OfflineReport> {
    const shards = await PersonShards.in(join(this.output.aside, 'rows'));
    // Everything is read twice: where a record begins and ends decides which of its dates leave.
    for (const file of this.options.files) await this.read(file, this.counts, (read) => this.note(read));
    const again = { lines: 0, refused: 0 };
    for (const file of this.options.files) await this.read(file, again, (read) => this.project(read, shards));
    const k = this.options.policy.classSizeMin;
    const choice = chooseGeneralisation(this.histogram(), k);
    if (choice.kept === 0) throw nobodyLeaves(this.attributes.size, k);
    const rare = await this.rareCodes(shards, choice, k);
    await this.write(shards, choice, rare);
    await shards.remove();
    const measurement = new FinalMeasurement(this.options.policy.resources);
    const files = await this.output.finish((row: ReleasedRow) => measurement.add(row));
    const report = offlineReport({
      format: REPORT_FORMAT,
      policy: this.options.policy,
      policyHash: policyHash(this.options.policy, this.options.sha256),
      asOf: this.options.asOf,
      counts: { ...this.counts, persons: this.attributes.size, rareCodes: rare.size },
      choice,
      measure: measurement.result(choice.suppressed),
      files,
    });
    await this.output.publish(files, report);
    return report;
  }

  private async read(
    file: string,
    counts: { lines: number; refused: number },
    take: (read: ReadResource) => void | Promise<void>,
  ): Promise<void> {
    const reader = new LineReader();
    for await (const source of readFileLines(file)) {
      if (!(source instanceof LineBlock)) {
        counts.lines += 1;
        counts.refused += 1;
        continue;
      }
      counts.lines += source.count;
      for (let at = 0; at < source.count; at += 1) {
        for (const entry of reader.read(source.line(at)).entries) {
          if ('read' in entry && entry.read.quarantine === undefined) await take(entry.read);
          else counts.refused += 1;
        }
      }
    }
  }

  private note({ placement, resource }: ReadResource): void {
    if (placement.kind !== 'patient') return;
    const position = { sourceRecordId: placement.localId, sequence: 0, line: 0 };
    this.projector.note(resource, position, { rows: this.rows, spans: this.spans });
  }

  private async project({ placement, resource }: ReadResource, shards: PersonShards): Promise<void> {
    this.counts.resources += 1;
    if (placement.kind !== 'patient') {
      this.counts.dropped += 1;
      return;
    }
    const person = this.person(placement.localId);
    if (resource.resourceType === 'Patient') {
      const { policy, asOf } = this.options;
      const attributes = quasiIdentifiers(readDemographics(resource), asOf, policy);
      const key = JSON.stringify(attributes);
      if (!this.distinct.has(key)) this.distinct.set(key, attributes);
      this.attributes.set(person.pseudonym, this.distinct.get(key)!);
      return;
    }
    const position = { sourceRecordId: placement.localId, sequence: 0, line: 0 };
    const projected = this.projector.project(resource, position, person);
    if (projected) await shards.add(person.pseudonym, projected);
    else this.counts.dropped += 1;
  }

  private person(localId: string): PersonInSale {
    let person = this.persons.get(localId);
    if (!person) {
      if (this.persons.size >= PERSONS_CACHED_MAX) this.persons.clear();
      person = this.projector.person(localId, { rows: this.rows, spans: this.spans });
      this.persons.set(localId, person);
    }
    return person;
  }

  private histogram(): { attributes: QuasiIdentifiers; persons: number }[] {
    const persons = new Map<QuasiIdentifiers, number>();
    for (const attributes of this.attributes.values()) persons.set(attributes, (persons.get(attributes) ?? 0) + 1);
    return [...persons].map(([attributes, count]) => ({ attributes, persons: count }));
  }

  /** The rows of a person who stays, without codes that are too rare; undefined for a person who does not stay. */
  private rowsOf([person, rows]: PersonRows, choice: ChosenGeneralisation, rare: ReadonlySet<string>) {
    const attributes = this.attributes.get(person);
    if (!attributes || choice.suppressedClasses.has(classKey(generalise(attributes, choice.generalisation))))
      return undefined;
    const kept = rows.map((row) => dropRareCodes(row, rare, this.options.policy)).filter((row) => row !== null);
    return { attributes, kept };
  }

  private async rareCodes(shards: PersonShards, choice: ChosenGeneralisation, k: number): Promise<ReadonlySet<string>> {
    let rare: ReadonlySet<string> = new Set();
    for (let round = 0; round < RARE_ROUNDS_MAX; round += 1) {
      const persons = new CodePersons();
      for await (const person of shards.persons()) persons.add(this.rowsOf(person, choice, rare)?.kept ?? []);
      const found = rareCodes(persons.counts(), k);
      if (found.size === 0) break;
      rare = new Set([...rare, ...found]);
    }
    return rare;
  }

  private async write(shards: PersonShards, choice: ChosenGeneralisation, rare: ReadonlySet<string>): Promise<void> {
    const { generalisation } = choice;
    const { key: saleKey, hmacSha256, asOf, policy } = this.options;
    const projector = compileProjector(policy, { saleKey, hmacSha256, asOf, generalisation });
    for await (const person of shards.persons()) {
      const stays = this.rowsOf(person, choice, rare);
      if (!this.attributes.has(person[0])) this.counts.withoutPatient += person[1].length;
      if (!stays) continue;
      for (const row of ordered(stays.kept)) await this.output.add(row);
    }
    for (const pseudonym of [...this.attributes.keys()].sort()) {
      const stays = this.rowsOf([pseudonym, []], choice, rare);
      if (stays) await this.output.add(projector.patient({ pseudonym }, stays.attributes).row);
    }
  }
}

/** An empty cohort, or one that no generalisation hides: files without anybody would say that it worked. */
function nobodyLeaves(persons: number, k: number): DeidentificationError {
  if (persons === 0)
    return new DeidentificationError(
      'DEIDENTIFY_COHORT_TOO_SMALL',
      'the input files hold no readable Patient; check that they are FHIR R4 as NDJSON or Bundles',
    );
  return new DeidentificationError(
    'DEIDENTIFY_COHORT_TOO_SMALL',
    `no class of ${k} persons comes of the ${persons} in the input files; bring more persons`,
  );
}

const ordered = (rows: ProjectedRow[]): ReleasedRow[] => withoutDanglingReferences(rows.sort(byDateThenPseudonym));
