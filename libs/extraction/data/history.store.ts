import { ANY_BIRTH, type DateRule, type EarlierView } from '@aceso/deidentification/domain';
import type { OrderId, PartyId, PersonId } from '@aceso/kernel';
import type { Tx } from '@aceso/platform';
import type { AttemptId } from './attempt.store';

/** What the files of a release show of everybody in one class; see {@link EarlierView}. */
export type ReleasedClass = Omit<EarlierView, 'contradictory'> & { readonly dates: DateRule['kind'] };

/** Persons of a release with the number of their class in it. */
export type ReleasedClasses = ReadonlyMap<PersonId, number>;

interface EarlierRow {
  readonly personId: PersonId;
  readonly first: number | null;
  readonly last: number | null;
  readonly least: Shown;
  readonly most: Shown;
  readonly isContradictory: boolean;
}
type Shown = Readonly<Record<'sex' | 'state' | 'zip3' | 'race' | 'ethnicity', string | null>>;

/** Keeps what the classes of a release show, by their number. */
export async function insertClasses(tx: Tx, attemptId: AttemptId, classes: readonly ReleasedClass[]): Promise<void> {
  const column = (name: keyof Shown): readonly (string | null)[] => classes.map((shown) => shown[name]);
  await tx.execute(
    `insert into extraction.released_class
       (attempt_id, number, born_from, born_to, dates, sex, state, zip3, race, ethnicity)
     select $1, * from unnest($2::integer[], $3::smallint[], $4::smallint[], $5::text[], $6::text[], $7::text[],
                              $8::text[], $9::text[], $10::text[])`,
    [
      attemptId,
      classes.map((_, number) => number),
      classes.map(({ born }) => born.first),
      classes.map(({ born }) => born.last),
      classes.map(({ dates }) => dates),
      ...(['sex', 'state', 'zip3', 'race', 'ethnicity'] as const).map(column),
    ],
  );
}

/**
 * What packages of other orders show of these persons together, a row a person; of buyers who hang together with this
 * one, or did when the package was released. A package that nobody fetched and that was made anew or withdrawn does not count: it never left. Who was sold with
 * dates of the other kind is marked as contradictory: true years bound the shift of every date beside them.
 */
export async function earlierViews(
  tx: Tx,
  {
    buyerId,
    orderId,
    dates,
  }: { readonly buyerId: PartyId; readonly orderId: OrderId; readonly dates: DateRule['kind'] },
  personIds: readonly PersonId[],
): Promise<ReadonlyMap<PersonId, EarlierView>> {
  const rows = await tx.query<EarlierRow>(
    `select m.person_id as "personId", max(c.born_from) as first, min(c.born_to) as last,
            bool_or(m.class_number is null or c.dates <> $4) as "isContradictory",
            json_build_object('sex', min(c.sex), 'state', min(c.state), 'zip3', min(c.zip3), 'race', min(c.race),
                              'ethnicity', min(c.ethnicity)) as least,
            json_build_object('sex', max(c.sex), 'state', max(c.state), 'zip3', max(c.zip3), 'race', max(c.race),
                              'ethnicity', max(c.ethnicity)) as most
       from marketplace."order" o
       join extraction.package p on p.order_id = o.id and p.state in ('released', 'ready', 'renewing')
       join identity.affiliated_until($1) a on a.party_id = o.buyer_id and p.released_at < a.until
       join extraction.member m on m.attempt_id = p.attempt_id and m.state = 'released'
       left join extraction.released_class c on c.attempt_id = m.attempt_id and c.number = m.class_number
      where o.id <> $2 and m.person_id = any ($3::uuid[])
      group by m.person_id`,
    [buyerId, orderId, personIds, dates],
  );
  return new Map(rows.map((row) => [row.personId, viewOf(row)]));
}

/** Names what a buyer and its affiliates have, and who they are: another text when one of it has changed. */
export async function historyMark(tx: Tx, buyerId: PartyId): Promise<string> {
  const [row] = await tx.query<{ mark: string }>(
    `select md5(string_agg(concat_ws('/', a.party_id, a.until, p.id, p.state), ',' order by a.party_id, p.id)) as mark
       from identity.affiliated_until($1) a
       left join marketplace."order" o on o.buyer_id = a.party_id
       left join extraction.package p on p.order_id = o.id`,
    [buyerId],
  );
  return row!.mark;
}

/** Two releases for one buyer and its affiliates take turns from here to the end of the transaction: each sees the other. */
export async function lockHistory(tx: Tx, buyerId: PartyId): Promise<void> {
  await tx.query(
    `select pg_advisory_xact_lock(hashtextextended('release-history/' || min(party_id::text), 0))
       from identity.affiliated_until($1)`,
    [buyerId],
  );
}

/** Forgets in which class erased persons were; the classes themselves name nobody. */
export async function forgetClasses(tx: Tx, personIds: readonly string[]): Promise<void> {
  await tx.execute(
    'update extraction.member set class_number = null where person_id = any ($1::uuid[]) and class_number is not null',
    [personIds],
  );
}

function viewOf({ first, last, least, most, isContradictory }: EarlierRow): EarlierView {
  const names = ['sex', 'state', 'zip3', 'race', 'ethnicity'] as const;
  return {
    ...least,
    born: { first: first ?? ANY_BIRTH.first, last: last ?? ANY_BIRTH.last },
    contradictory: isContradictory || names.some((name) => least[name] !== most[name]),
  };
}
