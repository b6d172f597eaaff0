import { Field, Float, GraphQLISODateTime, ID, InputType, Int, ObjectType, registerEnumType } from '@nestjs/graphql';
import { toGlobalId } from '@aceso/platform/graphql';
import type { Ingest, IngestState as State } from '../ingest.service';
import { QUARANTINE_DAYS } from '../ingest/quarantine';
import { UPLOAD_BYTES_MAX, type Upload } from '../upload.service';

@InputType('OpenUploadInput', { description: 'A file that will be sent.' })
export class OpenUploadInput {
  @Field(() => Float, {
    nullable: true,
    description: `Its size in bytes, at most ${UPLOAD_BYTES_MAX}; what is sent must then have exactly this size.`,
  })
  bytes?: number | null;

  @Field(() => String, { description: 'Chosen by the caller; the same key and request answer the same.' })
  idempotencyKey: string;
}

export enum UploadState {
  OPEN = 'open',
  RECEIVED = 'received',
  REMOVED = 'removed',
}

registerEnumType(UploadState, {
  name: 'UploadState',
  description: 'Where an upload stands.',
  valuesMap: {
    OPEN: { description: 'Waits for its bytes.' },
    RECEIVED: { description: 'Waits for its ingestion.' },
    REMOVED: { description: 'Is gone.' },
  },
});

@ObjectType('Upload', { description: 'A file on its way in, sealed and staged for a day.' })
export class UploadType {
  @Field(() => ID, { description: 'Opaque id.' })
  id: string;

  @Field(() => UploadState, { description: 'Where it stands.' })
  state: UploadState;

  @Field(() => String, { description: 'Where the bytes go: PUT, as application/octet-stream, with the same token.' })
  putUrl: string;

  @Field(() => GraphQLISODateTime, { description: 'When it is removed if nothing is done with it.' })
  expiresAt: Date;
}

@ObjectType('VerdictTotals', { description: 'How many ended with which verdict.' })
export class VerdictTotalsType {
  @Field(() => Int, { description: 'New, and in the register.' })
  accepted: number;

  @Field(() => Int, { description: 'Sent before by this provider, exactly so.' })
  unchanged: number;

  @Field(() => Int, { description: 'Cannot be placed yet; tried again when more is known.' })
  quarantined: number;

  @Field(() => Int, { description: 'Never usable.' })
  refused: number;
}

export enum IngestState {
  ACCEPTED = 'accepted',
  RUNNING = 'running',
  DONE = 'finished',
  FAILED = 'failed',
}

registerEnumType(IngestState, {
  name: 'IngestState',
  description: 'Where an ingest stands.',
  valuesMap: {
    ACCEPTED: { description: 'Waits for its turn.' },
    RUNNING: { description: 'Reads the file.' },
    DONE: { description: 'Read to its end; the report says what became of each line.' },
    FAILED: { description: 'Ended early; the reason says why.' },
  },
});

@ObjectType('Ingest', { description: 'A file being taken into the register.' })
export class IngestType {
  @Field(() => ID, { description: 'Opaque id.' })
  id: string;

  @Field(() => IngestState, { description: 'Where it stands.' })
  state: IngestState;

  @Field(() => VerdictTotalsType, {
    nullable: true,
    description: 'Verdicts of its resources, once it is done; of what was read when too much was refused.',
  })
  resources: VerdictTotalsType | null;

  @Field(() => VerdictTotalsType, {
    nullable: true,
    description: 'Verdicts of its lines, as of its resources: each takes the worst of its resources.',
  })
  lines: VerdictTotalsType | null;

  @Field(() => Int, {
    description:
      'Of its quarantined resources, how many were placed after its end, by later files of yours or a later version of the software.',
  })
  placedLater: number;

  @Field(() => Int, {
    description: `Of its quarantined resources, how many were removed after waiting ${QUARANTINE_DAYS} days.`,
  })
  expired: number;

  @Field(() => String, {
    nullable: true,
    description: 'Report as NDJSON with codes and element names, without content; GET with the same token.',
  })
  reportUrl: string | null;

  @Field(() => String, { nullable: true, description: 'Code of why it failed.' })
  reason: string | null;
}

/** An upload as its provider sees it. */
export function toUploadType({ id, state, expiresAt }: Upload): UploadType {
  const publicId = toGlobalId('Upload', id);
  return { id: publicId, state: state as UploadState, putUrl: `/uploads/${publicId}`, expiresAt };
}

/** An ingest as its provider sees it. */
export function toIngestType({ id, state, totals, placedLater, expired, reason }: Ingest): IngestType {
  const publicId = toGlobalId('Ingest', id);
  return {
    id: publicId,
    state: state as State as IngestState,
    resources: totals?.resources ?? null,
    lines: totals?.lines ?? null,
    placedLater,
    expired,
    reportUrl: totals !== null ? `/ingests/${publicId}/report` : null,
    reason,
  };
}
