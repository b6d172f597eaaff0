import { z } from 'zod';

/** Limits of one criteria document. */
export const RULES_MAX = 10;
/** Rules with those inside of them, all together. */
export const RULES_IN_ALL_MAX = 40;
export const NESTING_MAX = 6;
export const CODES_MAX = 100;
export const ENTRY_EVENTS_MAX = 20;
export const SETS_MAX = 40;
export const SET_PARTS_MAX = 10;
/** Codes of one part of a set. */
export const SET_CODES_MAX = 1_000;
const SET_NAME_LENGTH_MAX = 64;
const CODE_LENGTH_MAX = 64;
const SYSTEM_LENGTH_MAX = 200;
const UNIT_LENGTH_MAX = 40;
const AGE_YEARS_MAX = 130;
const TIMES_MAX = 1_000;
/** A window reaches at most a lifetime before or after the entry. */
const WINDOW_DAYS_MAX = 50_000;
const REGIONS_MAX = 100;

/** FHIR R4 administrative gender. */
const SEXES = ['female', 'male', 'other', 'unknown'] as const;

/** Kinds of events that criteria can name: kinds of the fact index that say what happened to a person. */
export const EVENT_KINDS = [
  'allergy',
  'condition',
  'encounter',
  'immunization',
  'medication',
  'observation',
  'procedure',
] as const;
export type EventKind = (typeof EVENT_KINDS)[number];

// No control characters: PostgreSQL text cannot hold U+0000, and no code system uses the others.
const text = (lengthMax: number) =>
  z
    .string()
    .min(1)
    .max(lengthMax)
    .regex(/^[^\p{Cc}\p{Cs}]*$/u);

interface Between {
  readonly min?: number | undefined;
  readonly max?: number | undefined;
}
/** Limits are included, and one of them is enough. */
const between = <Form extends z.ZodType<Between>>(form: Form) =>
  form
    .refine(({ min, max }) => min !== undefined || max !== undefined, 'min or max is given')
    .refine(({ min, max }) => min === undefined || max === undefined || min <= max, 'min is at most max');

interface Span {
  readonly from?: number | string | undefined;
  readonly to?: number | string | undefined;
}
const span = <Form extends z.ZodType<Span>>(form: Form) =>
  form
    .refine(({ from, to }) => from !== undefined || to !== undefined, 'from or to is given')
    .refine(({ from, to }) => from === undefined || to === undefined || from <= to, 'from is at most to');

const years = z.number().int().min(0).max(AGE_YEARS_MAX).optional();
const count = z.number().int().min(0).max(TIMES_MAX).optional();
const daysAway = z.number().int().min(-WINDOW_DAYS_MAX).max(WINDOW_DAYS_MAX).optional();

const codeSystem = text(SYSTEM_LENGTH_MAX).optional();
const someCodes = z.array(text(CODE_LENGTH_MAX)).min(1).max(CODES_MAX).optional();
/** In words with a hyphen between them: it stands in sentences. */
export const setName = z
  .string()
  .max(SET_NAME_LENGTH_MAX)
  .regex(/^[a-z0-9]+(-[a-z0-9]+)*$/);
const setPart = z.strictObject({
  system: codeSystem,
  codes: z.array(text(CODE_LENGTH_MAX)).min(1).max(SET_CODES_MAX),
  descendants: z.literal(true).optional(),
});
const conceptSet = z.strictObject({
  include: z.array(setPart).min(1).max(SET_PARTS_MAX),
  exclude: z.array(setPart).min(1).max(SET_PARTS_MAX).optional(),
});

/** What happened to a person: codes of one kind, or a set of them, and what must hold of one event among them. */
const event = {
  system: codeSystem,
  codes: someCodes,
  set: setName.optional(),
  /** Full years of age at the event. */
  age: between(z.strictObject({ min: years, max: years })).optional(),
  /** Days (YYYY-MM-DD) between which it began. */
  dated: span(z.strictObject({ from: z.iso.date().optional(), to: z.iso.date().optional() })).optional(),
  /** What else must hold: days and ages in these rules are counted from this event. */
  around: z.lazy((): z.ZodType<RuleList> => rules).optional(),
};
const placed = {
  /** Days from the entry to the event: negative before it. */
  within: span(z.strictObject({ from: daysAway, to: daysAway })).optional(),
  /** On how many days it happened: at least one where nothing is said. Events without a date are one day together. */
  times: between(z.strictObject({ min: count, max: count })).optional(),
};
const number = z.number().optional();
/** `min` and `max` are in it, `above` and `below` are not. */
const range = z
  .strictObject({ min: number, above: number, max: number, below: number, unit: text(UNIT_LENGTH_MAX).optional() })
  .refine(({ min, above }) => min === undefined || above === undefined, 'either min or above is given')
  .refine(({ max, below }) => max === undefined || below === undefined, 'either max or below is given')
  .refine(
    ({ min, above, max, below }) => [min, above, max, below].some((each) => each !== undefined),
    'a limit is given',
  )
  .refine(({ min, above, max, below }) => {
    const [low, high] = [min ?? above ?? -Infinity, max ?? below ?? Infinity];
    return min !== undefined && max !== undefined ? low <= high : low < high;
  }, 'the lower limit is below the upper one');
const observed = {
  /** The number that an observation gave: in the unit as written, or converted where a unit is named and the two are commensurable. */
  value: range.optional(),
  /** The coded result that it gave: one of these codes, or one of a set. */
  result: coded(z.strictObject({ system: codeSystem, codes: someCodes, set: setName.optional() })).optional(),
  /** Measured by a device. */
  device: z.literal(true).optional(),
};

const entryEvent = oneOfKinds(event, observed);
const placedEvent = oneOfKinds({ ...event, ...placed }, observed);

function oneOfKinds<Shape extends typeof event>(shape: Shape, ofObservation: typeof observed) {
  const query = coded(z.strictObject(shape));
  const observation = withOneResult(coded(z.strictObject({ ...shape, ...ofObservation })));
  return z.union([
    z.strictObject({ observation }),
    z.strictObject({ allergy: query }),
    z.strictObject({ condition: query }),
    z.strictObject({ encounter: query }),
    z.strictObject({ immunization: query }),
    z.strictObject({ medication: query }),
    z.strictObject({ procedure: query }),
  ]);
}

interface Observed {
  readonly value?: object | undefined;
  readonly result?: object | undefined;
}
function withOneResult<Form extends z.ZodType<object>>(form: Form) {
  return form.refine(
    ({ value, result }: Observed) => value === undefined || result === undefined,
    'a result is a number or a code, and not both',
  );
}

interface Coded {
  readonly system?: string | undefined;
  readonly codes?: readonly string[] | undefined;
  readonly set?: string | undefined;
}
function coded<Form extends z.ZodType<object>>(form: Form) {
  return form
    .refine(({ codes, set }: Coded) => (codes === undefined) !== (set === undefined), 'either codes or a set is given')
    .refine(({ system, set }: Coded) => system === undefined || set === undefined, 'a set has systems of its own');
}

const entryEvents = z.array(entryEvent).min(1).max(ENTRY_EVENTS_MAX);
const entry = z.union([
  z.strictObject({ first: entryEvents }),
  z.strictObject({ last: entryEvents }),
  z.strictObject({ any: entryEvents }),
]);

const plainRule = z.union([
  z.strictObject({ age: between(z.strictObject({ min: years, max: years, at: z.literal('entry').optional() })) }),
  // Whoever has died is never counted: the opposite would hold for nobody, and say so of somebody.
  z.strictObject({ alive: z.literal(true) }),
  z.strictObject({ sex: z.array(z.enum(SEXES)).min(1).max(SEXES.length) }),
  z.strictObject({
    region: z
      .array(z.string().regex(/^([A-Z]{2}|\d{3})$/))
      .min(1)
      .max(REGIONS_MAX),
  }),
  placedEvent,
]);

/**
 * What must hold of a person. Ages are full years at the record date, or at the entry; a region is a state of the USA or the
 * first three digits of a ZIP code. Rules are joined: all of them, any, none, or so many at least.
 */
export type Rule =
  | z.infer<typeof plainRule>
  | { readonly all: readonly Rule[] }
  | { readonly any: readonly Rule[] }
  | { readonly none: readonly Rule[] }
  | { readonly atLeast: number; readonly of: readonly Rule[] };

/** Named, as rules stand in events and events in rules. */
type RuleList = readonly Rule[];

const rules = z
  .array(z.lazy((): z.ZodType<Rule> => rule))
  .min(1)
  .max(RULES_MAX);
const rule: z.ZodType<Rule> = z.union([
  plainRule,
  z.strictObject({ all: rules }),
  z.strictObject({ any: rules }),
  z.strictObject({ none: rules }),
  z
    .strictObject({ atLeast: z.number().int().min(1).max(RULES_MAX), of: rules })
    .refine(({ atLeast, of }) => atLeast <= of.length, 'atLeast is at most the number of rules'),
]);

/** The form of a criteria document, version 1. */
export const criteriaForm = z.strictObject({
  version: z.literal(1),
  sets: z
    .record(setName, conceptSet)
    .refine((sets) => Object.keys(sets).length <= SETS_MAX, `at most ${SETS_MAX} sets`)
    .optional(),
  entry: entry.optional(),
  all: z.array(rule).max(RULES_MAX),
});

/** An event of a rule, by its kind. */
export type PlacedEvent = z.infer<typeof placedEvent>;
/** The days from which windows are counted: the first, the last, or any from which all rules hold. */
export type Entry = z.infer<typeof entry>;
/** A cohort is the persons for whom all rules hold. */
export type Criteria = z.infer<typeof criteriaForm>;
