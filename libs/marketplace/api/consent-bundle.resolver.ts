import { Args, Query, Resolver } from '@nestjs/graphql';
import { CONSENT_BUNDLE } from '@aceso/consent/domain';
import { WARD, wardWish } from '@aceso/identity/api';
import { canonicalJson } from '@aceso/kernel';
import { toReceiptType } from '@aceso/ledger/api';
import { Access, CurrentParty, type Actor } from '@aceso/platform/graphql';
import { ConsentBundles } from '../consent-bundles';
import { notFound } from '../domain/marketplace.errors';

@Resolver()
export class ConsentBundleResolver {
  constructor(private readonly bundles: ConsentBundles) {}

  @Access('patient')
  @Query(() => String, {
    description:
      'A consent of the acting patient, or of its ward, with everything that it rests on, as one JSON text: what `aceso verify-consent` judges. Receipts are opened, which the access log shows.',
  })
  async consentBundle(
    @CurrentParty() actor: Actor,
    @Args('grant', { type: () => String, description: 'Digest of the consent, as `myGrants` names it.' }) grant: string,
    @Args('ward', WARD) ward?: string | null,
  ): Promise<string> {
    if (!/^[0-9a-f]{64}$/.test(grant)) throw notFound('consent');
    const { bundle, receipts } = await this.bundles.of(
      actor,
      wardWish(ward, { scope: 'research', looksAt: 'grants' }),
      grant,
    );
    return canonicalJson(
      CONSENT_BUNDLE.parse({ ...bundle, receipts: receipts.map((each) => toReceiptType(each).file) }),
    );
  }
}
