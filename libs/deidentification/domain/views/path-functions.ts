import { isObject } from '@aceso/fhir';
import { itemsOf, through, type Members, type Values } from './path-values';

/**
 * Functions that a view may call. Left out on purpose: what reads other documents or a clock (`resolve`, `memberOf`,
 * `now`), what reads everything (`children`, `descendants`), and what can make a value of any size or cost any time from a
 * short text (`matches`, `replace`, `select`, `combine`, `repeat`, `aggregate`).
 */
export const FUNCTIONS: ReadonlySet<string> = new Set(
  (
    'abs all allFalse allTrue anyFalse anyTrue ceiling contains convertsToBoolean convertsToDate convertsToDateTime ' +
    'convertsToDecimal convertsToInteger convertsToQuantity convertsToString convertsToTime count distinct empty endsWith ' +
    'exclude exists extension first floor getReferenceKey getResourceKey hasValue highBoundary iif indexOf intersect is ' +
    'isDistinct join last length lowBoundary lower not ofType round single skip sqrt startsWith subsetOf substring ' +
    'supersetOf tail take toBoolean toDate toDateTime toDecimal toInteger toQuantity toString toTime trim truncate union ' +
    'upper where'
  ).split(' '),
);

/** Functions whose one argument names a type. */
export const TYPE_FUNCTIONS: ReadonlySet<string> = new Set(['ofType', 'is', 'getReferenceKey']);

/** Functions whose arguments are asked of each item, not of the element around it. */
export const CRITERIA_FUNCTIONS: ReadonlySet<string> = new Set(['where', 'exists', 'all']);

/** Relative and absolute references to a resource: `Patient/1`, `https://host/fhir/Patient/1/_history/2`. */
const REFERENCE = /(?:^|\/)([A-Z][A-Za-z]{1,63})\/([A-Za-z0-9\-.]{1,64})(?:\/_history\/[A-Za-z0-9\-.]{1,64})?$/;

const ID = /^[A-Za-z0-9\-.]{1,64}$/;

/** Key of the row of a resource: its id. */
export const resourceKeys = (values: Values): Values =>
  through(values, (resource) => (typeof resource['id'] === 'string' ? resource['id'] : undefined));

/** Keys of the resources that references name; of other types than the given one: none. */
export const referenceKeys = (values: Values, type: string | undefined): Values =>
  through(values, ({ reference }) => {
    if (typeof reference !== 'string') return undefined;
    const relative = type === undefined ? '' : `${type}/`;
    // The common form, which rows of a package have, needs no search: `Patient/` and an id.
    if (relative !== '' && reference.startsWith(relative) && ID.test(reference.slice(relative.length)))
      return reference.slice(relative.length);
    const found = REFERENCE.exec(reference);
    return found !== null && (type === undefined || type === found[1]) ? found[2] : undefined;
  });

/** The extensions of a URL (FHIR R4, additional functions). */
export const extensionsOf = (values: Values, url: string): Values =>
  through(values, ({ extension }) =>
    Array.isArray(extension) ? extension.filter((one) => isObject(one) && (one as Members)['url'] === url) : undefined,
  );

/** Three-valued: undefined where nothing is known. More than one item has no truth. */
export function truthOf(values: Values): boolean | undefined {
  const items = itemsOf(values);
  if (items.length === 0) return undefined;
  if (items.length > 1) throw new MoreThanOne();
  const [item] = items;
  return typeof item === 'boolean' ? item : true;
}

/** Where one value is asked for there are several. */
export class MoreThanOne extends Error {}

type Truth = boolean | undefined;

/** FHIRPath 6.5. */
export const LOGIC: { readonly [operator: string]: (left: Truth, right: () => Truth) => Truth } = {
  and: (left, right) => {
    if (left === false) return false;
    const other = right();
    return other === false ? false : left === undefined || other === undefined ? undefined : true;
  },
  or: (left, right) => {
    if (left === true) return true;
    const other = right();
    return other === true ? true : left === undefined || other === undefined ? undefined : false;
  },
  xor: (left, right) => {
    const other = right();
    return left === undefined || other === undefined ? undefined : left !== other;
  },
  implies: (left, right) => {
    if (left === false) return true;
    const other = right();
    return other === true ? true : left === undefined ? undefined : other;
  },
};

/** FHIRPath 6.1.1 for values that are neither dates nor quantities. */
export function equal(left: Values, right: Values): boolean | undefined {
  const [ours, theirs] = [itemsOf(left), itemsOf(right)];
  if (ours.length === 0 || theirs.length === 0) return undefined;
  return ours.length === theirs.length && ours.every((value, at) => value === theirs[at]);
}
