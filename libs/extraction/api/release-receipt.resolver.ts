import { Args, Field, ID, ObjectType, Query, Resolver } from '@nestjs/graphql';
import {
  Access,
  ConnectionOf,
  CurrentParty,
  EdgeError,
  PageArgs,
  pageOf,
  toConnection,
  toGlobalId,
  type Actor,
} from '@aceso/platform/graphql';
import { ReleaseReceipts, type ReleaseReceipt } from '../release-receipts';

@ObjectType('ReleaseReceipt', {
  description: 'Proof that the acting party is a member of a release, and of what it earned. It names no other member.',
})
export class ReleaseReceiptType {
  @Field(() => ID, { description: 'Opaque id of the entry of the release.' })
  entry: string;

  @Field(() => String, { description: 'Place of that entry in the log, as a decimal.' })
  index: string;

  @Field(() => String, { description: "Canonical JSON of the member's own part: order, role, grant, what it earned." })
  payload: string;

  @Field(() => String, {
    nullable: true,
    description: 'Text of a .tlog-proof file for `aceso verify`; null while the entry is not public.',
  })
  file: string | null;
}

@ObjectType({ description: 'Receipts of releases, newest first.' })
export class ReleaseReceiptConnection extends ConnectionOf(ReleaseReceiptType, 'ReleaseReceipt') {}

@Resolver()
export class ReleaseReceiptResolver {
  constructor(private readonly receipts: ReleaseReceipts) {}

  @Access('patient', 'provider')
  @Query(() => ReleaseReceiptConnection, {
    description:
      'Receipts of the releases that the acting party has a part in, newest first; opening each is an access event. A ' +
      'provider sees those with eleven of its patients or more.',
  })
  async releaseReceipts(@CurrentParty() actor: Actor, @Args() args: PageArgs): Promise<ReleaseReceiptConnection> {
    const page = pageOf(args);
    const before = page.after === null ? null : indexOf(page.after);
    const rows = await this.receipts.own(actor, { limit: page.limit, before });
    return toConnection(rows, page, { cursorOf: ({ index }) => [index], toNode: toReleaseReceiptType });
  }
}

function toReleaseReceiptType({ entryId, index, payload, file }: ReleaseReceipt): ReleaseReceiptType {
  return { entry: toGlobalId('LedgerEntry', entryId), index, payload, file };
}

const INDEX = /^(0|[1-9][0-9]{0,17})$/;

/** The index in a cursor. */
function indexOf([index = '']: readonly string[]): string {
  if (INDEX.test(index)) return index;
  throw new EdgeError('PAGE_INVALID', 'after is no cursor of this list');
}
