import { Client } from 'pg';

/**
 * Tells the database of epochs that began after it was dumped: their master keys are here, and new keys are wrapped under the
 * newest. `epochs` are the numbers of the key files. As owner, before anything serves; again, it changes nothing.
 */
export async function knowEpochs(ownerUrl: string, epochs: readonly number[]): Promise<void> {
  const client = new Client({ connectionString: ownerUrl, application_name: 'aceso-epochs' });
  client.on('error', () => undefined); // reported by the statement that is running
  await client.connect();
  try {
    await client.query(
      `insert into platform.key_epoch (epoch, state)
       select epoch, 'alive' from unnest($1::integer[]) epoch
        where epoch > (select coalesce(max(known.epoch), 0) from platform.key_epoch known)
       on conflict do nothing`,
      [epochs],
    );
  } finally {
    await client.end();
  }
}
