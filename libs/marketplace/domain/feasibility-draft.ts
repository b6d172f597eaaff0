import { canonicalJson, hex, utf8, type Sha256 } from '@aceso/kernel';
import {
  checkCriteria,
  EVENT_KINDS,
  KIND_TYPES,
  type AgeBandYears,
  type Criteria,
  type EventKind,
} from '@aceso/cohort/domain';
import type { DraftedRequest } from '@aceso/consent/domain';
import { z } from 'zod';
import { readForm, requestForm, type ContentContext, type RequestInput } from './request-content';
import { composeUse } from './research-use-input';

/** Widths of age bands by which classes can be asked for. */
export const AGE_BANDS = [5, 10, 20, 40] as const satisfies readonly AgeBandYears[];

/** What of a request decides how many say yes: all that terms look at, and who is asked. */
export type FeasibilityInput = Pick<
  RequestInput,
  'use' | 'criteria' | 'fields' | 'policy' | 'k' | 'country' | 'termMonths' | 'unitMinor'
> & {
  /** Classes by age and sex as well, with bands of so many years. */
  readonly ageBandYears?: number | undefined;
  /** By whether there is anything of the fields as well. */
  readonly completeness?: boolean | undefined;
};

/** A draft of a request, in the form in which terms judge it. */
export interface FeasibilityDraft {
  readonly criteria: Criteria;
  readonly request: DraftedRequest;
  /** The price that would be offered, minor units. */
  readonly unitMinor: number;
  /** Smallest class of persons in the files. */
  readonly k: number;
  readonly ageBandYears?: AgeBandYears | undefined;
  /** Kinds of the fields of which it is asked who has any. */
  readonly kinds: readonly EventKind[];
  /** Names what terms look at, without the price: SHA-256 over its canonical JSON, lower-case hexadecimal. */
  readonly termsHash: string;
}

/** A draft as its request would be composed. Throws REQUEST_INVALID with the first wrong place, or CRITERIA_INVALID. */
export function composeFeasibility(
  input: FeasibilityInput,
  context: Pick<ContentContext, 'buyerKind' | 'currency' | 'splitRule' | 'sha256'> & {
    readonly policy: Pick<ContentContext['policy'], 'resourceTypes'>;
  },
): FeasibilityDraft {
  const { policy, buyerKind, currency, splitRule, sha256 } = context;
  const form = requestForm(policy.resourceTypes)
    .pick({ fields: true, k: true, country: true, termMonths: true, unitMinor: true })
    .extend({ ageBandYears: z.literal(AGE_BANDS).optional() });
  const { fields, country, termMonths, ...read } = readForm(form, input);
  const request = {
    use: composeUse(input.use, { country, buyerKind }),
    fields: [...new Set(fields)].sort(),
    termMonths,
    price: { currency, splitRule },
  };
  const kinds = input.completeness ? EVENT_KINDS.filter((kind) => typesOf(kind, request.fields).length > 0) : [];
  return { ...read, criteria: checkCriteria(input.criteria), request, kinds, termsHash: hashOf(request, sha256) };
}

/** Those of the fields that are of a kind of the index. */
export function typesOf(kind: EventKind, fields: readonly string[]): string[] {
  return KIND_TYPES[kind].filter((type) => fields.includes(type));
}

const hashOf = (request: DraftedRequest, sha256: Sha256): string =>
  hex.encode(sha256(utf8(canonicalJson({ ...request }))));
