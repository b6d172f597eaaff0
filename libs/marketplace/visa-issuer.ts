import { Inject, Injectable } from '@nestjs/common';
import { SignJWT } from 'jose';
import type { OrderId, PartyId } from '@aceso/kernel';
import { AuditService } from '@aceso/audit';
import { AffiliationService, asStopped, refuseRestrictedKey, requireActive } from '@aceso/identity';
import { Ledger } from '@aceso/ledger';
import { CONFIG, Runtime, type Config, type Tx } from '@aceso/platform';
import type { Actor } from '@aceso/platform/graphql';
import { decideVisa, VISA_KEYS_PATH, VISA_MEDIA_TYPE, type VisaClaims, type VisaFacts } from './domain';
import { VISA_KEY_ALGORITHM, VisaKeys, type VisaSigningKey } from './visa-keys';

/** What a research center wants a visa about. */
export type VisaWish =
  | { readonly type: 'ResearcherStatus' }
  | { readonly type: 'AffiliationAndRole'; readonly affiliate: PartyId }
  | { readonly type: 'ControlledAccessGrants'; readonly orderId: OrderId };

export interface IssuedVisa {
  /** The signed JWT in compact form. Whoever has it can show it. */
  readonly text: string;
  readonly id: string;
  readonly expiresAt: Date;
}

/** Issues GA4GH visas to research centers whose licence stands: what the instance itself knows of them, for an hour. Role api. */
@Injectable()
export class VisaIssuerService {
  constructor(
    private readonly keys: VisaKeys,
    private readonly affiliations: AffiliationService,
    private readonly audit: AuditService,
    private readonly ledger: Ledger,
    private readonly runtime: Runtime,
    @Inject(CONFIG) private readonly config: Pick<Config, 'publicUrl'>,
  ) {}

  /**
   * A fresh visa of the acting research center, with its access event and ledger entry. Throws PARTY_NOT_ACTIVE, KEY_RESTRICTED,
   * VISA_NOT_DUE, VISA_LIMIT_REACHED, VISA_ASSERTED_TOO_OLD.
   */
  async issue(tx: Tx, actor: Actor, wish: VisaWish): Promise<IssuedVisa> {
    const { partyId } = actor;
    await tx.actAs(partyId);
    await requireActive(tx, partyId);
    const at = this.runtime.now();
    await refuseRestrictedKey(tx, actor, new Date(at));
    const now = Math.floor(at / 1000);
    const facts = await this.factsOf(tx, partyId, wish);
    const frame = { issuer: this.config.publicUrl, subject: partyId, jti: this.runtime.uuid(), now };
    const claims = decideVisa(facts, { ...frame, live: await liveVisas(tx, partyId, now) });
    const key = await this.keys.current();
    await this.write(tx, { partyId, facts, claims, key });
    const text = await new SignJWT({ ...claims })
      .setProtectedHeader({
        typ: VISA_MEDIA_TYPE,
        alg: VISA_KEY_ALGORITHM,
        kid: key.kid,
        jku: `${this.config.publicUrl}${VISA_KEYS_PATH}`,
      })
      .sign(key.privateKey);
    return { text, id: claims.jti, expiresAt: instant(claims.exp) };
  }

  private async factsOf(tx: Tx, partyId: PartyId, wish: VisaWish): Promise<VisaFacts> {
    if (wish.type === 'ResearcherStatus') return wish;
    if (wish.type === 'AffiliationAndRole') {
      const { type, affiliate } = wish;
      const standing = await this.affiliations.standing(tx, [partyId, affiliate]);
      return { type, affiliation: standing && { id: standing.id, with: affiliate } };
    }
    const { type, orderId } = wish;
    const [permit] = await tx.query<{ grantedAt: Date; endsAt: Date }>(
      'select granted_at as "grantedAt", ends_at as "endsAt" from marketplace.permit($1, $2)',
      [orderId, partyId],
    );
    return { type, permit: permit ? { orderId, ...permit } : null };
  }

  /** Event, entry and row, before anything is signed. The text itself is kept nowhere. */
  private async write(tx: Tx, visa: VisaToWrite): Promise<void> {
    const { partyId, facts, claims, key } = visa;
    const { type, asserted } = claims.ga4gh_visa_v1;
    const affiliationId = facts.type === 'AffiliationAndRole' ? facts.affiliation?.id : undefined;
    const orderId = facts.type === 'ControlledAccessGrants' ? facts.permit?.orderId : undefined;
    const payload = { visa: claims.jti, type, key: key.kid, expires: claims.exp, ...(orderId && { order: orderId }) };
    const act = 'visa.issued';
    const accessEventId = await this.audit.record(tx, {
      act,
      actorId: partyId,
      objectType: 'visa',
      objectId: claims.jti,
      outcome: 'permitted',
      detail: payload,
    });
    await this.ledger.append(tx, { kind: 'administration', code: act, payload, subjectId: partyId, accessEventId });
    await tx.execute(
      'insert into marketplace.visa_key (kid, jwk, epoch) values ($1, $2, $3) on conflict (kid) do nothing',
      [key.kid, JSON.stringify(key.publicJwk), key.epoch],
    );
    try {
      await tx.execute(
        `insert into marketplace.visa
           (id, party_id, type, affiliation_id, order_id, kid, asserted_at, issued_at, expires_at, access_event_id)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
        [
          ...[claims.jti, partyId, type, affiliationId ?? null, orderId ?? null, key.kid],
          ...[instant(asserted), instant(claims.iat), instant(claims.exp), accessEventId],
        ],
      );
    } catch (error) {
      throw asStopped(error);
    }
  }
}

interface VisaToWrite {
  readonly partyId: PartyId;
  readonly facts: VisaFacts;
  readonly claims: VisaClaims;
  readonly key: VisaSigningKey;
}

/** How many visas of the party live. Whoever issues for it waits here, so that two at once do not count the same. */
async function liveVisas(tx: Tx, partyId: PartyId, now: number): Promise<number> {
  await tx.query('select pg_advisory_xact_lock(hashtextextended($1, 0))', [`marketplace.visa ${partyId}`]);
  const [row] = await tx.query<{ live: number }>(
    'select count(*)::int as live from marketplace.visa where party_id = $1 and expires_at > $2',
    [partyId, instant(now)],
  );
  return row?.live ?? 0;
}

const instant = (seconds: number): Date => new Date(seconds * 1000);
