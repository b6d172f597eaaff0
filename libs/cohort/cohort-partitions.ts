import { Inject, Injectable } from '@nestjs/common';
import { canonicalJson, hex, utf8 } from '@aceso/kernel';
import { CONFIG, Runtime, sha256, type Config } from '@aceso/platform';
import { inTables } from './cohort-counts';
import { CohortIndex } from './cohort-index';
import { DisclosureDesk, type Asker } from './disclosure-desk';
import type { Criteria } from './domain/criteria';
import { criteriaHash } from './domain/criteria-document';
import type { AnsweredCount } from './domain/disclosure';
import { splitSet } from './domain/person-set';

/** A table of a cohort that another context makes: by what it knows of persons, and this one does not. */
export interface Partition {
  /** Names whatever decides who is in which cell: under one name, cells mean the same whoever asks. */
  readonly name: string;
  readonly cells: readonly string[];
}

/** How a cohort falls into the cells of partitions. */
export interface PartitionedCohort {
  readonly total: AnsweredCount;
  /** By partition, by cell. */
  readonly tables: readonly (readonly AnsweredCount[])[];
}

/** The place of a person's cell in a partition, by its number (`register.person_index.number`). */
export type CellOf = (person: number) => number;

/** Tables of cohorts by what other contexts know: logged, charged and judged as all numbers are (ADR 38). */
@Injectable()
export class CohortPartitions {
  constructor(
    private readonly runtime: Runtime,
    @Inject(CONFIG) private readonly config: Pick<Config, 'adultAgeYears'>,
    private readonly index: CohortIndex,
    private readonly desk: DisclosureDesk,
  ) {}

  /**
   * How many persons of the cohort are in each cell. `cellsOf` says it for each partition, once the question is logged: every person is in
   * one cell of each. Where the total is not shown, no cell is. Throws COUNT_LIMIT_REACHED, COUNT_LOCKED, COUNT_BUSY, COUNT_TOO_LONG.
   */
  async count(
    asker: Asker,
    { criteria, partitions }: { readonly criteria: Criteria; readonly partitions: readonly Partition[] },
    cellsOf: () => Promise<readonly CellOf[]>,
  ): Promise<PartitionedCohort> {
    const day = this.runtime.recordDate();
    const total = hex.decode(criteriaHash(criteria, sha256));
    const cells = partitions.flatMap(({ name, cells }) => cells.map((cell) => cellHash(total, name, cell)));
    const rests = partitions.map(({ name }) => hex.encode(cellHash(total, name, null)));
    const question = await this.desk.open(asker, { criteriaHash: total, hashes: [total, ...cells], day });
    const { adultAgeYears } = this.config;
    const found = await this.index.sets('api', { criteria, day, adultAgeYears, shownTo: asker.partyId }, 1);
    const all = found.steps[0]!;
    const places = await cellsOf();
    const sets = partitions.flatMap((partition, nth) => splitSet(all, partition.cells.length, places[nth]!));
    const [first, ...counts] = await this.desk.answer(asker, question, {
      counted: { everybody: found.everybody, sets: [all, ...sets] },
      decide: (disclosing, stand) =>
        inTables(disclosing, { forms: partitions, rests, keys: question.keys, sets: stand }),
    });
    let from = 0;
    const tables = partitions.map((partition) => counts.slice(from, (from += partition.cells.length)));
    return { total: first!, tables };
  }
}

/** Of a cell of a partition, or of what is hidden in it. */
const cellHash = (criteria: Uint8Array, partition: string, cell: string | null): Uint8Array =>
  sha256(utf8(canonicalJson({ criteria: hex.encode(criteria), partition, cell })));
