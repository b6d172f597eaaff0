import { Inject, Injectable } from '@nestjs/common';
import { canonicalJson, hex, utf8 } from '@aceso/kernel';
import { CONFIG, Runtime, sha256, type Config } from '@aceso/platform';
import { inTables, setsOf } from './cohort-counts';
import { CohortIndex, type Question } from './cohort-index';
import { DisclosureDesk, type Asker } from './disclosure-desk';
import { classTable, type AgeBandYears } from './domain/class-table';
import type { Criteria, EventKind } from './domain/criteria';
import { criteriaHash } from './domain/criteria-document';
import type { AnsweredCount } from './domain/disclosure';
import { isIn, personSet, splitSet, type PersonSet } from './domain/person-set';

/** A table of a cohort that another context makes: by what it knows of persons, and this one does not. */
export interface Partition {
  /** Names whatever decides who is in which cell: under one name, cells mean the same whoever asks. */
  readonly name: string;
  readonly cells: readonly string[];
}

/** What is asked of a cohort. */
export interface PartitionQuestion {
  readonly criteria: Criteria;
  readonly partitions: readonly Partition[];
  /** By classes of age and sex as well, with bands of so many years. */
  readonly ageBandYears?: AgeBandYears | undefined;
  /** By whether there is any fact of a kind as well, for each of these. */
  readonly kinds?: readonly EventKind[] | undefined;
}

/** How a cohort falls into the cells of partitions. */
export interface PartitionedCohort {
  readonly total: AnsweredCount;
  /** By partition, by cell. */
  readonly tables: readonly (readonly AnsweredCount[])[];
  /** By kind, who has a fact of it and who has none. */
  readonly kinds: readonly {
    readonly kind: EventKind;
    readonly having: AnsweredCount;
    readonly lacking: AnsweredCount;
  }[];
  /** By class of age and sex, where they were asked for. */
  readonly classes: readonly { readonly label: string; readonly count: AnsweredCount }[];
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
    { criteria, partitions, ageBandYears, kinds = [] }: PartitionQuestion,
    cellsOf: () => Promise<readonly CellOf[]>,
  ): Promise<PartitionedCohort> {
    const day = this.runtime.recordDate();
    const form = ageBandYears && classTable(ageBandYears, day);
    const forms: readonly Partition[] = [
      ...partitions,
      ...kinds.map((kind) => ({ name: `any ${kind}`, cells: HAVING_OR_NOT })),
      ...(form ? [{ name: form.table, cells: form.cells }] : []),
    ];
    const criteriaSha256 = hex.decode(criteriaHash(criteria, sha256));
    const cells = forms.flatMap(({ name, cells }) => cells.map((cell) => cellHash(criteriaSha256, name, cell)));
    const rests = forms.map(({ name }) => hex.encode(cellHash(criteriaSha256, name, null)));
    const hashes = [criteriaSha256, ...cells];
    const question = await this.desk.open(asker, { criteriaHash: criteriaSha256, hashes, day });
    const { adultAgeYears } = this.config;
    const asked = { criteria, day, adultAgeYears, shownTo: asker.partyId };
    const found = await this.#found(asked, form);
    const holders = kinds.length === 0 ? [] : await this.index.holders('api', asked, kinds);
    const places = [
      ...(await cellsOf()),
      ...holders.map((having) => (person: number) => (isIn(having, person) ? 0 : 1)),
    ];
    const sets = places.flatMap((placeOf, nth) => splitSet(found.all, forms[nth]!.cells.length, placeOf));
    const [total, ...counts] = await this.desk.answer(asker, question, {
      counted: { everybody: found.everybody, sets: [found.all, ...sets, ...found.classes] },
      decide: (disclosing, stand) => inTables(disclosing, { forms, rests, keys: question.keys, sets: stand }),
    });
    let from = 0;
    const next = (size: number) => counts.slice(from, (from += size));
    return {
      total: total!,
      tables: partitions.map((each) => next(each.cells.length)),
      kinds: kinds.map((kind) => {
        const [having, lacking] = next(HAVING_OR_NOT.length);
        return { kind, having: having!, lacking: lacking! };
      }),
      classes: (form ? form.cells : []).map((label) => ({ label, count: next(1)[0]! })),
    };
  }

  /** The cohort, and its persons by class where that is asked for: only then one by one. */
  async #found(question: Question, form: ReturnType<typeof classTable> | undefined): Promise<Found> {
    if (!form) {
      const { everybody, steps } = await this.index.sets('api', question, 1);
      return { everybody, all: steps[0]!, classes: [] };
    }
    const { everybody, members } = await this.index.members('api', question);
    return { everybody, all: personSet(members.map(({ number }) => number)), classes: setsOf(form, members) };
  }
}

interface Found {
  readonly everybody: PersonSet;
  readonly all: PersonSet;
  readonly classes: readonly PersonSet[];
}

const HAVING_OR_NOT = ['having', 'lacking'] as const;

/** Of a cell of a partition, or of what is hidden in it. */
const cellHash = (criteria: Uint8Array, partition: string, cell: string | null): Uint8Array =>
  sha256(utf8(canonicalJson({ criteria: hex.encode(criteria), partition, cell })));
