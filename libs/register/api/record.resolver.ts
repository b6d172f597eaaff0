import { Args, ID, Mutation, Query, Resolver } from '@nestjs/graphql';
import { asId, isUuid } from '@aceso/kernel';
import { WARD } from '@aceso/identity/api';
import {
  Access,
  CurrentParty,
  fromGlobalId,
  PageArgs,
  pageOf,
  toConnection,
  type Actor,
  type Page,
} from '@aceso/platform/graphql';
import { noData } from '../access/access-decision';
import { OwnRecordService, type ShownPage, type TimelineWish } from '../access/own-record.service';
import { PhysicianRecordService } from '../access/physician-record.service';
import { RecordWriteService, WRITE_RESOURCES_MAX } from '../access/record-write.service';
import {
  cursorOf,
  PatientHandleInput,
  PLACE_VALUES,
  placeAfter,
  RecordEntryConnection,
  RecordFilterInput,
  RecordWrittenType,
  toFilter,
  toHandle,
  toRecordEntry,
} from './record.type';

const FILTER = { type: () => RecordFilterInput, nullable: true, description: 'What of it is wanted; all without it.' };

/** Records for people: the patient's own, and what its rules let physicians read and write. */
@Resolver()
export class RecordResolver {
  constructor(
    private readonly own: OwnRecordService,
    private readonly physicians: PhysicianRecordService,
    private readonly writes: RecordWriteService,
  ) {}

  @Access('patient')
  @Query(() => RecordEntryConnection, {
    description:
      'The whole record of the acting patient, or of its ward, over all providers, the newest day first. A page may be shorter than asked.',
  })
  async myTimeline(
    @CurrentParty() actor: Actor,
    @Args() args: PageArgs,
    @Args('filter', FILTER) filter?: RecordFilterInput | null,
    @Args('ward', WARD) ward?: string | null,
  ): Promise<RecordEntryConnection> {
    const page = pageOf(args, PLACE_VALUES);
    const wish = { ...wishOf(page, filter), ...(typeof ward === 'string' && { ward: fromGlobalId('Party', ward) }) };
    return toRecord(await this.own.timeline(actor, wish), page);
  }

  @Access('physician')
  @Query(() => RecordEntryConnection, {
    description: "What a patient's rules let the acting physician read for treatment; `NO_DATA` where that is nothing.",
  })
  async patientRecord(
    @CurrentParty() actor: Actor,
    @Args() args: PageArgs,
    @Args('of', { type: () => PatientHandleInput, description: 'The patient.' }) of: PatientHandleInput,
    @Args('filter', FILTER) filter?: RecordFilterInput | null,
  ): Promise<RecordEntryConnection> {
    const page = pageOf(args, PLACE_VALUES);
    return toRecord(await this.physicians.read(actor, toHandle(of), wishOf(page, filter)), page);
  }

  @Access('physician')
  @Query(() => RecordEntryConnection, {
    description:
      'What the acting physician may read in an emergency that it has opened; `NO_DATA` once that has ended.',
  })
  async emergencyRecord(
    @CurrentParty() actor: Actor,
    @Args() args: PageArgs,
    @Args('emergency', { type: () => ID, description: 'Opaque id.' }) emergency: string,
    @Args('filter', FILTER) filter?: RecordFilterInput | null,
  ): Promise<RecordEntryConnection> {
    const page = pageOf(args, PLACE_VALUES);
    const id = fromGlobalId('Emergency', emergency);
    return toRecord(await this.physicians.readInEmergency(actor, id, wishOf(page, filter)), page);
  }

  @Access('physician')
  @Mutation(() => RecordWrittenType, {
    description:
      "Adds resources to a source record of the physician's provider, where the patient's rules say read and write.",
  })
  async writeRecord(
    @CurrentParty() actor: Actor,
    @Args('sourceRecord', { type: () => String, description: 'The source record, as statements name it.' })
    sourceRecord: string,
    @Args('resources', {
      type: () => [String],
      description: `FHIR R4 resources as JSON, 1 to ${WRITE_RESOURCES_MAX}; all or none is written.`,
    })
    resources: string[],
  ): Promise<RecordWrittenType> {
    if (!isUuid(sourceRecord)) throw noData();
    return this.writes.write(actor, asId(sourceRecord), resources);
  }
}

function wishOf(page: Page, filter: RecordFilterInput | null | undefined): TimelineWish {
  return { limit: page.limit, after: placeAfter(page), filter: toFilter(filter) };
}

function toRecord({ rows, hasMore }: ShownPage, page: Page): RecordEntryConnection {
  const { edges, pageInfo } = toConnection(rows, page, { cursorOf, toNode: toRecordEntry });
  return { edges, pageInfo: { ...pageInfo, hasNextPage: hasMore } };
}
