import { utf8 } from '@aceso/kernel';
import { DeidentificationError, type DeidentificationErrorCode } from '../../deidentification.errors';

/** A ViewDefinition of a research center as a request holds it: what makes its table, and nothing else. */
export interface OwnViewDocument {
  readonly name: string;
  readonly resource: string;
  readonly title?: string;
  readonly constant?: readonly object[];
  readonly where?: readonly object[];
  readonly select: readonly object[];
}

/** Bytes (UTF-8) of one view as it is sent. */
export const OWN_VIEW_BYTES_MAX = 16_384;
/** Selects inside selects. */
export const OWN_VIEW_DEPTH_MAX = 6;
/** Characters of titles, descriptions and constants. */
export const OWN_TEXT_LENGTH_MAX = 200;
/** Characters of one path. */
export const OWN_PATH_LENGTH_MAX = 500;

interface Members {
  readonly [member: string]: unknown;
}

/** Takes one member of an object into the document that is kept; undefined: it is left out. */
type Take = (value: unknown, at: string, depth: number) => unknown;

/** Line breaks, tabs and other control characters, and half characters: they end lines of SQL and are no PostgreSQL text. */
const CONTROL = /[\p{Cc}\p{Cs}]/u;

const ignored: Take = () => undefined;
const kept: Take = (value) => value;
const text = (most: number): Take => {
  return (value, at) => {
    if (typeof value !== 'string') return refuse('VIEW_MALFORMED', `${at}: a text`);
    if (value.length > most) return refuse('VIEW_TOO_LARGE', `${at}: at most ${most} characters`);
    if (CONTROL.test(value)) return refuse('VIEW_MALFORMED', `${at}: write it in one line, without control characters`);
    return value;
  };
};
const path = text(OWN_PATH_LENGTH_MAX);
const words = text(OWN_TEXT_LENGTH_MAX);
const list = (one: Take): Take => {
  return (value, at, depth) => {
    if (!Array.isArray(value)) return refuse('VIEW_MALFORMED', `${at}: a JSON array`);
    return value.map((each, i) => one(each, `${at}[${i}]`, depth));
  };
};
const object = (members: { readonly [member: string]: Take }): Take => {
  return (value, at, depth) => {
    const taken = Object.entries(objectAt(value, at)).flatMap(([name, inner]) => {
      const take = Object.hasOwn(members, name) ? members[name]! : undefined;
      const place = at === '' ? name : `${at}.${name}`;
      if (take === undefined)
        return refuse('VIEW_MALFORMED', `${place}: no such member; there are ${namesOf(members)}`);
      const result = take(inner, place, depth);
      return result === undefined ? [] : [[name, result] as const];
    });
    return Object.fromEntries(taken);
  };
};

const CONSTANT: Take = (value, at) => {
  const members = objectAt(value, at);
  for (const [name, inner] of Object.entries(members)) {
    const place = `${at}.${name}`;
    if (name !== 'name' && !/^value[A-Z][A-Za-z0-9]*$/.test(name))
      return refuse('VIEW_CONSTANT_INVALID', `${place}: no such member; a constant has name and one value[x]`);
    if (typeof inner === 'string') words(inner, place, 0);
  }
  return members;
};
const TAG = object({ name: words, value: words });
/** Tags of other programs say nothing to this one. */
const TAGS: Take = (value, at, depth) => {
  const tags = list(TAG)(value, at, depth) as readonly { readonly name?: string }[];
  const own = tags.filter(({ name }) => name === 'ansi/type');
  return own.length === 0 ? undefined : own;
};
const COLUMN = object({ name: kept, path, type: words, collection: kept, description: words, tag: TAGS });
const SELECT: Take = (value, at, depth) => {
  if (depth >= OWN_VIEW_DEPTH_MAX)
    refuse('VIEW_TOO_LARGE', `${at}: at most ${OWN_VIEW_DEPTH_MAX} selects inside each other; use fewer`);
  return SELECT_MEMBERS(value, at, depth + 1);
};
const SELECT_MEMBERS = object({
  column: list(COLUMN),
  select: list(SELECT),
  unionAll: list(SELECT),
  forEach: path,
  forEachOrNull: path,
  repeat: (_, at) => refuse('VIEW_LISTS_MULTIPLY', `${at}: no element of a package holds itself again; use forEach`),
});
const VIEW = object({
  ...{ resourceType: ignored, name: kept, resource: kept, title: words },
  ...{ constant: list(CONSTANT), where: list(object({ path, description: ignored })), select: list(SELECT) },
  // What a registry of views says of one, and no table does.
  ...Object.fromEntries(
    (
      'id meta url identifier version status experimental date publisher contact description useContext copyright ' +
      'fhirVersion profile implicitRules language text'
    )
      .split(' ')
      .map((name) => [name, ignored] as const),
  ),
});

/**
 * The view in a JSON text, without what makes no table of it. Throws VIEW_MALFORMED (also for a member that nobody knows:
 * a misspelt one would make another table), VIEW_CONSTANT_INVALID or VIEW_TOO_LARGE with the place.
 */
export function ownDocument(json: string): OwnViewDocument {
  if (utf8(json).length > OWN_VIEW_BYTES_MAX)
    return refuse('VIEW_TOO_LARGE', `the view: at most ${OWN_VIEW_BYTES_MAX} bytes; split it`);
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    return refuse('VIEW_MALFORMED', 'the view: send the text of one JSON object');
  }
  const view = objectAt(value, 'the view');
  if ((view['resourceType'] ?? 'ViewDefinition') !== 'ViewDefinition')
    return refuse('VIEW_MALFORMED', 'resourceType: ViewDefinition');
  // The default of SQL on FHIR, the resource type, is the name of a shipped table for some types and not for others.
  if (view['name'] === undefined) return refuse('VIEW_MALFORMED', 'name: a view of a request names its table');
  return VIEW(view, '', 0) as OwnViewDocument;
}

function objectAt(value: unknown, at: string): Members {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return refuse('VIEW_MALFORMED', `${at}: a JSON object`);
  return value as Members;
}

/** The members of an object that say something, for a message. */
function namesOf(members: { readonly [member: string]: Take }): string {
  return Object.keys(members)
    .filter((name) => members[name] !== ignored)
    .join(', ');
}

function refuse(code: DeidentificationErrorCode, message: string): never {
  throw new DeidentificationError(code, message);
}
