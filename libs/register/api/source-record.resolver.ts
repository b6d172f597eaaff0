import { Args, Query, Resolver } from '@nestjs/graphql';
import { assert } from '@aceso/kernel';
import { WardAccess } from '@aceso/identity';
import { WARD, wardWish } from '@aceso/identity/api';
import { Database } from '@aceso/platform';
import { Access, CurrentParty, type Actor } from '@aceso/platform/graphql';
import { LOCAL_IDS_MAX, SourceRecordService } from '../source-record.service';
import { ProposedLinkType, SourceRecordType, toProposedLinkType, toSourceRecordType } from './source-record.type';

@Resolver()
export class SourceRecordResolver {
  constructor(
    private readonly database: Database,
    private readonly records: SourceRecordService,
    private readonly wards: WardAccess,
  ) {}

  @Access('provider')
  @Query(() => [SourceRecordType], {
    nullable: 'items',
    description: "Source records by the acting provider's own patient ids, in the same order; null where it has none.",
  })
  async sourceRecordsByLocalId(
    @CurrentParty() { partyId }: Actor,
    @Args('localIds', { type: () => [String], description: `Patient ids as they were sent, at most ${LOCAL_IDS_MAX}.` })
    localIds: string[],
  ): Promise<(SourceRecordType | null)[]> {
    const heads = await this.database.transaction('api', (tx) => this.records.byLocalIds(tx, partyId, localIds));
    return heads.map((head) => head && toSourceRecordType(head));
  }

  @Access('patient')
  @Query(() => [SourceRecordType], {
    description:
      'Source records that are bound to the acting patient, or to its ward, with the heads that a grant names.',
  })
  async myRecords(@CurrentParty() actor: Actor, @Args('ward', WARD) ward?: string | null): Promise<SourceRecordType[]> {
    const wish = wardWish(ward, { scope: 'research', looksAt: 'records' });
    const heads = await this.wards.run(actor, wish, (tx, { personId }) => this.records.heads(tx, personId));
    return heads.map(toSourceRecordType);
  }

  @Access('patient')
  @Query(() => [ProposedLinkType], {
    description: 'Pairs of records bound to the acting patient that seem to be of one person and wait to be confirmed.',
  })
  async proposedLinks(@CurrentParty() { partyId, personId }: Actor): Promise<ProposedLinkType[]> {
    assert(personId, 'a patient is a person');
    const links = await this.database.transaction('api', async (tx) => {
      await tx.actAs(partyId);
      return this.records.proposedLinks(tx, personId);
    });
    return links.map(toProposedLinkType);
  }
}
