import { Injectable } from '@nestjs/common';
import type { PersonId } from '@aceso/kernel';
import { Database, type Tx } from '@aceso/platform';
import type { Actor } from '@aceso/platform/graphql';
import { endKey, insertKey, refuseFullParty, selectKeys, type PartyKey } from './data/key-rows';
import { IdentityError, KEY_ADDITION, KEY_REVOCATION, provenKey } from './domain';
import { GateService } from './gate.service';
import { StatementJournal } from './statement-journal';
import { StatementService } from './statement.service';

/** Gives parties more keys, one a device, and takes keys from them. To rotate a key is to add one and revoke the old. */
@Injectable()
export class KeyService {
  constructor(
    private readonly database: Database,
    private readonly statements: StatementService,
    private readonly journal: StatementJournal,
    private readonly gates: GateService,
  ) {}

  /**
   * Adds the key that the statement names and proves. Throws KEY_NOT_PROVEN, KEY_LIMIT_REACHED, KEY_ALREADY_REGISTERED or a
   * refusal of the statement.
   */
  async add(tx: Tx, actor: Actor, text: string): Promise<{ did: string }> {
    const accepted = await this.statements.accept(tx, text, { ...KEY_ADDITION, actor });
    const { claims, digest, partyId, acceptedAt } = accepted;
    if (accepted.repeated) return { did: claims.key };
    const key = provenKey(claims, this.statements.context, acceptedAt.getTime());
    await refuseFullParty(tx, partyId);
    if (!(await insertKey(tx, { ...key, partyId, addedAt: acceptedAt, addedWith: digest }))) {
      throw new IdentityError('KEY_ALREADY_REGISTERED', 'the key belongs to a party already');
    }
    await this.journal.record(tx, accepted, { act: 'key.added', detail: { kind: key.kind } });
    return { did: key.did };
  }

  /**
   * Revokes a key of the signer's party: from the commit on nothing that it signs is accepted and its sessions are over.
   * What it signed before stays, but for what was accepted after `since`. A patient's gate is raised. Throws
   * KEY_NOT_OF_PARTY, KEY_ALREADY_REVOKED, KEY_LAST, KEY_SINCE_IN_FUTURE or a refusal of the statement.
   */
  async revoke(tx: Tx, actor: Actor, text: string): Promise<{ did: string }> {
    const accepted = await this.statements.accept(tx, text, { ...KEY_REVOCATION, actor });
    const { claims, digest, partyId, personId, acceptedAt } = accepted;
    const did = claims.key;
    if (accepted.repeated) return { did };
    const compromisedSince = claims.since === undefined ? null : new Date(claims.since * 1000);
    if (compromisedSince && compromisedSince > acceptedAt) {
      throw new IdentityError(
        'KEY_SINCE_IN_FUTURE',
        'since lies ahead: name a moment that has passed, or leave it out',
      );
    }
    requireRevocable(await selectKeys(tx, partyId), did);
    await endKey(tx, { did, at: acceptedAt, with: digest, compromisedSince });
    const persons = personId ? [personId] : await this.boundByAttestationsSince(tx, did, compromisedSince);
    await this.gates.narrow(tx, persons, 'key-revoked');
    const detail = claims.since === undefined ? undefined : { since: claims.since };
    await this.journal.record(tx, accepted, { act: 'key.revoked', ...(detail ? { detail } : {}) });
    return { did };
  }

  /** The keys of the acting party, revoked ones included, the oldest first: KEYS_MAX at most. */
  async ownKeys({ partyId }: Pick<Actor, 'partyId'>): Promise<PartyKey[]> {
    return this.database.transaction('api', async (tx) => {
      await tx.actAs(partyId);
      return selectKeys(tx, partyId);
    });
  }

  /** Persons whose bindings rest on what a provider's key attested after it had fallen into other hands. */
  private async boundByAttestationsSince(tx: Tx, did: string, since: Date | null): Promise<PersonId[]> {
    if (!since) return [];
    const rows = await tx.query<{ personId: PersonId }>(
      `select distinct binding.person_id as "personId"
         from identity.statement attestation
         join identity.binding on binding.attestation_digest = attestation.digest
        where attestation.did = $1 and attestation.accepted_at > $2 and binding.ended_at is null`,
      [did, since],
    );
    return rows.map(({ personId }) => personId);
  }
}

function liveOf(keys: readonly PartyKey[]): PartyKey[] {
  return keys.filter(({ revokedAt }) => revokedAt === null);
}

function requireRevocable(keys: readonly PartyKey[], did: string): void {
  const key = keys.find((one) => one.did === did);
  if (!key) throw new IdentityError('KEY_NOT_OF_PARTY', 'the party has no such key');
  if (key.revokedAt) throw new IdentityError('KEY_ALREADY_REVOKED', 'the key was revoked before');
  if (liveOf(keys).length === 1) {
    throw new IdentityError('KEY_LAST', 'this is the last key of the party: add another one first');
  }
}
