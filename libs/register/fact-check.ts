import { Injectable } from '@nestjs/common';
import type { PersonId } from '@aceso/kernel';
import { Database } from '@aceso/platform';
import { factLine, heldFacts } from './data/held-facts';
import { BLOCK_SLOTS } from './domain';
import { IndexService } from './index.service';

/** What a comparison of the index with the segments has found. */
export interface FactCheckReport {
  /** Persons that were compared. */
  persons: number;
  facts: number;
  /** Persons that are indexed from other heads than they have now, or not yet: the worker builds them anew. */
  waiting: number;
  /** Persons of whom the index says something else than the segments. */
  different: number;
  /** Facts that only one of the two has. */
  missing: number;
  surplus: number;
  /** Persons whose kinds of facts or first year, as catalogues count them, are other ones. */
  miscovered: number;
  /** Facts at places that are nobody's and wait for no merge. */
  unowned: number;
}

interface IndexedPerson {
  readonly personId: PersonId;
  readonly slot: number;
  readonly heads: Readonly<Record<string, number>> | null;
  readonly said: string;
  readonly covered: string;
}

/** A person as `facts` holds it. */
interface IndexedRow extends Omit<IndexedPerson, 'said' | 'covered'> {
  readonly said: readonly unknown[];
  readonly kinds: readonly string[] | null;
  readonly firstYear: number | null;
}

/** Compares blocks and rows with what the segments say, person by person. Changes nothing; each look is an access event. */
@Injectable()
export class FactCheck {
  constructor(
    private readonly database: Database,
    private readonly index: IndexService,
  ) {}

  /** Tells what was found so far after each person; the last one is the report. */
  async *run(): AsyncGenerator<Readonly<FactCheckReport>> {
    const report = {
      persons: 0,
      facts: 0,
      waiting: 0,
      different: 0,
      missing: 0,
      surplus: 0,
      miscovered: 0,
      unowned: 0,
    };
    const persons = new Set(await this.index.persons());
    for (const blk of await this.blocks()) {
      const { facts, indexed, retired } = await this.snapshot(blk);
      const owned = new Set([...retired, ...indexed.map(({ slot }) => slot)]);
      for (const [slot, lines] of facts) if (!owned.has(slot)) report.unowned += lines.length;
      for (const person of indexed) {
        persons.delete(person.personId);
        await this.compare(person, facts.get(person.slot) ?? [], report);
        yield report;
      }
    }
    // Whoever is left has no facts: right, where the segments give none.
    for (const personId of persons) {
      const { person, tickets } = await this.index.fromSegments(personId);
      if (tickets.length > 0 && person.demographics !== undefined) report.waiting += 1;
      yield report;
    }
    yield report;
  }

  private async compare(indexed: IndexedPerson, held: readonly string[], report: FactCheckReport): Promise<void> {
    const { person, tickets } = await this.index.fromSegments(indexed.personId);
    const heads = Object.entries(indexed.heads ?? {});
    const same = tickets.every(({ sourceRecordId, upToSequence }) => indexed.heads?.[sourceRecordId] === upToSequence);
    if (!same || heads.length !== tickets.length) {
      report.waiting += 1;
      return;
    }
    const lines = new Map<string, number>();
    for (const fact of person.facts) count(lines, factLine(fact), 1);
    for (const line of held) count(lines, line, -1);
    const over = [...lines.values()];
    const missing = over.reduce((sum, each) => sum + Math.max(each, 0), 0);
    const surplus = over.reduce((sum, each) => sum + Math.max(-each, 0), 0);
    const { birthMonth = null, sex, zip3 = null, state = null, deceased } = person.demographics ?? {};
    const said = JSON.stringify([birthMonth, sex, zip3, state, deceased]);
    report.persons += 1;
    report.facts += held.length;
    report.missing += missing;
    report.surplus += surplus;
    const miscovered = coverageOf(person.facts) !== indexed.covered;
    if (miscovered) report.miscovered += 1;
    if (missing + surplus > 0 || said !== indexed.said || miscovered) report.different += 1;
  }

  private async blocks(): Promise<number[]> {
    const rows = await this.database.query<{ blk: number }>(
      'index',
      'select distinct slot >> 16 as blk from facts.slot union select distinct blk from facts.block order by 1',
    );
    return rows.map(({ blk }) => blk);
  }

  private snapshot(blk: number) {
    const range = [blk * BLOCK_SLOTS, (blk + 1) * BLOCK_SLOTS - 1];
    return this.database.transaction(
      'index',
      async (tx) => {
        const facts = await heldFacts(tx, blk);
        const rows = await tx.query<IndexedRow>(
          `select i.person_id as "personId", s.slot, i.heads, c.kinds, c.first_year as "firstYear",
                  jsonb_build_array(p.birth_month, p.sex, p.zip3, p.state, p.deceased) as said
             from facts.slot s join facts.person p using (index_no) join register.person_index i using (index_no)
             left join facts.coverage c using (index_no)
            where s.slot between $1 and $2 order by s.slot`,
          range,
        );
        const indexed = rows.map(({ said, kinds, firstYear, ...row }): IndexedPerson => ({
          ...row,
          said: JSON.stringify(said),
          covered: coverageLine(kinds ?? [], firstYear),
        }));
        const retired = await tx.query<{ slot: number }>(
          'select slot from facts.slot where index_no is null and merged and slot between $1 and $2',
          range,
        );
        return { facts, indexed, retired: retired.map(({ slot }) => slot) };
      },
      { isolation: 'REPEATABLE READ', readOnly: true },
    );
  }
}

const count = (lines: Map<string, number>, line: string, by: 1 | -1): void =>
  void lines.set(line, (lines.get(line) ?? 0) + by);

/** What a catalogue counts of a person with these facts, as one line. */
function coverageOf(facts: readonly { readonly kind: string; readonly start?: string | undefined }[]): string {
  const years = facts.flatMap(({ start }) => (start === undefined ? [] : Number(start.slice(0, 'YYYY'.length))));
  const first = years.reduce<number | null>((least, year) => (least === null || year < least ? year : least), null);
  return coverageLine([...new Set(facts.map(({ kind }) => kind))], first);
}

const coverageLine = (kinds: readonly string[], firstYear: number | null): string =>
  JSON.stringify([[...kinds].sort(), firstYear]);
