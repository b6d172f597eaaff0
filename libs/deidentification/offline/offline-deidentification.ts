import { createReadStream } from 'node:fs';
import { extname, join } from 'node:path';
import type { HmacSha256, Sha256 } from '@aceso/kernel';
import { aheadOf, inOrder, ThreadPool } from '@aceso/platform/threads';
import { readLines } from '@aceso/register';
import {
  chooseGeneralisation,
  classKey,
  compileProjector,
  DeidentificationError,
  FinalMeasurement,
  generalise,
  policyHash,
  rareCodes,
  RecordSpans,
  requireSaleKey,
  type ChosenGeneralisation,
  type Policy,
  type QuasiIdentifiers,
  type ReleasedRow,
} from '../domain';
import { DataFiles, REPORT_FORMAT } from './data-files';
import { inputTasks } from './input-tasks';
import { offlineReport, type OfflineReport } from './offline-report';
import type {
  Counted,
  InputLines,
  Noted,
  OfflineShared,
  OfflineTask,
  Projected,
  ShardWork,
  Written,
} from './offline-tasks';
import { PersonShards, shardPrefix, type Shard } from './person-shards';
import { requireFile } from './require-file';
import { writingTo } from './writing-to';

export interface OfflineOptions {
  readonly policy: Policy;
  readonly key: Uint8Array;
  /** The record date, `YYYY-MM-DD`. */
  readonly asOf: string;
  readonly files: readonly string[];
  readonly outFolder: string;
  /** Threads that parse and de-identify; the output does not depend on their number. */
  readonly threads: number;
  readonly hmacSha256: HmacSha256;
  readonly sha256: Sha256;
}

/** Bytes of lines at work, with results that wait, beyond which no more than a task a thread is read ahead. */
const AHEAD_BYTES_MAX = 16 * 1024 * 1024;

/** Dropping a row may make another code rare: looked at again so often; each round drops codes, so rounds end by themselves. */
const RARE_ROUNDS_MAX = 50;

/**
 * De-identifies files outside the register by the rules of a sale. What comes out is not a sale: nobody consented. Throws
 * THREAD_LOST where a thread ended before its work was done; nothing half-written is left then, either.
 */
export async function deidentifyFiles(options: OfflineOptions): Promise<OfflineReport> {
  for (const file of options.files) await requireFile(file);
  requireSaleKey(options.key);
  return writingTo(options.outFolder, async () => {
    const output = await DataFiles.in(options.outFolder);
    const pool = new ThreadPool(join(__dirname, `offline.thread${extname(__filename)}`), options.threads);
    try {
      return await new OfflineRun(options, output, pool).run();
    } finally {
      await pool.close();
      await output.discard();
    }
  });
}

class OfflineRun {
  private readonly spans = new RecordSpans();
  /** Quasi-identifiers by pseudonym; equal ones share one object. */
  private readonly attributes = new Map<string, QuasiIdentifiers>();
  private readonly distinct = new Map<string, QuasiIdentifiers>();
  private readonly counts = { lines: 0, resources: 0, refused: 0, dropped: 0, withoutPatient: 0 };

  constructor(
    private readonly options: OfflineOptions,
    private readonly output: DataFiles,
    private readonly pool: ThreadPool,
  ) {}

  async run(): Promise<OfflineReport> {
    const rows = await PersonShards.in(join(this.output.aside, 'rows'));
    // Everything is read twice: where a record begins and ends decides which of its dates leave.
    await this.note();
    await this.project(rows);
    const k = this.options.policy.classSizeMin;
    const choice = chooseGeneralisation(this.histogram(), k);
    if (choice.kept === 0) throw nobodyLeaves(this.attributes.size, k);
    const shards = this.workOf(await rows.finish(), choice);
    const rare = await this.rareCodes(shards, k);
    await this.write(shards, choice, rare);
    await rows.remove();
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

  private async note(): Promise<void> {
    for await (const { refused, spans } of this.inThreads<InputLines, Noted>(this.input(), 'note')) {
      this.counts.refused += refused;
      for (const [sourceRecordId, span] of spans) this.spans.note(sourceRecordId, span);
    }
  }

  private async project(shards: PersonShards): Promise<void> {
    const known = { spans: this.spans.all() };
    for await (const done of this.inThreads<InputLines, Projected>(this.input(false), 'project', known)) {
      this.counts.resources += done.resources;
      this.counts.dropped += done.dropped;
      for (const [pseudonym, attributes] of done.patients) {
        const key = JSON.stringify(attributes);
        if (!this.distinct.has(key)) this.distinct.set(key, attributes);
        this.attributes.set(pseudonym, this.distinct.get(key)!);
      }
      for (const [prefix, text] of done.rows) await shards.add(prefix, text);
    }
  }

  /** Does one kind of task with each item, in threads, and gives the results in the order of the items. */
  private async *inThreads<Item, Result>(
    items: Iterable<Item> | AsyncIterable<Item>,
    kind: OfflineTask['kind'],
    known: Partial<OfflineShared> = {},
  ): AsyncGenerator<Result> {
    const { policy, key, asOf, threads } = this.options;
    const shared: OfflineShared = { policy, key, asOf, spans: new Map(), rare: new Set(), ...known };
    const job = this.pool.open<OfflineShared, OfflineTask, Result>(shared);
    const taskOf = (item: Item) =>
      (kind === 'note' || kind === 'project' ? { kind, lines: item } : { kind, shard: item }) as OfflineTask;
    let bytesAhead = 0;
    const work = async (item: Item): Promise<{ readonly result: Result; readonly bytes: number }> => {
      const task = taskOf(item);
      if (!('lines' in task)) return { result: await job.run(task), bytes: 0 };
      const bytes = task.lines.text.length;
      bytesAhead += bytes;
      // Texts move to the thread: what is copied instead lies here until it is collected.
      return { result: await job.run(task, [task.lines.text.buffer as ArrayBuffer]), bytes };
    };
    try {
      const ahead = aheadOf(threads, () => bytesAhead > AHEAD_BYTES_MAX);
      for await (const { result, bytes } of inOrder(items, ahead, work)) {
        bytesAhead -= bytes;
        yield result;
      }
    } finally {
      job.end();
    }
  }

  /** The lines of all files, in tasks; what is wrong with a file as such is counted the first time. */
  private async *input(counted = true): AsyncGenerator<InputLines> {
    for (const file of this.options.files) {
      for await (const batch of readLines(createReadStream(file))) {
        const whole: Uint8Array[] = [];
        for (const source of batch) {
          if (!('finding' in source) && source.line.bytes !== undefined) whole.push(source.line.bytes);
        }
        if (counted) {
          this.counts.lines += batch.length;
          this.counts.refused += batch.length - whole.length;
        }
        yield* inputTasks(whole);
      }
    }
  }

  private histogram(): { attributes: QuasiIdentifiers; persons: number }[] {
    const persons = new Map<QuasiIdentifiers, number>();
    for (const attributes of this.attributes.values()) persons.set(attributes, (persons.get(attributes) ?? 0) + 1);
    return [...persons].map(([attributes, count]) => ({ attributes, persons: count }));
  }

  private stays(attributes: QuasiIdentifiers, choice: ChosenGeneralisation): boolean {
    return !choice.suppressedClasses.has(classKey(generalise(attributes, choice.generalisation)));
  }

  private workOf(shards: readonly Shard[], choice: ChosenGeneralisation): readonly ShardWork[] {
    const persons = new Map<string, string[]>();
    for (const pseudonym of this.attributes.keys()) {
      const prefix = shardPrefix(pseudonym);
      persons.set(prefix, persons.get(prefix) ?? []);
      persons.get(prefix)!.push(pseudonym);
    }
    return shards.map(({ prefix, path }) => {
      const own = (persons.get(shardPrefix(prefix)) ?? []).filter((pseudonym) => pseudonym.startsWith(prefix));
      const staying = new Set(own.filter((pseudonym) => this.stays(this.attributes.get(pseudonym)!, choice)));
      return { path, staying, suppressed: new Set(own.filter((pseudonym) => !staying.has(pseudonym))) };
    });
  }

  private async rareCodes(shards: readonly ShardWork[], k: number): Promise<ReadonlySet<string>> {
    let rare: ReadonlySet<string> = new Set();
    for (let round = 0; round < RARE_ROUNDS_MAX; round += 1) {
      const persons = new Map<string, number>();
      for await (const counts of this.inThreads<ShardWork, Counted>(shards, 'count', { rare }))
        for (const [code, count] of counts) persons.set(code, (persons.get(code) ?? 0) + count);
      const found = rareCodes(persons, k);
      if (found.size === 0) break;
      rare = new Set([...rare, ...found]);
    }
    return rare;
  }

  private async write(
    shards: readonly ShardWork[],
    choice: ChosenGeneralisation,
    rare: ReadonlySet<string>,
  ): Promise<void> {
    for await (const written of this.inThreads<ShardWork, Written>(shards, 'write', { rare })) {
      this.counts.withoutPatient += written.rowsWithoutPatient;
      for (const [type, text] of written.texts) await this.output.addText(type, text);
    }
    const { key: saleKey, hmacSha256, asOf, policy } = this.options;
    const projector = compileProjector(policy, { saleKey, hmacSha256, asOf, generalisation: choice.generalisation });
    for (const pseudonym of [...this.attributes.keys()].sort()) {
      const attributes = this.attributes.get(pseudonym)!;
      if (this.stays(attributes, choice)) await this.output.add(projector.patient({ pseudonym }, attributes).row);
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
