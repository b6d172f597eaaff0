import { Injectable } from '@nestjs/common';
import { canonicalJson, concat, fromUtf8, utf8, type AccessEventId, type PartyId } from '@aceso/kernel';
import { AuditService } from '@aceso/audit';
import { Database, openAes256Gcm, Runtime, sealAes256Gcm, type Tx } from '@aceso/platform';
import type { Actor } from '@aceso/platform/graphql';
import { Contact, IdentityError } from './domain';
import { refuseRestrictedKey } from './restricted-key';
import { VaultKeys } from './vault-keys';

/** Who asks for a contact, as an access event: nobody opens one without. */
interface Reason {
  readonly act: 'contact.saved' | 'contact.read';
  readonly actor: Actor;
}

/** Names and contacts, each sealed under a key of its party. Works under the role `vault`, which sees nothing else. */
@Injectable()
export class VaultService {
  constructor(
    private readonly database: Database,
    private readonly keys: VaultKeys,
    private readonly audit: AuditService,
    private readonly runtime: Runtime,
  ) {}

  /** Saves the party's own contact in the place of an earlier one. Throws CONTACT_INVALID and KEY_RESTRICTED. */
  async saveContact(actor: Actor, contact: Contact): Promise<void> {
    const parsed = Contact.safeParse(contact);
    if (!parsed.success) {
      const members = parsed.error.issues.map((issue) => issue.path.join('.') || 'contact');
      throw new IdentityError('CONTACT_INVALID', `missing, unknown or of the wrong form: ${members.join(', ')}`);
    }
    const at = new Date(this.runtime.now());
    await this.database.transaction('api', (tx) => refuseRestrictedKey(tx, actor, at));
    const plaintext = utf8(canonicalJson(parsed.data));
    await this.database.transaction('vault', async (tx) => {
      const event = await this.record(tx, { act: 'contact.saved', actor });
      const key = await this.keys.provide(tx, actor.partyId, event);
      await tx.execute(
        `insert into vault.contact (party_id, sealed, saved_at) values ($1, $2, $3)
         on conflict (party_id) do update set sealed = excluded.sealed, saved_at = excluded.saved_at`,
        [actor.partyId, sealAes256Gcm(key, plaintext, contactAad(actor.partyId)), new Date(this.runtime.now())],
      );
    });
  }

  /**
   * The contact of a party; null when it saved none. Only its owner reads it. The access event commits before the content
   * is returned; a refusal is an access event too. Throws VAULT_ACCESS_REFUSED.
   */
  async readContact(actor: Actor, ownerId: PartyId = actor.partyId): Promise<Contact | null> {
    if (ownerId !== actor.partyId) {
      await this.database.transaction('vault', (tx) => this.recordRefusal(tx, actor, ownerId));
      throw new IdentityError('VAULT_ACCESS_REFUSED', 'a contact is read by its owner only');
    }
    return this.database.transaction('vault', async (tx) => {
      const event = await this.record(tx, { act: 'contact.read', actor });
      const key = await this.keys.open(tx, ownerId, event);
      const [row] = await tx.query<{ sealed: Buffer }>('select sealed from vault.contact where party_id = $1', [
        ownerId,
      ]);
      if (!key || !row) return null;
      return Contact.parse(JSON.parse(fromUtf8(openAes256Gcm(key, row.sealed, contactAad(ownerId)))));
    });
  }

  /** Records the act; from here on the transaction sees this party's rows, and no others. */
  private async record(tx: Tx, { act, actor }: Reason): Promise<AccessEventId> {
    await tx.actAs(actor.partyId);
    return this.audit.record(tx, {
      act,
      actorId: actor.partyId,
      ...(actor.personId ? { subjectId: actor.personId } : {}),
      objectType: 'contact',
      objectId: actor.partyId,
      outcome: 'permitted',
    });
  }

  private async recordRefusal(tx: Tx, actor: Actor, ownerId: PartyId): Promise<void> {
    await this.audit.record(tx, {
      act: 'contact.read',
      actorId: actor.partyId,
      objectType: 'contact',
      objectId: ownerId,
      outcome: 'refused',
      reason: 'VAULT_ACCESS_REFUSED',
    });
  }
}

function contactAad(partyId: PartyId): Uint8Array {
  return concat(utf8('aceso/contact/v1\0'), utf8(partyId));
}
