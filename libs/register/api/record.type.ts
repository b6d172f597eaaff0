import { Field, GraphQLISODateTime, ID, InputType, Int, ObjectType, registerEnumType } from '@nestjs/graphql';
import { RESOURCE_TYPES } from '@aceso/fhir';
import { asId, isUuid } from '@aceso/kernel';
import { ConnectionOf, EdgeError, fromGlobalId, toGlobalId, type Page } from '@aceso/platform/graphql';
import type { PatientHandle } from '../access/patient-handle';
import { placeOf, type RecordFilter, type SeenResource, type TimelinePlace } from '../domain';
import { RegisterError } from '../register.errors';

/** Values that one part of a filter names, at most. */
export const FILTER_VALUES_MAX = 50;

@ObjectType('RecordEntry', { description: 'One resource of a patient, in its newest version.' })
export class RecordEntryType {
  @Field(() => String, { description: 'FHIR resource type.' })
  type: string;

  @Field(() => String, { nullable: true, description: 'Day on which it began, YYYY-MM-DD; null when it has none.' })
  day: string | null;

  @Field(() => ID, { description: 'The provider that holds it.' })
  provider: string;

  @Field(() => String, { description: 'The source record that it stands in.' })
  sourceRecord: string;

  @Field(() => [String], { description: 'Sensitivity labels that its codes bring.' })
  labels: string[];

  @Field(() => String, { description: 'The FHIR R4 resource as JSON.' })
  resource: string;
}

@ObjectType({ description: 'Resources of a patient, the newest day first; those without a day last.' })
export class RecordEntryConnection extends ConnectionOf(RecordEntryType, 'RecordEntry') {}

@InputType('RecordFilterInput', { description: 'What of a record is wanted; all parts that are named must fit.' })
export class RecordFilterInput {
  @Field(() => [String], { nullable: true, description: `FHIR resource types, at most ${FILTER_VALUES_MAX}.` })
  types?: string[] | null;

  @Field(() => [String], { nullable: true, description: `Codes as \`system|code\`, at most ${FILTER_VALUES_MAX}.` })
  codes?: string[] | null;

  @Field(() => String, { nullable: true, description: 'First day, YYYY-MM-DD.' })
  from?: string | null;

  @Field(() => String, { nullable: true, description: 'Last day, YYYY-MM-DD.' })
  to?: string | null;

  @Field(() => ID, { nullable: true, description: 'Id of the provider that holds it.' })
  provider?: string | null;
}

@InputType('PatientHandleInput', {
  description:
    'Names a patient: a source record of a provider that the physician acts for, or the id that the patient handed over.',
})
export class PatientHandleInput {
  @Field(() => String, { nullable: true, description: 'The source record, as statements name it.' })
  sourceRecord?: string | null;

  @Field(() => ID, { nullable: true, description: 'Id of the patient.' })
  patient?: string | null;

  @Field(() => ID, {
    nullable: true,
    description: 'With `patient`: the provider that the physician acts for. Needed where it is a member of several.',
  })
  actingFor?: string | null;
}

@ObjectType('RecordWritten', { description: 'What a physician wrote.' })
export class RecordWrittenType {
  @Field(() => Int, { description: 'Resources that are new; what stood there exactly so is not counted.' })
  written: number;
}

export enum EmergencyReasonCode {
  LIFE_THREATENING = 'life-threatening',
  UNCONSCIOUS = 'unconscious',
  CANNOT_ASK = 'cannot-ask',
  OTHER = 'other',
}

export enum EmergencyDecisionCode {
  JUSTIFIED = 'justified',
  UNJUSTIFIED = 'unjustified',
}

registerEnumType(EmergencyReasonCode, {
  name: 'EmergencyReason',
  description: 'Why the glass was broken.',
  valuesMap: {
    LIFE_THREATENING: { description: 'Life or health is in danger now.' },
    UNCONSCIOUS: { description: 'The patient is not conscious.' },
    CANNOT_ASK: { description: 'The patient cannot be asked for another reason.' },
    OTHER: { description: 'What the text says.' },
  },
});
registerEnumType(EmergencyDecisionCode, {
  name: 'EmergencyDecision',
  description: 'What a compliance officer finds.',
  valuesMap: { JUSTIFIED: { description: 'It was an emergency.' }, UNJUSTIFIED: { description: 'It was none.' } },
});

@ObjectType('EmergencyOpened', { description: 'An emergency that lets its physician read until it ends.' })
export class EmergencyOpenedType {
  @Field(() => ID, { description: 'Opaque id: `emergencyRecord` reads under it.' })
  id: string;

  @Field(() => GraphQLISODateTime, { description: 'When it ends.' })
  expiresAt: Date;
}

@ObjectType('Emergency', { description: 'A break-glass: who read, why, and what the review found.' })
export class EmergencyType {
  @Field(() => ID, { description: 'Opaque id.' })
  id: string;

  @Field(() => ID, { description: 'The physician.' })
  physician: string;

  @Field(() => ID, { description: 'The provider that it acted for.' })
  provider: string;

  @Field(() => EmergencyReasonCode, { description: 'The reason.' })
  reason: EmergencyReasonCode;

  @Field(() => String, { nullable: true, description: 'The reason in words; null once the patient was erased.' })
  text: string | null;

  @Field(() => GraphQLISODateTime, { description: 'When it was opened.' })
  openedAt: Date;

  @Field(() => GraphQLISODateTime, { description: 'When it ends or ended.' })
  expiresAt: Date;

  @Field(() => GraphQLISODateTime, { description: 'When the review is due.' })
  reviewDueAt: Date;

  @Field(() => EmergencyDecisionCode, { nullable: true, description: 'What the review found; null until then.' })
  decision: EmergencyDecisionCode | null;
}

@ObjectType({ description: 'Break-glasses.' })
export class EmergencyConnection extends ConnectionOf(EmergencyType, 'Emergency') {}

/** A resource as it is shown. */
export function toRecordEntry({ resource, category, sourceRecordId }: SeenResource): RecordEntryType {
  return {
    type: resource.resourceType,
    day: category.day ?? null,
    provider: toGlobalId('Party', category.provider ?? ''),
    sourceRecord: sourceRecordId,
    labels: [...(category.labels ?? [])],
    resource: JSON.stringify(resource),
  };
}

/** `Type/id` (FHIR R4 2.24.0.1, id). */
const NAME = /^[A-Za-z]{1,64}\/[A-Za-z0-9.-]{1,64}$/;

/** Values of a cursor of a timeline. */
export const PLACE_VALUES = 3;

export function cursorOf(seen: SeenResource): string[] {
  const { day, sourceRecordId, name } = placeOf(seen);
  return [day ?? '', sourceRecordId, name];
}

/** The place after which a page starts. Throws PAGE_INVALID. */
export function placeAfter({ after }: Page): TimelinePlace | null {
  if (after === null) return null;
  const [day = '', sourceRecordId = '', name = ''] = after;
  if ((day !== '' && !isDay(day)) || !isUuid(sourceRecordId) || !NAME.test(name)) {
    throw new EdgeError('PAGE_INVALID', 'after is no cursor of this list');
  }
  return { day: day === '' ? null : day, sourceRecordId, name };
}

const isDay = (text: string): boolean => /^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(Date.parse(text));

/** What is asked for. Throws RECORD_FILTER_INVALID. */
export function toFilter(input: RecordFilterInput | null | undefined): RecordFilter {
  const { types, codes, from, to, provider } = input ?? {};
  const refuse = (why: string): never => {
    throw new RegisterError('RECORD_FILTER_INVALID', why);
  };
  for (const values of [types, codes]) {
    if (values && (values.length === 0 || values.length > FILTER_VALUES_MAX)) {
      refuse(`name 1 to ${FILTER_VALUES_MAX} types or codes, or leave the part out`);
    }
  }
  if (types?.some((type) => !RESOURCE_TYPES.has(type))) refuse('a type is a resource type of FHIR R4');
  if (codes?.some((code) => !/^[^\s|]{1,200}\|[^\s|]{1,64}$/.test(code))) refuse('give a code as system|code');
  if ((from && !isDay(from)) || (to && !isDay(to))) refuse('give a day as YYYY-MM-DD');
  if (from && to && from > to) refuse('the first day is not after the last');
  return {
    ...(types && { types }),
    ...(codes && { codes }),
    ...(from && { from }),
    ...(to && { to }),
    ...(provider && { provider: fromGlobalId('Party', provider) }),
  };
}

/** Who is meant. Throws PATIENT_HANDLE_INVALID unless exactly one of the two is named. */
export function toHandle({ sourceRecord, patient, actingFor }: PatientHandleInput): PatientHandle {
  if (sourceRecord && !patient && !actingFor && isUuid(sourceRecord)) return { sourceRecordId: asId(sourceRecord) };
  if (patient && !sourceRecord) {
    const provider = actingFor ? { actingFor: fromGlobalId('Party', actingFor) } : {};
    return { patientId: fromGlobalId('Party', patient), ...provider };
  }
  throw new RegisterError('PATIENT_HANDLE_INVALID', 'name a source record by its UUID, or a patient by its id');
}
