/**
 * What a path leads to: `undefined` or `null` for nothing, an array for its items, anything else for itself. FHIR has no
 * arrays of arrays, so a JSON array can be handed on as it is.
 */
export type Values = unknown;

const NONE: readonly unknown[] = Object.freeze([]);

/** The items, without the nulls that FHIR's JSON puts where a primitive has an extension only. */
export function itemsOf(values: Values): readonly unknown[] {
  if (values === undefined || values === null) return NONE;
  if (!Array.isArray(values)) return [values];
  return values.includes(null) ? values.filter((value) => value !== null) : values;
}

/** The first of the items, or undefined. */
export function firstOf(values: Values): unknown {
  if (!Array.isArray(values)) return values ?? undefined;
  const [first] = values as readonly unknown[];
  return first === null ? itemsOf(values)[0] : first;
}

/** The items of `values`, each replaced by what `read` finds in it; what is no object has no members. */
export function through(values: Values, read: (element: Members) => Values): Values {
  if (typeof values !== 'object' || values === null) return undefined;
  if (!Array.isArray(values)) return read(values as Members);
  const found: unknown[] = [];
  for (const value of values as readonly unknown[]) {
    if (typeof value !== 'object' || value === null) continue;
    const read_ = read(value as Members);
    if (Array.isArray(read_)) found.push(...itemsOf(read_));
    else if (read_ !== undefined && read_ !== null) found.push(read_);
  }
  return found;
}

export interface Members {
  readonly [member: string]: unknown;
}

/** R4's elements of several types, by the name without the type. What is not listed here has one type. */
const CHOICES: ReadonlySet<string> = new Set(
  (
    'abatement additive age allowed amount answer asNeeded author born bounds characteristic chargeItem ' +
    'code collected content created date deceased defaultValue definingSubstance definition detail ' +
    'diagnosis dose doseNumber due effective entity event example fastingStatus fixed identified ' +
    'indication item legallyBinding location manufacturer maxValue medication minValue minimumVolume ' +
    'module multipleBirth name occurred occurrence offset onset participantEffective pattern performed ' +
    'probability procedure product quantity rate reported scheduled seriesDoses serviced source start ' +
    'statusReason studyEffective subject substance target time timing topic used value when'
  ).split(' '),
);

/** Whether an element may carry its type in its name, as `value` does in `valueQuantity`. */
export const isChoice = (name: string): boolean => CHOICES.has(name);

/** The types that R4's choices have, as they end a name. */
const CHOICE_TYPES: ReadonlySet<string> = new Set(
  (
    'Address Age Annotation Attachment Base64Binary Boolean Canonical Code CodeableConcept Coding ' +
    'ContactDetail ContactPoint Contributor Count DataRequirement Date DateTime Decimal Distance Dosage ' +
    'Duration Expression HumanName Id Identifier Instant Integer Markdown Meta Money Oid ' +
    'ParameterDefinition Period PositiveInt Quantity Range Ratio Reference RelatedArtifact SampledData ' +
    'Signature String Time Timing TriggerDefinition UnsignedInt Uri Url UsageContext Uuid'
  ).split(' '),
);

/** The typed form of a choice: `value` → what stands under `valueQuantity`, `valueString` and so on. */
export function choiceOf(element: Members, name: string): Values {
  for (const key in element) {
    if (key.length > name.length && key.startsWith(name) && CHOICE_TYPES.has(key.slice(name.length)))
      return element[key];
  }
  return undefined;
}

/** `value` and `Quantity` → `valueQuantity`. */
export const typedName = (name: string, type: string): string => `${name}${type[0]!.toUpperCase()}${type.slice(1)}`;
