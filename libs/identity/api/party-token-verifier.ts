import { Injectable } from '@nestjs/common';
import { Database } from '@aceso/platform';
import { TokenVerifier, type Actor, type TokenUse } from '@aceso/platform/graphql';
import { PossessionProofs } from '../possession-proofs';
import { SessionTokens } from '../session-tokens';

type Found = Omit<Actor, 'personId' | 'stopped'> & {
  readonly personId: Actor['personId'] | null;
  readonly active: boolean;
};

/**
 * Tells whose a token is. A revoked key ends its sessions at once; a party whose licence is suspended or revoked is known as such, and
 * does nothing but what the guard leaves it.
 */
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
    const [found] = await this.database.query<Found>(
      'api',
      `select party.id as "partyId", party.role, key.did, patient.person_id as "personId",
              identity.is_active(party.id, clock_timestamp()) as active
         from identity.party
         join identity.party_key key on key.party_id = party.id and key.did = $3 and key.revoked_at is null
         left join identity.patient on patient.party_id = party.id
        where party.id = $1 and party.role = $2`,
      [session.partyId, session.role, session.did],
    );
    if (!found) return null;
    const { partyId, role, did, personId, active } = found;
    return { partyId, role, did, ...(personId ? { personId } : {}), ...(active ? {} : { stopped: true as const }) };
  }
}
