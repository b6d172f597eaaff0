import { Inject, Injectable } from '@nestjs/common';
import { canonicalJson, hex, utf8 } from '@aceso/kernel';
import { CONFIG, Runtime, sha256, type Config } from '@aceso/platform';
import { CohortIndex, type Question, type QuestionRun } from './cohort-index';
import { DisclosureDesk, type Asker } from './disclosure-desk';
import type { Criteria } from './domain/criteria';
import { criteriaHash, firstRules } from './domain/criteria-document';
import type { AnsweredCount } from './domain/disclosure';
import type { Disclosing } from './domain/disclosing';
import { personSet, type PersonSet } from './domain/person-set';
import { profileTables, type Member, type ProfileTable, type TableForm } from './domain/profile';

/** A cohort in tables, each of them over all of its persons. */
export interface Profile {
  readonly total: AnsweredCount;
  readonly tables: readonly {
    readonly table: ProfileTable;
    readonly cells: readonly { readonly label: string; readonly count: AnsweredCount }[];
  }[];
}

/** Numbers of persons as a research center is shown them: each is logged and committed before anything is counted. */
@Injectable()
export class CohortCounts {
  constructor(
    private readonly runtime: Runtime,
    @Inject(CONFIG) private readonly config: Pick<Config, 'adultAgeYears'>,
    private readonly index: CohortIndex,
    private readonly desk: DisclosureDesk,
  ) {}

  /**
   * How many persons could be asked, without patients of the party's affiliates. Throws COUNT_LIMIT_REACHED, COUNT_LOCKED, COUNT_BUSY,
   * COUNT_TOO_LONG.
   */
  async count(asker: Asker, criteria: Criteria, run: QuestionRun = {}): Promise<AnsweredCount> {
    const [answer] = await this.#steps(asker, { criteria, run }, [criteria]);
    return answer!;
  }

  /**
   * How many are found and have an entry, then how many are left after each rule, in the order in which the rules stand and in one evaluation. Each
   * step is the count of the criteria up to there, and as such logged, charged and judged. Throws as of `count`.
   */
  funnel(asker: Asker, inOrder: Criteria, run: QuestionRun = {}): Promise<readonly AnsweredCount[]> {
    const steps = Array.from({ length: inOrder.all.length + 1 }, (_, rules) => firstRules(inOrder, rules));
    return this.#steps(asker, { criteria: inOrder, run }, steps);
  }

  /**
   * How many persons there are by age, sex, and year of entry or decade of birth. Where the total is not shown, nothing is. Each cell is logged,
   * charged and judged like a count. Throws as of `count`.
   */
  async profile(asker: Asker, criteria: Criteria): Promise<Profile> {
    const day = this.runtime.recordDate();
    const forms = profileTables(criteria, day);
    const criteriaHash = hashOf(criteria);
    const cells = forms.flatMap(({ table, cells }) => cells.map((cell) => cellHash(criteriaHash, table, cell)));
    const rests = forms.map(({ table }) => hex.encode(cellHash(criteriaHash, table, null)));
    const question = await this.desk.open(asker, { criteriaHash, hashes: [criteriaHash, ...cells], day });
    const { everybody, members } = await this.index.members('api', this.#asked(asker, criteria, day));
    const all = personSet(members.map(({ number }) => number));
    const sets = forms.flatMap((form) => setsOf(form, members));
    const [total, ...counts] = await this.desk.answer(asker, question, {
      counted: { everybody, sets: [all, ...sets] },
      decide: (disclosing, stand) => inTables(disclosing, { forms, rests, keys: question.keys, sets: stand }),
    });
    const tables = forms.map(({ table, cells: labels }, nth) => {
      const from = forms.slice(0, nth).reduce((sum, form) => sum + form.cells.length, 0);
      return { table, cells: labels.map((label, at) => ({ label, count: counts[from + at]! })) };
    });
    return { total: total!, tables };
  }

  /** The last steps of criteria, each given as canonical criteria of its own; the last one is all of them. */
  async #steps(
    asker: Asker,
    { criteria, run }: { readonly criteria: Criteria; readonly run: QuestionRun },
    steps: readonly Criteria[],
  ): Promise<readonly AnsweredCount[]> {
    const day = this.runtime.recordDate();
    const hashes = steps.map(hashOf);
    const question = await this.desk.open(asker, { criteriaHash: hashes.at(-1)!, hashes, day });
    if (question.standing.every((each) => each !== undefined)) return question.standing as AnsweredCount[];
    const asked = { ...this.#asked(asker, criteria, day), ...run };
    const { everybody, steps: sets } = await this.index.sets('api', asked, steps.length);
    return this.desk.answer(asker, question, {
      counted: { everybody, sets },
      decide: (disclosing, stand) => stand.map((set, at) => disclosing.number(question.keys[at]!, set)),
    });
  }

  #asked({ partyId }: Asker, criteria: Criteria, day: string): Question {
    return { criteria, day, adultAgeYears: this.config.adultAgeYears, shownTo: partyId };
  }
}

/** The persons of each cell of a table. */
export function setsOf(
  { cells, cellOf }: Pick<TableForm, 'cells' | 'cellOf'>,
  members: readonly Member[],
): PersonSet[] {
  const numbers = cells.map((): number[] => []);
  for (const member of members) numbers[cellOf(member)]!.push(member.number);
  return numbers.map(personSet);
}

/** Tables of one cohort on their way to numbers. */
export interface Tables {
  readonly forms: readonly { readonly cells: readonly unknown[] }[];
  /** By table, for what is hidden of it. */
  readonly rests: readonly string[];
  /** Of the total, then of the cells of the tables one after the other; so are the sets. */
  readonly keys: readonly string[];
  readonly sets: readonly PersonSet[];
}

/** The total, then the cells of the tables one after the other; no cell is shown where the total is not. */
export function inTables(disclosing: Disclosing, { forms, rests, keys, sets }: Tables): AnsweredCount[] {
  const total = disclosing.number(keys[0]!, sets[0]!);
  if (total.suppressed) return [total, ...sets.slice(1).map(() => ({ approximate: null, suppressed: true }))];
  const cells = sets.map((set, at) => ({ key: keys[at]!, set })).slice(1);
  let from = 0;
  const answers = forms.flatMap(({ cells: labels }, nth) => {
    const own = cells.slice(from, (from += labels.length));
    return disclosing.table(rests[nth]!, own, sets[0]!);
  });
  return [total, ...answers];
}

/** Of a cell of a table, or of what is hidden in the table. */
const cellHash = (criteriaHash: Uint8Array, table: ProfileTable, cell: string | null): Uint8Array =>
  sha256(utf8(canonicalJson({ criteria: hex.encode(criteriaHash), table, cell })));

const hashOf = (criteria: Criteria): Uint8Array => hex.decode(criteriaHash(criteria, sha256));
