import { Injectable } from '@nestjs/common';
import { AuditService } from '@aceso/audit';
import { canonicalJson, utf8, type PartyId } from '@aceso/kernel';
import { KeyCustody, Runtime, type KeyTable, type Tx } from '@aceso/platform';

export type KeyPurpose = 'identifier' | 'provider';

/** Why a key is opened: what the access event says. */
export interface KeyReason {
  readonly act: string;
  /** Party that acts; null for the instance itself. */
  readonly actorId: PartyId | null;
  /** What it is opened for; the key itself where nothing else is named. */
  readonly object?: { readonly type: string; readonly id: string };
}

export interface HeldKey {
  readonly key: Uint8Array;
  readonly version: number;
}

interface KeyRow {
  readonly id: string;
  readonly version: number;
  readonly key_wrapped: Uint8Array;
  readonly key_epoch: number;
}

/** Keys of the instance and of providers, for the turn of an epoch. */
export const HELD_KEY_TABLE: KeyTable = {
  table: 'register.held_key',
  key: { id: 'uuid' },
  needs: ['version'],
  wrapped: 'key_wrapped',
  epoch: 'key_epoch',
  aad: ({ id, version }) => keyData({ id: String(id), version: Number(version) }),
};

/** Whose key: the instance's (identifiers) or a provider's (uploads, quarantine). */
interface KeyName {
  readonly purpose: KeyPurpose;
  readonly ownerId: string | null;
}

/**
 * Keys of the register that belong to no source record. Each is made at first use, wrapped by the master key of the
 * epoch, and every opening has an access event in the same transaction.
 */
@Injectable()
export class HeldKeys {
  constructor(
    private readonly custody: KeyCustody,
    private readonly audit: AuditService,
    private readonly runtime: Runtime,
  ) {}

  /** Key of local-id and identifier hashes, with the version that is stored beside each hash. */
  async identifier(tx: Tx, actorId: PartyId | null = null): Promise<HeldKey> {
    const name = { purpose: 'identifier', ownerId: null } as const;
    return this.open(tx, name, { act: 'key.identifier-opened', actorId });
  }

  /** A provider's key: seals its staged uploads and its quarantine. */
  async provider(tx: Tx, providerId: string, reason: KeyReason): Promise<HeldKey> {
    return this.open(tx, { purpose: 'provider', ownerId: providerId }, reason);
  }

  private async open(tx: Tx, name: KeyName, reason: KeyReason): Promise<HeldKey> {
    const row = (await this.find(tx, name)) ?? (await this.create(tx, name));
    const object = reason.object ?? { type: 'held-key', id: row.id };
    const accessEventId = await this.audit.record(tx, {
      act: reason.act,
      actorId: reason.actorId,
      objectType: object.type,
      objectId: object.id,
      outcome: 'permitted',
    });
    const request = {
      wrapped: row.key_wrapped,
      epoch: row.key_epoch,
      aad: keyData(row),
      keyOwner: row.id,
      accessEventId,
    };
    const [key] = await this.custody.unwrap(tx, [request]);
    return { key: key as Uint8Array, version: row.version };
  }

  private async find(tx: Tx, { purpose, ownerId }: KeyName): Promise<KeyRow | undefined> {
    const [row] = await tx.query<KeyRow>(
      `select id, version, key_wrapped, key_epoch from register.held_key
       where purpose = $1 and owner_id is not distinct from $2::uuid order by version desc limit 1`,
      [purpose, ownerId],
    );
    return row;
  }

  /** Two processes may make the first key at once: the row that stands is everybody's. */
  private async create(tx: Tx, name: KeyName): Promise<KeyRow> {
    const id = this.runtime.uuid();
    const { wrapped, epoch } = this.custody.wrap(this.runtime.randomBytes(32), keyData({ id, version: 1 }));
    await tx.execute(
      `insert into register.held_key (id, purpose, owner_id, version, key_wrapped, key_epoch, created_at)
       values ($1, $2, $3, 1, $4, $5, $6) on conflict (purpose, owner_id, version) do nothing`,
      [id, name.purpose, name.ownerId, wrapped, epoch, new Date(this.runtime.now())],
    );
    return (await this.find(tx, name)) as KeyRow;
  }
}

function keyData({ id, version }: Pick<KeyRow, 'id' | 'version'>): Uint8Array {
  return utf8(canonicalJson({ format: 'aceso/held-key/v1', owner: id, keyVersion: version }));
}
