import { Inject } from '@nestjs/common';
import { Args, Mutation, Query, Resolver } from '@nestjs/graphql';
import { AuditService, type AccessEvent } from '@aceso/audit';
import { CONFIG, Database, type Config, type Tx } from '@aceso/platform';
import { Access, CurrentParty, EdgeError, PageArgs, pageOf, toConnection, type Actor } from '@aceso/platform/graphql';
import { BindingService } from '../binding.service';
import { LinkService } from '../link.service';
import { RetractionService } from '../retraction.service';
import { StatementService } from '../statement.service';
import type { Role } from '../domain';
import { AccessEventConnection, toAccessEventType, type SeenEvent } from './access-event.type';
import {
  AttestationType,
  BindingType,
  LinkType,
  RetractionType,
  StatementHeadType,
  UnlinkedRecordType,
} from './binding.type';
import { WardAccess } from '../ward-access';
import { STATEMENT, WARD, wardWish } from './statement.argument';

@Resolver()
export class BindingResolver {
  constructor(
    private readonly database: Database,
    private readonly statements: StatementService,
    private readonly bindings: BindingService,
    private readonly links: LinkService,
    private readonly retractions: RetractionService,
    private readonly audit: AuditService,
    private readonly wards: WardAccess,
    @Inject(CONFIG) private readonly config: Pick<Config, 'origin'>,
  ) {}

  @Access('provider')
  @Mutation(() => AttestationType, {
    description: 'Attests that a one-time code was handed to the patient of a record.',
  })
  async attestBinding(
    @CurrentParty() actor: Actor,
    @Args('statement', STATEMENT) statement: string,
  ): Promise<AttestationType> {
    return this.database.transaction('api', (tx) => this.bindings.attest(tx, actor, statement));
  }

  @Access('patient')
  @Mutation(() => BindingType, { description: 'Joins the acting patient to the source record that was attested.' })
  async bind(
    @CurrentParty() actor: Actor,
    @Args('statement', STATEMENT) statement: string,
    @Args('code', { type: () => String, description: 'The one-time code that the provider handed over.' }) code: string,
  ): Promise<BindingType> {
    const { sourceRecordId } = await this.bindings.bind(actor, statement, code);
    return { sourceRecord: sourceRecordId };
  }

  @Access('patient')
  @Mutation(() => LinkType, { description: 'Confirms that two source records are of the acting patient.' })
  async confirmLink(@CurrentParty() actor: Actor, @Args('statement', STATEMENT) statement: string): Promise<LinkType> {
    const { sourceRecordIds } = await this.database.transaction('api', (tx) =>
      this.links.confirm(tx, actor, statement),
    );
    return { sourceRecords: [...sourceRecordIds] };
  }

  @Access('patient')
  @Mutation(() => UnlinkedRecordType, {
    description: 'Ends a confirmed link: one of its source records leaves the acting patient.',
  })
  async unlink(
    @CurrentParty() actor: Actor,
    @Args('statement', STATEMENT) statement: string,
  ): Promise<UnlinkedRecordType> {
    const { left } = await this.database.transaction('api', (tx) => this.links.unlink(tx, actor, statement));
    return { sourceRecord: left };
  }

  @Access('provider')
  @Mutation(() => RetractionType, {
    description: 'Takes a source record back that was joined to the wrong patient; whether it was bound is not told.',
  })
  async retractRecord(
    @CurrentParty() actor: Actor,
    @Args('statement', STATEMENT) statement: string,
  ): Promise<RetractionType> {
    const { sourceRecordId } = await this.database.transaction('api', (tx) =>
      this.retractions.retract(tx, actor, statement),
    );
    return { sourceRecord: sourceRecordId };
  }

  @Access('patient', 'researcher', 'provider', 'officer', 'physician')
  @Query(() => StatementHeadType, { description: 'Newest statement of the chain of the acting party, or of its ward.' })
  async statementHead(
    @CurrentParty() actor: Actor,
    @Args('ward', WARD) ward?: string | null,
  ): Promise<StatementHeadType> {
    const ofWard = wardWish(ward, { scope: 'research', looksAt: null });
    const head = await (ofWard.ward === null
      ? this.database.transaction('api', (tx) => this.statements.head(tx, actor.partyId))
      : this.wards.run(actor, ofWard, (tx, { partyId }) => this.statements.head(tx, partyId)));
    return { sequence: head.sequence, digest: head.digest };
  }

  @Access('patient')
  @Query(() => AccessEventConnection, {
    description: 'Who did what with the data of the acting patient, or of its ward, newest first.',
  })
  async myAccessEvents(
    @CurrentParty() actor: Actor,
    @Args() args: PageArgs,
    @Args('ward', WARD) ward?: string | null,
  ): Promise<AccessEventConnection> {
    const page = pageOf(args);
    const wish = wardWish(ward, { scope: 'read', looksAt: 'access-events' });
    const rows = await this.wards.run(actor, wish, async (tx, { personId }) => {
      const bound = await this.bindings.boundSourceRecords(tx, [personId]);
      const subjects = [personId, ...bound.map(({ sourceRecordId }) => sourceRecordId)];
      const before = page.after ? { before: sequenceOf(page.after) } : {};
      return withRoles(tx, await this.audit.eventsOf(tx, subjects, { limit: page.limit + 1, ...before }));
    });
    return toConnection(rows, page, {
      cursorOf: ({ sequence }) => [sequence],
      toNode: (event) => toAccessEventType(event, this.config.origin),
    });
  }
}

/** Adds what each actor is. */
async function withRoles(tx: Tx, events: readonly AccessEvent[]): Promise<SeenEvent[]> {
  const ids = [...new Set(events.flatMap(({ actorId }) => (actorId === null ? [] : [actorId])))];
  const rows = await tx.query<{ id: string; role: Role }>(
    'select id, role from identity.party where id = any ($1::uuid[])',
    [ids],
  );
  const roles = new Map(rows.map(({ id, role }) => [id, role]));
  return events.map((event) => ({ ...event, actorRole: roles.get(event.actorId ?? '') ?? null }));
}

const SEQUENCE = /^[1-9][0-9]{0,18}$/;

/** The number in a cursor. */
function sequenceOf([sequence = '']: readonly string[]): string {
  if (SEQUENCE.test(sequence)) return sequence;
  throw new EdgeError('PAGE_INVALID', 'after is no cursor of this list');
}
