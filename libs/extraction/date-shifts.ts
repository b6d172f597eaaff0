import { Injectable } from '@nestjs/common';
import {
  dateShiftDays,
  dateShiftDraws,
  shiftBaseDays,
  shiftSpreadDays,
  type Policy,
} from '@aceso/deidentification/domain';
import { assert, hex, utf8, type OrderId, type PersonId } from '@aceso/kernel';
import { hmacSha256, KeyCustody, type Tx } from '@aceso/platform';

const TAG_BYTES = 16;

interface Drawn {
  readonly personId: PersonId;
  readonly draw: number;
}

/** One order's shifts: whose, under which key, by which rule. */
export interface ShiftedSale {
  readonly orderId: OrderId;
  readonly saleKey: Uint8Array;
  readonly dates: Policy['dates'];
}

/**
 * By how many days an order moves a person's dates. The same in every attempt and edition of the order, and never the
 * same in two living permits: else a person's dates would join. The database holds that by a unique keyed tag. All shifts
 * of a person lie around one base, so that orders together leave no fewer than `possibleDaysMin` days for a true date.
 *
 * Three limits. Tags go with the sale key of their order, so a later order may move the dates as an ended one did; what
 * was sold then is to be deleted by its buyer. A tag has few possible inputs: whoever holds the database and the custody
 * seed `shift` learns the days of every living permit by trying all of them; without the seed it tells nothing. And the
 * base comes from that seed: with it, a package of an ended permit still tells its dates to within the spread.
 */
@Injectable()
export class DateShifts {
  constructor(private readonly custody: KeyCustody) {}

  /**
   * Settles the shifts of persons who have none in this order yet: the first draw that no other living permit has.
   * Returns those for whom none is left, as they are in too many living permits.
   */
  async settle(tx: Tx, sale: ShiftedSale, personIds: readonly PersonId[]): Promise<readonly PersonId[]> {
    if (sale.dates.kind === 'year') return [];
    const known = new Set((await this.drawn(tx, sale.orderId, personIds)).map(({ personId }) => personId));
    const persons = personIds.filter((personId) => !known.has(personId));
    const taken = await tagsOf(tx, persons);
    const rows = persons.flatMap((personId) => this.firstFree(sale, personId, taken) ?? []);
    await tx.execute(
      `insert into extraction.date_shift (order_id, person_id, draw, tag)
       select $1, * from unnest($2::uuid[], $3::smallint[], $4::bytea[])`,
      [sale.orderId, rows.map((row) => row.personId), rows.map((row) => row.draw), rows.map((row) => row.tag)],
    );
    const settled = new Set(rows.map(({ personId }) => personId));
    return persons.filter((personId) => !settled.has(personId));
  }

  /** The settled shifts in days; 0 under a policy that does not shift. */
  async of(tx: Tx, sale: ShiftedSale, personIds: readonly PersonId[]): Promise<ReadonlyMap<PersonId, number>> {
    if (sale.dates.kind === 'year') return new Map(personIds.map((personId) => [personId, 0]));
    const drawn = await this.drawn(tx, sale.orderId, personIds);
    return new Map(
      drawn.map(({ personId, draw }) => {
        const { base, ...key } = this.shiftKey(sale, personId);
        return [personId, base + dateShiftDays(personId, { ...key, skip: draw })];
      }),
    );
  }

  private async drawn(tx: Tx, orderId: OrderId, personIds: readonly PersonId[]): Promise<readonly Drawn[]> {
    return tx.query<Drawn>(
      `select person_id as "personId", draw from extraction.date_shift where order_id = $1 and person_id = any ($2::uuid[])`,
      [orderId, personIds],
    );
  }

  private firstFree(
    sale: ShiftedSale,
    personId: PersonId,
    taken: ReadonlySet<string>,
  ): (Drawn & { readonly tag: Buffer }) | undefined {
    const { base, ...key } = this.shiftKey(sale, personId);
    let draw = 0;
    for (const days of dateShiftDraws(personId, key)) {
      const tag = this.tag(personId, base + days);
      if (!taken.has(hex.encode(tag))) return { personId, draw, tag: Buffer.from(tag) };
      draw += 1;
    }
    return undefined;
  }

  /** The base of the person, and what the days beside it are drawn with. */
  private shiftKey({ saleKey, dates }: ShiftedSale, personId: PersonId) {
    assert(dates.kind !== 'year', 'a policy of years has no shift');
    const { daysMax } = dates;
    const base = shiftBaseDays(personId, { key: this.custody.serviceSeed('shift'), hmac: hmacSha256, daysMax });
    return { base, saleKey, hmac: hmacSha256, daysMax: shiftSpreadDays(daysMax) };
  }

  private tag(personId: PersonId, days: number): Uint8Array {
    const key = this.custody.serviceSeed('shift');
    return hmacSha256(key, utf8(`aceso/date-shift/v1\0${personId}\0${days}`)).subarray(0, TAG_BYTES);
  }
}

async function tagsOf(tx: Tx, personIds: readonly PersonId[]): Promise<ReadonlySet<string>> {
  const rows = await tx.query<{ tag: Buffer }>(
    `select tag from extraction.date_shift where person_id = any ($1::uuid[])`,
    [personIds],
  );
  return new Set(rows.map(({ tag }) => hex.encode(tag)));
}
