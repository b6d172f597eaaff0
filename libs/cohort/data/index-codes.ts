import type { Tx } from '@aceso/platform';
import { CohortError } from '../domain/cohort.errors';
import { looksBelow, mayHold, namedIn } from '../domain/concept-set';
import type { ConceptTree } from '../domain/concept-tree';
import type { EventKind } from '../domain/criteria';
import type { CodeQuery } from '../domain/evaluation/plan';

/** Codes that one question may read, of all its sets together: each is a column of every block of persons. */
export const EXPANDED_CODES_MAX = 20_000;

/** An event with the codes by which its facts are looked for. */
export interface NamedQuery extends CodeQuery {
  readonly codes: readonly string[];
}

/**
 * What sets hold, among the codes that the index has: never more than those. `codes` may have other systems than the set has: `memberOf` decides.
 * Throws CRITERIA_TOO_WIDE. The transaction is one snapshot.
 */
export async function namedQueries(tx: Tx, events: readonly CodeQuery[], tree: ConceptTree): Promise<NamedQuery[]> {
  const known = new Map<EventKind, readonly string[]>();
  let codes = 0;
  const named: NamedQuery[] = [];
  for (const event of events) {
    const { kind, set } = event;
    let held = namedIn(set);
    if (looksBelow(set)) {
      if (!known.has(kind)) known.set(kind, await indexCodes(tx, kind));
      held = [...new Set([...held, ...known.get(kind)!.filter(mayHold(set, tree))])];
    }
    codes += held.length;
    if (codes > EXPANDED_CODES_MAX)
      throw new CohortError('CRITERIA_TOO_WIDE', `criteria stand for at most ${EXPANDED_CODES_MAX} codes of the index`);
    named.push({ ...event, codes: held });
  }
  return named;
}

/** Each code of a kind once: by one step of the index a code, however many facts there are. */
async function indexCodes(tx: Tx, kind: EventKind): Promise<string[]> {
  const rows = await tx.query<{ code: string }>(
    `with recursive step as (
       (select f.code from facts.fact f where f.kind = $1 order by f.code limit 1)
       union all
       select (select f.code from facts.fact f where f.kind = $1 and f.code > s.code order by f.code limit 1)
         from step s where s.code is not null)
     select code from step where code is not null union select c.code from facts.code c where c.kind = $1`,
    [kind],
  );
  return rows.map(({ code }) => code);
}
