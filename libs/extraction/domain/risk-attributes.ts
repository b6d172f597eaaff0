import type { Generalisation, Policy, RiskReportInput } from '@aceso/deidentification/domain';
import { generalisationInWords } from './plan';

type Attribute = RiskReportInput['attributes'][number];

/** Levels of {@link generalisationInWords} whose attribute is not in the files. */
const LEFT_OUT = 'left out';

/**
 * What the attributes of a package are and what was done to each (point 3 of a risk report): names of kinds of data, never
 * a value of anybody.
 */
export function riskAttributes(terms: {
  readonly policy: Policy;
  readonly generalisation: Generalisation;
  /** FHIR resource types of the request. */
  readonly fields: readonly string[];
  readonly k: number;
}): readonly Attribute[] {
  const { policy, generalisation, k } = terms;
  const types = terms.fields.filter((type) => type !== 'Patient').join(', ') || 'no resource type';
  return [
    direct('names, addresses, telephone numbers, identifiers, photographs', 'dropped'),
    direct('organisations, practitioners, places, devices', 'dropped'),
    direct('amounts of money', 'dropped', 'the amounts of a record are shared by no other'),
    direct(
      'free text and texts beside codes',
      'dropped; texts beside codes come from the table of this instance',
      'whoever writes freely may name anybody',
    ),
    {
      name: 'ids of persons and rows',
      kind: 'direct',
      released: true,
      reason: 'they name a record at its source',
      transformation: 'replaced by keyed pseudonyms of this order',
    },
    ...classAttributes(generalisation, policy),
    {
      name: 'dates of events',
      kind: 'other',
      released: true,
      reason: 'whoever knows several events of a person can find the person; the first date hints at an age',
      transformation: generalisationInWords(generalisation, policy.dates)['dates'] ?? '',
    },
    {
      name: `codes of ${types}`,
      kind: 'sensitive',
      released: true,
      reason: 'a diagnosis or a treatment harms when it is known; a set of them is often unique',
      transformation: `codes of fewer than ${k} persons of the package dropped`,
    },
    {
      name: 'measured values and other numbers',
      kind: 'sensitive',
      released: true,
      reason: 'a measured value with its decimals is often unique',
      transformation: `rounded by code, else to ${policy.precision.significantDigits} significant digits`,
    },
    {
      name: 'how many events a person has, and in which order',
      kind: 'other',
      released: true,
      reason: 'the number of events and the time between them are a fingerprint',
      transformation: 'as recorded, inside the window of events',
    },
  ];
}

function classAttributes(node: Generalisation, { dates }: Policy): readonly Attribute[] {
  const words = generalisationInWords(node, dates);
  const quasi = (name: string, transformation: string): Attribute => ({
    name,
    kind: 'quasi',
    released: transformation !== LEFT_OUT,
    reason: 'known to neighbours and written in public registers',
    transformation,
  });
  return [
    quasi('age', words['age'] ?? LEFT_OUT),
    quasi('sex', words['sex'] ?? LEFT_OUT),
    quasi('state', node.location === 'none' ? LEFT_OUT : 'as recorded'),
    quasi('ZIP code', node.location === 'zip3' ? (words['location'] ?? LEFT_OUT) : LEFT_OUT),
    quasi('race', words['race'] ?? LEFT_OUT),
    quasi('ethnicity', words['ethnicity'] ?? LEFT_OUT),
  ];
}

function direct(name: string, transformation: string, reason = 'names a person or an institution'): Attribute {
  return { name, kind: 'direct', released: false, reason, transformation };
}
