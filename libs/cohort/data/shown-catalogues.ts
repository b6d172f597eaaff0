import type { PartyId } from '@aceso/kernel';
import type { Tx } from '@aceso/platform';
import type { ShownCatalogue } from '../domain/catalogue';

/** The catalogue that a party was shown on a record date, in the last 24 hours. The transaction acts as the party. */
export async function readCatalogue(tx: Tx, partyId: PartyId, day: string): Promise<ShownCatalogue | undefined> {
  const [row] = await tx.query<{ content: ShownCatalogue }>(
    `select content from cohort.shown_catalogue
      where party_id = $1 and record_date = $2 and shown_at > clock_timestamp() - interval '24 hours'`,
    [partyId, day],
  );
  return row?.content;
}

/** Keeps a catalogue in the place of an older one. The transaction acts as the party. */
export async function keepCatalogue(tx: Tx, partyId: PartyId, catalogue: ShownCatalogue): Promise<void> {
  await tx.execute(
    `insert into cohort.shown_catalogue (party_id, record_date, content) values ($1, $2, $3)
     on conflict (party_id) do update
       set record_date = excluded.record_date, content = excluded.content, shown_at = clock_timestamp()`,
    [partyId, catalogue.day, JSON.stringify(catalogue)],
  );
}
