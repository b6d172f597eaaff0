import { Injectable } from '@nestjs/common';
import { Database } from '@aceso/platform';
import { TokenVerifier, type Actor, type TokenUse } from '@aceso/platform/graphql';
import { PossessionProofs } from '../possession-proofs';
import { SessionTokens } from '../session-tokens';

/** Tells whose a token is, and that the party may still act: a suspension or a revoked key ends its sessions at once. */
@Injectable()
export class PartyTokenVerifier extends TokenVerifier {
  constructor(
    private readonly database: Database,
    private readonly tokens: SessionTokens,
    private readonly proofs: PossessionProofs,
  ) {
    super();
  }

  async verify(token: string, use: TokenUse): Promise<Actor | null> {
    const session = await this.tokens.verify(token);
    // A token that is bound to a key is no bearer token, and no other is proven (RFC 9449 section 7.2).
    if (!session || session.tokenType !== use.scheme) return null;
    if (session.tokenType === 'DPoP' && !(await this.proofs.holds(token, session, use))) return null;
    const [found] = await this.database.query<Omit<Actor, 'personId'> & { personId: Actor['personId'] | null }>(
      'api',
      `select party.id as "partyId", party.role, key.did, patient.person_id as "personId"
         from identity.party
         join identity.party_key key on key.party_id = party.id and key.did = $3 and key.revoked_at is null
         left join identity.patient on patient.party_id = party.id
        where party.id = $1 and party.role = $2 and party.status = 'active'`,
      [session.partyId, session.role, session.did],
    );
    if (!found) return null;
    const { partyId, role, did, personId } = found;
    return { partyId, role, did, ...(personId ? { personId } : {}) };
  }
}
