import { Args, Field, GraphQLISODateTime, ID, Mutation, ObjectType, Resolver } from '@nestjs/graphql';
import { Access, CurrentParty, EdgeError, fromGlobalId, type Actor } from '@aceso/platform/graphql';
import { ActOnce } from '@aceso/settlement';
import { VisaIssuerService, type VisaWish } from '../visa-issuer';

@ObjectType('IssuedVisa', { description: 'A GA4GH visa of the acting research center, issued by this instance.' })
export class IssuedVisaType {
  @Field(() => String, {
    description: 'Signed JWT in compact form. It is kept nowhere here; whoever has it can show it.',
  })
  visa: string;

  @Field(() => GraphQLISODateTime, { description: 'Until when it counts; it cannot be called back before.' })
  expiresAt: Date;
}

/** Visas for research centers. */
@Access('researcher')
@Resolver()
export class VisaResolver {
  constructor(
    private readonly acts: ActOnce,
    private readonly visas: VisaIssuerService,
  ) {}

  @Mutation(() => IssuedVisaType, {
    description:
      'Issues a visa that lives for an hour: ResearcherStatus without an argument, AffiliationAndRole with `affiliate`, ' +
      'ControlledAccessGrants with `order`. Each call issues another one.',
  })
  async issueVisa(
    @CurrentParty() actor: Actor,
    @Args('order', { type: () => ID, nullable: true, description: 'A delivered order whose permit lasts.' })
    order?: string | null,
    @Args('affiliate', { type: () => ID, nullable: true, description: 'A party that the acting one belongs with.' })
    affiliate?: string | null,
  ): Promise<IssuedVisaType> {
    const wish = wishOf(order ?? null, affiliate ?? null);
    const issue = this.acts.run(actor, { act: 'visa.issue', request: wish }, (tx) => this.visas.issue(tx, actor, wish));
    const { text, expiresAt } = await issue;
    return { visa: text, expiresAt };
  }
}

function wishOf(order: string | null, affiliate: string | null): VisaWish {
  if (order !== null && affiliate !== null) {
    throw new EdgeError('VALIDATION_FAILED', 'a visa is about an order or about an affiliation: leave one out');
  }
  if (order !== null) return { type: 'ControlledAccessGrants', orderId: fromGlobalId('Order', order) };
  if (affiliate !== null) return { type: 'AffiliationAndRole', affiliate: fromGlobalId('Party', affiliate) };
  return { type: 'ResearcherStatus' };
}
