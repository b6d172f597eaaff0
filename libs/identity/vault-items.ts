import { Injectable } from '@nestjs/common';
import { canonicalJson, concat, fromUtf8, utf8, type AccessEventId, type PartyId, type PersonId } from '@aceso/kernel';
import { AuditService } from '@aceso/audit';
import { Database, openAes256Gcm, Runtime, sealAes256Gcm, type Tx } from '@aceso/platform';
import type { Actor } from '@aceso/platform/graphql';
import { IdentityError, VAULT_ITEMS, type VaultItem, type VaultItemKind } from './domain';
import { refuseRestrictedKey } from './restricted-key';
import { VaultKeys } from './vault-keys';

/** Whose item it is; a patient's person is what its access events are about. */
export interface VaultOwner {
  readonly partyId: PartyId;
  readonly personId?: PersonId;
}

/** Who reads an item of somebody else, and by which named act. */
export interface NamedReason {
  readonly act: string;
  readonly owner: VaultOwner;
  /** Null where the platform acts by itself. */
  readonly actorId: PartyId | null;
  /** Into the sealed opening of the ledger entry, for the owner alone. */
  readonly detail?: { readonly [name: string]: string };
}

/** An item with the access event under which it was opened; null where there is none. */
export interface OpenedItem<Kind extends VaultItemKind> {
  readonly accessEventId: AccessEventId;
  readonly item: VaultItem<Kind> | null;
}

/** What an access event says of an item. */
interface Reason extends NamedReason {
  readonly kind: VaultItemKind;
}

/**
 * National identifiers and bank details, sealed under the key of their party. Their owner reads them, and acts that the table
 * `vault.named_act` names; each time is an access event that the owner sees, committed before the content is returned.
 */
@Injectable()
export class VaultItems {
  constructor(
    private readonly database: Database,
    private readonly keys: VaultKeys,
    private readonly audit: AuditService,
    private readonly runtime: Runtime,
  ) {}

  /**
   * Saves the acting party's own item in the place of an earlier one. Throws VAULT_ITEM_INVALID, which repeats nothing of it, and
   * KEY_RESTRICTED: whoever came by a recovered key wrongly does not say where money goes.
   */
  async save<Kind extends VaultItemKind>(actor: Actor, kind: Kind, item: VaultItem<Kind>): Promise<void> {
    const parsed = VAULT_ITEMS[kind].safeParse(item);
    if (!parsed.success) {
      const members = parsed.error.issues.map((issue) => issue.path.join('.') || kind);
      throw new IdentityError('VAULT_ITEM_INVALID', `missing, unknown or of the wrong form: ${members.join(', ')}`);
    }
    await this.refuseRestricted(actor);
    const plaintext = utf8(canonicalJson(parsed.data));
    await this.database.transaction('vault', async (tx) => {
      const event = await this.record(tx, { act: `${kind}.saved`, owner: actor, actorId: actor.partyId, kind });
      const key = await this.keys.provide(tx, actor.partyId, event);
      await tx.execute(
        `insert into vault.item (party_id, kind, sealed, saved_at) values ($1, $2, $3, $4)
         on conflict (party_id, kind) do update set sealed = excluded.sealed, saved_at = excluded.saved_at`,
        [
          actor.partyId,
          kind,
          sealAes256Gcm(key, plaintext, itemAad(actor.partyId, kind)),
          new Date(this.runtime.now()),
        ],
      );
    });
  }

  /** The acting party's own item; null when it saved none. */
  async readOwn<Kind extends VaultItemKind>(actor: Actor, kind: Kind): Promise<VaultItem<Kind> | null> {
    return this.database.transaction('vault', (tx) =>
      this.open(tx, { act: `${kind}.read`, owner: actor, actorId: actor.partyId, kind }, kind),
    );
  }

  /**
   * The item of a party for an act that is named to read it, in the transaction (role vault) of that act; null when the party saved
   * none. Throws VAULT_ACT_UNKNOWN for any other act, which leaves an access event as well.
   */
  async readFor<Kind extends VaultItemKind>(tx: Tx, reason: NamedReason, kind: Kind): Promise<OpenedItem<Kind>> {
    const rows = await tx.query('select from vault.named_act where act = $1 and kind = $2', [reason.act, kind]);
    if (rows.length === 0) {
      const refused = { ...reason, act: `${kind}.read`, kind };
      await this.database.transaction('vault', (own) => this.record(own, refused, 'VAULT_ACT_UNKNOWN'));
      throw new IdentityError('VAULT_ACT_UNKNOWN', 'no such act is named to read this: vault.named_act has the list');
    }
    const accessEventId = await this.record(tx, { ...reason, kind });
    return { accessEventId, item: await this.unseal(tx, reason.owner.partyId, { kind, accessEventId }) };
  }

  private refuseRestricted(actor: Actor): Promise<void> {
    return this.database.transaction('api', (tx) => refuseRestrictedKey(tx, actor, new Date(this.runtime.now())));
  }

  private async open<Kind extends VaultItemKind>(tx: Tx, reason: Reason, kind: Kind): Promise<VaultItem<Kind> | null> {
    const accessEventId = await this.record(tx, reason);
    return this.unseal(tx, reason.owner.partyId, { kind, accessEventId });
  }

  private async unseal<Kind extends VaultItemKind>(
    tx: Tx,
    partyId: PartyId,
    { kind, accessEventId }: { readonly kind: Kind; readonly accessEventId: AccessEventId },
  ): Promise<VaultItem<Kind> | null> {
    const key = await this.keys.open(tx, partyId, accessEventId);
    const [row] = await tx.query<{ sealed: Buffer }>(
      'select sealed from vault.item where party_id = $1 and kind = $2',
      [partyId, kind],
    );
    if (!key || !row) return null;
    const text = fromUtf8(openAes256Gcm(key, row.sealed, itemAad(partyId, kind)));
    return VAULT_ITEMS[kind].parse(JSON.parse(text)) as VaultItem<Kind>;
  }

  /** Records the act under the owner's eyes; from here on the transaction sees the owner's rows, and no others. */
  private async record(
    tx: Tx,
    { act, owner, actorId, kind, detail }: Reason,
    refusal?: string,
  ): Promise<AccessEventId> {
    await tx.actAs(owner.partyId);
    return this.audit.record(tx, {
      act,
      actorId,
      subjectId: owner.personId ?? owner.partyId,
      objectType: kind,
      objectId: owner.partyId,
      ...(detail && { detail }),
      ...(refusal ? { outcome: 'refused' as const, reason: refusal } : { outcome: 'permitted' as const }),
    });
  }
}

/** Names owner and kind, so that no item opens in the place of another one. */
function itemAad(partyId: PartyId, kind: VaultItemKind): Uint8Array {
  return concat(utf8('aceso/vault-item/v1\0'), utf8(partyId), utf8(`\0${kind}`));
}
