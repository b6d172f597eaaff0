import { type z } from 'zod';

type Issue = z.core.$ZodIssue;
type Form = z.core.$ZodType;

/** What is said where one of several forms is expected: their members, those of one form together. Names of the form, nothing of what was written. */
export const mistakeWords: z.core.$ZodErrorMap = (issue) => {
  if (issue.code === 'invalid_union')
    return `is an object with exactly one of: ${membersOf(issue.inst as Form)
      .map((names) => names.join(' with '))
      .join(', ')}`;
  if (issue.code !== 'unrecognized_keys') return undefined;
  const unknown = issue.keys.map((name) => JSON.stringify(name)).join(', ');
  return `has no member ${unknown}, but may have: ${membersOf(issue.inst as Form)
    .flat()
    .join(', ')}`;
};

/** The first mistake at its deepest place: of several forms that one is judged which has the members that were written. */
export function firstMistake([issue]: readonly Issue[]): {
  readonly path: readonly PropertyKey[];
  readonly words: string;
} {
  if (issue!.code !== 'invalid_union') return { path: issue!.path, words: issue!.message };
  const [meant, ...others] = formsOf(issue!).filter((issues) => !issues.some(isOfTheWhole));
  if (!meant || others.length > 0) return { path: issue!.path, words: issue!.message };
  const { path, words } = firstMistake(meant);
  return { path: [...issue!.path, ...path], words };
}

/** The mistakes by each form, also of those that stand in a form of their own. */
function formsOf({ errors }: z.core.$ZodIssueInvalidUnion): readonly (readonly Issue[])[] {
  return errors.flatMap((issues) => {
    const [only] = issues;
    return issues.length === 1 && only!.code === 'invalid_union' && only!.path.length === 0 ? formsOf(only!) : [issues];
  });
}

const isOfTheWhole = ({ code, path }: Issue): boolean =>
  path.length === 0 && (code === 'unrecognized_keys' || code === 'invalid_type');

/** The members of an object, or those of each of several. */
function membersOf(form: Form): readonly (readonly string[])[] {
  const { def } = (form as z.core.$ZodTypes)._zod;
  if (def.type === 'union') return def.options.flatMap(membersOf);
  return def.type === 'object' ? [Object.keys(def.shape)] : [];
}
