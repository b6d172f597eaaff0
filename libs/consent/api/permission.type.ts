import { Field, GraphQLISODateTime, ID, InputType, Int, ObjectType, registerEnumType } from '@nestjs/graphql';
import { fromGlobalId } from '@aceso/platform/graphql';
import type { PersonRules } from '..';
import { ConsentError, labelsOf, type AskedCategory, type NumberedRule, type RuleSubject } from '../domain';

export enum AccessPurpose {
  TREATMENT = 'treatment',
  EMERGENCY = 'emergency',
  RESEARCH = 'research',
}

export enum AccessClass {
  PHYSICIANS = 'physicians',
  RESEARCH = 'research',
}

export enum AccessEffect {
  PERMIT = 'permit',
  DENY = 'deny',
  ABSTAIN = 'abstain',
}

registerEnumType(AccessPurpose, {
  name: 'AccessPurpose',
  description: 'What records are wanted for.',
  valuesMap: {
    TREATMENT: { description: 'Treating the patient.' },
    EMERGENCY: { description: 'Treating the patient where asking would take too long.' },
    RESEARCH: { description: 'Research.' },
  },
});
registerEnumType(AccessClass, {
  name: 'AccessClass',
  description: 'A class of parties that a rule may name.',
  valuesMap: {
    PHYSICIANS: { description: 'Any physician.' },
    RESEARCH: { description: 'Any research center.' },
  },
});
registerEnumType(AccessEffect, {
  name: 'AccessEffect',
  description: 'What is decided.',
  valuesMap: {
    PERMIT: { description: 'Yes, without what is named as left out.' },
    DENY: { description: 'No.' },
    ABSTAIN: { description: 'Parts are permitted and others not: ask about the parts.' },
  },
});

@ObjectType('PermissionRule', { description: 'One rule, as the patient signed it.' })
export class PermissionRuleType {
  @Field(() => Int, { description: 'Its place in the signed list, from 1.' })
  number: number;

  @Field(() => String, { description: 'Whom it is about: canonical JSON of `subject`, as statements have it.' })
  subject: string;

  @Field(() => String, { description: 'What it is about: JSON of `category`, as statements have it.' })
  category: string;

  @Field(() => String, { description: '`none`, `read` or `write` (read and write).' })
  level: string;

  @Field(() => String, { description: '`treatment`, `emergency`, `research` or `any`.' })
  purpose: string;

  @Field(() => GraphQLISODateTime, { nullable: true, description: 'Since when it is in force; always when null.' })
  from: Date | null;

  @Field(() => GraphQLISODateTime, { nullable: true, description: 'When it ends; never when null.' })
  until: Date | null;
}

@ObjectType('PermissionRules', { description: "A patient's newest rules." })
export class PermissionRulesType {
  @Field(() => [PermissionRuleType], { description: 'In the signed order; at most 100.' })
  rules: PermissionRuleType[];

  @Field(() => GraphQLISODateTime, { nullable: true, description: 'When they were set; null when none ever were.' })
  recordedAt: Date | null;

  @Field(() => String, { nullable: true, description: 'The statement as it was signed.' })
  statement: string | null;
}

@ObjectType('PermissionRulesSet', { description: 'Rules that stand from this moment on.' })
export class PermissionRulesSetType {
  @Field(() => Int, { description: 'How many they are.' })
  rules: number;
}

@InputType('AccessSubjectInput', { description: 'Who would ask: one of the three.' })
export class AccessSubjectInput {
  @Field(() => ID, { nullable: true, description: 'Id of one party.' })
  party?: string | null;

  @Field(() => ID, { nullable: true, description: 'Id of a provider: any physician of it.' })
  physiciansOf?: string | null;

  @Field(() => AccessClass, { nullable: true, description: 'Any party of a class.' })
  class?: AccessClass | null;
}

@InputType('AccessCategoryInput', { description: 'A kind of records; what is not named may be anything.' })
export class AccessCategoryInput {
  @Field(() => String, { nullable: true, description: 'FHIR resource type.' })
  type?: string | null;

  @Field(() => String, { nullable: true, description: 'A code, as `system|code`; it brings its labels.' })
  code?: string | null;

  @Field(() => String, { nullable: true, description: 'A sensitivity label, where no code is named.' })
  label?: string | null;

  @Field(() => ID, { nullable: true, description: 'Id of the provider that wrote it.' })
  provider?: string | null;

  @Field(() => String, { nullable: true, description: 'Reference of a device, as the provider wrote it.' })
  device?: string | null;

  @Field(() => String, { nullable: true, description: 'Day on which it began, YYYY-MM-DD.' })
  day?: string | null;
}

@ObjectType('AccessExplanation', { description: "What a patient's rules decide, and why." })
export class AccessExplanationType {
  @Field(() => AccessEffect, { description: 'The decision.' })
  effect: AccessEffect;

  @Field(() => Int, { nullable: true, description: 'Number of the rule that decided; null when none did.' })
  rule: number | null;

  @Field(() => String, { description: 'The same in a sentence, with what is left out.' })
  sentence: string;
}

/** Rules as their patient sees them. */
export function toPermissionRules({ rules, recordedAt, text }: PersonRules): PermissionRulesType {
  return { rules: rules.map(toPermissionRule), recordedAt, statement: text };
}

function toPermissionRule({ number, subject, category, level, purpose, period }: NumberedRule): PermissionRuleType {
  const date = (seconds: number | undefined): Date | null => (seconds === undefined ? null : new Date(seconds * 1000));
  return {
    number,
    subject: JSON.stringify(subject),
    category: JSON.stringify(category),
    level,
    purpose,
    from: date(period?.from),
    until: date(period?.until),
  };
}

/** Whom the patient asks about. Throws ACCESS_QUESTION_INVALID unless exactly one of the three is named. */
export function toSubject({ party, physiciansOf, class: name }: AccessSubjectInput): RuleSubject {
  const named: RuleSubject[] = [];
  if (party) named.push({ party: fromGlobalId('Party', party) });
  if (physiciansOf) named.push({ physiciansOf: fromGlobalId('Party', physiciansOf) });
  if (name) named.push({ class: name });
  const [subject] = named;
  if (named.length === 1 && subject) return subject;
  throw new ConsentError('ACCESS_QUESTION_INVALID', 'name one party, the provider of physicians, or a class');
}

/** What the patient asks about. Throws ACCESS_QUESTION_INVALID for a code or a day of another form. */
export function toCategory({ type, code, label, provider, device, day }: AccessCategoryInput): AskedCategory {
  const [system, value, ...more] = code?.split('|') ?? [];
  if (code && (!system || !value || more.length > 0)) {
    throw new ConsentError('ACCESS_QUESTION_INVALID', 'give a code as system|code');
  }
  if (day && (!/^\d{4}-\d{2}-\d{2}$/.test(day) || Number.isNaN(Date.parse(day)))) {
    throw new ConsentError('ACCESS_QUESTION_INVALID', 'give a day as YYYY-MM-DD');
  }
  return {
    ...(type && { type }),
    ...(code && { codes: [code] }),
    ...(system && value ? { labels: labelsOf([{ system, code: value }]) } : label ? { labels: [label] } : {}),
    ...(provider && { provider: fromGlobalId('Party', provider) }),
    ...(device && { device }),
    ...(day && { day }),
  };
}
