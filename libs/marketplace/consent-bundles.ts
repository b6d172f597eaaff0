import { Inject, Injectable } from '@nestjs/common';
import { asId, canonicalJson } from '@aceso/kernel';
import { ConsentService } from '@aceso/consent';
import { ageLimits, type AuthorityEvidence } from '@aceso/identity/domain';
import { WardAccess, type WardWish } from '@aceso/identity';
import { toBundleGuardian, type ConsentBundle } from '@aceso/consent/domain';
import { Ledger, type Receipt } from '@aceso/ledger';
import { CONFIG, Runtime, type Config } from '@aceso/platform';
import type { Actor } from '@aceso/platform/graphql';
import { readVersion } from './data/request-rows';
import { notFound } from './domain/marketplace.errors';

/** A consent as its patient takes it along. Receipts are those of public entries. */
export interface OwnBundle {
  readonly bundle: Omit<ConsentBundle, 'receipts'>;
  readonly receipts: readonly Receipt[];
}

/** Puts together what a patient needs to show a consent to anybody, without the instance. Role api. */
@Injectable()
export class ConsentBundles {
  constructor(
    private readonly wards: WardAccess,
    private readonly consent: ConsentService,
    private readonly ledger: Ledger,
    private readonly runtime: Runtime,
    @Inject(CONFIG) private readonly config: Pick<Config, 'origin' | 'relyingParty' | 'adultAgeYears'>,
  ) {}

  /** The bundle of a patient's own consent, or of its ward's, by its digest. Throws NOT_FOUND for everything else, or an AuthorityFault. */
  async of(actor: Actor, wish: WardWish, grantDigest: string): Promise<OwnBundle> {
    const found = await this.wards.run(actor, wish, async (tx, acting) => {
      const own = await this.consent.ownEvidence(tx, acting, grantDigest);
      const stored = own && (await readVersion(tx, asId<'Request'>(own.request.id), own.request.version));
      return own && stored ? { ...own, acting, content: canonicalJson(stored.content) } : null;
    });
    if (!found) throw notFound('consent');
    const { row, request, entries, content, acting, revoker } = found;
    const { evidence } = row;
    const consent: ConsentBundle['consent'] =
      'grantText' in evidence
        ? { kind: 'grant', statement: evidence.grantText, acceptedAt: evidence.grantAcceptedAt }
        : {
            kind: 'terms',
            statement: evidence.termsText,
            acceptedAt: evidence.termsAcceptedAt,
            answer: evidence.answerText,
            newestTerms: evidence.newestTermsDigest,
          };
    const receipts: Receipt[] = [];
    for (const entry of entries) {
      const receipt = await this.ledger.receipt(entry, acting.actorId, acting.partyId);
      if (receipt) receipts.push(receipt);
    }
    const guardians = this.guardians([evidence, ...evidence.bindings, { guardian: revoker }], consent.acceptedAt);
    const bundle = {
      format: 'aceso/consent-bundle/v1' as const,
      origin: this.config.origin,
      relyingParty: { id: this.config.relyingParty.id, origins: [...this.config.relyingParty.origins] },
      consent,
      request,
      content,
      patientKeys: [...evidence.patientKeys],
      bindings: evidence.bindings.map(
        ({ sourceRecordId, attestationText, bindingText, providerKeys, attestedAt, boundAt }) => ({
          sourceRecord: sourceRecordId,
          attestation: attestationText,
          attestedAt,
          binding: bindingText,
          boundAt,
          providerKeys: [...providerKeys],
        }),
      ),
      revocation: evidence.revocationText,
      ...(guardians.length > 0 && { guardians }),
    };
    return { bundle, receipts };
  }

  /** What appointed those who signed for the person, each once. On which side of majority it was, and not when it was born. */
  private guardians(
    signed: readonly { readonly guardian?: AuthorityEvidence | null }[],
    signedAt: number,
  ): NonNullable<ConsentBundle['guardians']> {
    const { adultAgeYears: years } = this.config;
    const ages = { signing: ageLimits(signedAt, years), now: ageLimits(this.runtime.now(), years) };
    const told = signed.flatMap(({ guardian }) => (guardian ? [toBundleGuardian(guardian, ages)] : []));
    return [...new Map(told.map((one) => [one.appointment, one])).values()];
  }
}
