import { canonicalJson } from '@aceso/kernel';
import type { Tx } from '@aceso/platform';
import { CohortError } from '../domain/cohort.errors';
import { looksBelow, mayHold, namedIn } from '../domain/concept-set';
import type { ConceptTree } from '../domain/concept-tree';
import type { EventKind } from '../domain/criteria';
import type { CodeQuery } from '../domain/evaluation/plan';

/**
 * Codes that one question may name, of all its sets together: each is a column of every block of persons. What the index adds below them is not
 * counted, or the refusal would say that somebody has a certain code; the time of a question bounds it.
 */
export const NAMED_CODES_MAX = 20_000;

/** An event with the codes by which its facts are looked for. */
export interface NamedQuery extends CodeQuery {
  readonly codes: readonly string[];
}

/**
 * What sets hold, among the codes that the index has: never more than those. `codes` may have other systems than the set has: `memberOf` decides.
 * `check` throws when the time is over. Throws CRITERIA_TOO_WIDE. The transaction is one snapshot.
 */
export async function namedQueries(
  tx: Tx,
  events: readonly CodeQuery[],
  { tree, check }: { readonly tree: ConceptTree; readonly check: () => void },
): Promise<NamedQuery[]> {
  const known = new Map<EventKind, readonly string[]>();
  const below = new Map<string, readonly string[]>();
  let codes = 0;
  const named: NamedQuery[] = [];
  for (const event of events) {
    const { kind, set } = event;
    let held = namedIn(set);
    codes += held.length;
    if (codes > NAMED_CODES_MAX)
      throw new CohortError(
        'CRITERIA_TOO_WIDE',
        `criteria name at most ${NAMED_CODES_MAX} codes, each event of a set all of them`,
      );
    if (looksBelow(set)) {
      if (!known.has(kind)) known.set(kind, await indexCodes(tx, kind));
      check();
      const same = canonicalJson({ kind, set });
      if (!below.has(same)) below.set(same, known.get(kind)!.filter(mayHold(set, tree)));
      held = [...new Set([...held, ...below.get(same)!])];
    }
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
