import { Field, Float, Int, ObjectType, Parent, registerEnumType, ResolveField, Resolver } from '@nestjs/graphql';
import { OrderType } from '@aceso/marketplace/api';
import { Access, CurrentParty, fromGlobalId, type Actor } from '@aceso/platform/graphql';
import { OrderWatch } from '../order-watch';
import { PROGRESS_TOTAL, type Stage } from '../data/progress.store';

const Stages: Record<Uppercase<Stage>, Stage> = {
  PLANNING: 'planning',
  EXTRACTING: 'extracting',
  MEASURING: 'measuring',
  RELEASING: 'releasing',
  PACKING: 'packing',
  READY: 'ready',
  REFUNDED: 'refunded',
  WITHDRAWN: 'withdrawn',
};
registerEnumType(Stages, {
  name: 'ExtractionStage',
  description: 'What is being done for an order.',
  valuesMap: {
    PLANNING: { description: 'Consents are verified and the generalisation is chosen.' },
    EXTRACTING: { description: 'Records are read and de-identified.' },
    MEASURING: { description: 'The final files are measured.' },
    RELEASING: { description: 'Permissions are compared for the last time.' },
    PACKING: { description: 'Receipts are added, the package is encrypted.' },
    READY: { description: 'The package can be downloaded.' },
    REFUNDED: { description: 'The order ended without data.' },
    WITHDRAWN: { description: 'Too few persons were left before the first download.' },
  },
});

@ObjectType('OrderProgress', { description: 'How far an order is. Parts of the work, never numbers of persons.' })
export class OrderProgressType {
  @Field(() => Stages, { description: 'What is being done.' })
  stage: Stage;

  @Field(() => Int, { description: 'Parts of this stage that are done.' })
  done: number;

  @Field(() => Int, { description: 'All parts of this stage.' })
  total: number;
}

@ObjectType('OrderPackage', { description: 'The encrypted package of an order.' })
export class OrderPackageType {
  @Field({ description: 'Name to save it under.' })
  fileName: string;

  @Field(() => Float, { description: 'Bytes of the encrypted file.' })
  bytes: number;

  @Field({ description: 'SHA-256 of the encrypted file, lower-case hexadecimal; every download is logged with it.' })
  sha256: string;

  @Field({ description: 'Path to download it from, with the bearer token of the research center; resumable.' })
  downloadUrl: string;
}

/** What extraction adds to an order. */
@Access('researcher')
@Resolver(() => OrderType)
export class OrderFieldsResolver {
  constructor(private readonly watch: OrderWatch) {}

  @ResolveField('progress', () => OrderProgressType, {
    nullable: true,
    description: 'How far the order is; null before extraction begins.',
  })
  async progress(@CurrentParty() { partyId }: Actor, @Parent() { id }: OrderType): Promise<OrderProgressType | null> {
    const progress = await this.watch.progress(partyId, fromGlobalId('Order', id));
    return progress && { ...progress, total: PROGRESS_TOTAL };
  }

  @ResolveField('package', () => OrderPackageType, {
    nullable: true,
    description: 'The package; null until it is ready, and while it is made anew.',
  })
  async package(@CurrentParty() { partyId }: Actor, @Parent() { id }: OrderType): Promise<OrderPackageType | null> {
    const found = await this.watch.package(partyId, fromGlobalId('Order', id));
    return found && { ...found, downloadUrl: `/orders/${id}/package` };
  }
}
