import { Args, Mutation, Query, Resolver } from '@nestjs/graphql';
import { WardAccess } from '@aceso/identity';
import { STATEMENT, WARD, wardWish } from '@aceso/identity/api';
import { Database, sha256 } from '@aceso/platform';
import {
  Access,
  CurrentParty,
  EdgeError,
  PageArgs,
  pageOf,
  toConnection,
  WhileStopped,
  type Actor,
} from '@aceso/platform/graphql';
import { CURRENT_TERMS_NOTICE, termsNoticeHash } from '../domain';
import { ConsentService } from '../consent.service';
import { GrantHistory } from '../grant-history';
import { StandingTermsService } from '../standing-terms.service';
import {
  Discovery,
  DiscoveryTermsType,
  GrantConnection,
  RevocationType,
  StandingTermsType,
  TermsMode,
  TermsNoticeType,
  toGrantType,
} from './grant.type';

@Resolver()
export class ConsentResolver {
  constructor(
    private readonly database: Database,
    private readonly consent: ConsentService,
    private readonly history: GrantHistory,
    private readonly terms: StandingTermsService,
    private readonly wards: WardAccess,
  ) {}

  @Access('patient')
  @Mutation(() => DiscoveryTermsType, {
    description: 'Says whether the acting patient may be found, counted and asked.',
  })
  async setDiscoveryTerms(
    @CurrentParty() actor: Actor,
    @Args('statement', STATEMENT) statement: string,
  ): Promise<DiscoveryTermsType> {
    const { discovery } = await this.database.transaction('api', (tx) =>
      this.consent.recordDiscoveryTerms(tx, actor, statement),
    );
    return { discovery: discovery as Discovery };
  }

  @Access('patient')
  @Mutation(() => StandingTermsType, {
    description: 'Sets what the acting patient permits ahead of requests, in the place of earlier terms.',
  })
  async setStandingTerms(
    @CurrentParty() actor: Actor,
    @Args('statement', STATEMENT) statement: string,
  ): Promise<StandingTermsType> {
    const { terms, mode } = await this.database.transaction('api', (tx) => this.terms.record(tx, actor, statement));
    return { terms, mode: mode as TermsMode };
  }

  @Access('patient')
  @Query(() => TermsNoticeType, { description: 'What to read before setting standing terms.' })
  termsNotice(): TermsNoticeType {
    const { text, language } = CURRENT_TERMS_NOTICE;
    return { text, language, hash: termsNoticeHash(CURRENT_TERMS_NOTICE, sha256) };
  }

  @Access('patient')
  @WhileStopped()
  @Mutation(() => RevocationType, {
    description: 'Takes a grant back, at once. What was downloaded before cannot be called back.',
  })
  async revoke(@CurrentParty() actor: Actor, @Args('statement', STATEMENT) statement: string): Promise<RevocationType> {
    return this.database.transaction('api', (tx) => this.consent.recordRevocation(tx, actor, statement));
  }

  @Access('patient')
  @Query(() => GrantConnection, { description: 'What the acting patient, or its ward, agreed to, newest first.' })
  async myGrants(
    @CurrentParty() actor: Actor,
    @Args() args: PageArgs,
    @Args('ward', WARD) ward?: string | null,
  ): Promise<GrantConnection> {
    const page = pageOf(args);
    const after = page.after && digestOf(page.after);
    const wish = wardWish(ward, { scope: 'research', looksAt: 'grants' });
    const rows = await this.wards.run(actor, wish, (tx, { partyId }) =>
      this.history.ownGrants(tx, partyId, { limit: page.limit + 1, after }),
    );
    return toConnection(rows, page, { cursorOf: ({ digest }) => [digest], toNode: toGrantType });
  }
}

/** The digest in a cursor. */
function digestOf([digest = '']: readonly string[]): string {
  if (/^[0-9a-f]{64}$/.test(digest)) return digest;
  throw new EdgeError('PAGE_INVALID', 'after is no cursor of this list');
}
