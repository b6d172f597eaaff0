import { Parent, ResolveField, Resolver } from '@nestjs/graphql';
import { DisclosedCountType, toDisclosedCountType } from '@aceso/cohort/api';
import { Database } from '@aceso/platform';
import { Access, CurrentParty, type Actor } from '@aceso/platform/graphql';
import { RequestCatalogue, type RequestSums, type RequestView } from '../request-catalogue';
import { QuoteType, RequestType, toQuoteType } from './request.type';

/** Sums about a request as far as they are shown; read once a request, whichever of the fields are wanted. */
@Access('researcher', 'officer')
@Resolver(() => RequestType)
export class RequestSumsResolver {
  private readonly sums = new WeakMap<RequestView, Promise<RequestSums>>();

  constructor(
    private readonly database: Database,
    private readonly catalogue: RequestCatalogue,
  ) {}

  @ResolveField(() => DisclosedCountType, { description: 'How many persons were asked.' })
  async asked(@CurrentParty() actor: Actor, @Parent() { view }: RequestType): Promise<DisclosedCountType> {
    return toDisclosedCountType((await this.sumsOf(actor, view)).asked);
  }

  @ResolveField(() => DisclosedCountType, {
    description:
      'How many have answered, whatever the answer. Moves on by eleven answers or more, and at the deadline.',
  })
  async answered(@CurrentParty() actor: Actor, @Parent() { view }: RequestType): Promise<DisclosedCountType> {
    return toDisclosedCountType((await this.sumsOf(actor, view)).answered);
  }

  @ResolveField(() => QuoteType, {
    nullable: true,
    description:
      'The price by the answers that are shown, while answers are taken: what was agreed to since adds to it.',
  })
  async quote(@CurrentParty() actor: Actor, @Parent() { view }: RequestType): Promise<QuoteType | null> {
    const { quote } = await this.sumsOf(actor, view);
    return quote && toQuoteType(quote, view.content.price.currency);
  }

  private sumsOf(actor: Actor, view: RequestView): Promise<RequestSums> {
    const known = this.sums.get(view);
    if (known) return known;
    const reading = this.database.transaction('api', (tx) => this.catalogue.sums(tx, actor, view));
    this.sums.set(view, reading);
    return reading;
  }
}
