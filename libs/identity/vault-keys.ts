import { Injectable } from '@nestjs/common';
import { assert, concat, utf8, type AccessEventId, type PartyId } from '@aceso/kernel';
import { KeyCustody, Runtime, type KeyTable, type Tx } from '@aceso/platform';

const KEY_BYTES = 32;

interface DataKeyRow {
  readonly wrapped: Buffer;
  readonly epoch: number;
  readonly keyVersion: number;
}

/** Keys of parties, for the turn of an epoch. */
export const VAULT_KEY_TABLE: KeyTable = {
  table: 'vault.data_key',
  key: { party_id: 'uuid' },
  needs: ['key_version'],
  wrapped: 'wrapped',
  epoch: 'epoch',
  aad: ({ party_id, key_version }) => keyAad(party_id as PartyId, Number(key_version)),
};

/** The data key of each party in the vault: nothing of a party is opened without it, nor without an access event. */
@Injectable()
export class VaultKeys {
  constructor(
    private readonly custody: KeyCustody,
    private readonly runtime: Runtime,
  ) {}

  /** The party's key, unwrapped for the access event; null when it has none. The transaction sees the party's rows. */
  async open(tx: Tx, partyId: PartyId, accessEventId: AccessEventId): Promise<Uint8Array | null> {
    const [row] = await tx.query<DataKeyRow>(
      'select wrapped, epoch, key_version as "keyVersion" from vault.data_key where party_id = $1',
      [partyId],
    );
    if (!row) return null;
    const { wrapped, epoch, keyVersion } = row;
    const aad = keyAad(partyId, keyVersion);
    const [key] = await this.custody.unwrap(tx, [{ keyOwner: partyId, wrapped, epoch, aad, accessEventId }]);
    return key ?? null;
  }

  /** The same, with a fresh key for a party that has none; the one of a rival that was faster. */
  async provide(tx: Tx, partyId: PartyId, accessEventId: AccessEventId): Promise<Uint8Array> {
    const known = await this.open(tx, partyId, accessEventId);
    if (known) return known;
    const key = this.runtime.randomBytes(KEY_BYTES);
    const { wrapped, epoch } = this.custody.wrap(key, keyAad(partyId, 1));
    const inserted = await tx.execute(
      `insert into vault.data_key (party_id, wrapped, epoch, created_at) values ($1, $2, $3, $4)
       on conflict (party_id) do nothing`,
      [partyId, wrapped, epoch, new Date(this.runtime.now())],
    );
    if (inserted === 1) return key;
    const rival = await this.open(tx, partyId, accessEventId);
    assert(rival, 'what a rival inserted is there after its commit');
    return rival;
  }
}

/** What a party's data key is wrapped with: its owner and version, so that it opens nothing of anybody else. */
function keyAad(partyId: PartyId, keyVersion: number): Uint8Array {
  return concat(utf8('aceso/vault-key/v1\0'), utf8(partyId), utf8(`\0${keyVersion}`));
}
