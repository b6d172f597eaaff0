import { DUO_PERMISSIONS, DUO_WORDS } from './duo';
import { askedRequest } from './asked-content';
import type { DiseaseTree } from './disease-tree';
import { named } from './match-permission';
import type { Alternative, Modifier, StandingTermsClaims } from './standing-terms';
import type { GrantClaims } from './statement-kind';

/** One alternative in words, a line each. */
export function alternativeInWords(alternative: Alternative, tree: DiseaseTree): readonly string[] {
  const { permission, modifiers, buyerKinds, categories, minimumPrice, safeguards, from, until } = alternative;
  const diseases =
    permission.code === DUO_PERMISSIONS.DS
      ? `: ${permission.diseases.map((each) => named(each, tree)).join(', ')}`
      : '';
  return [
    `use: ${DUO_WORDS[permission.code]}${diseases} (${permission.code})`,
    ...modifiers.map((modifier) => `condition: ${DUO_WORDS[modifier.code]}${valueOf(modifier)} (${modifier.code})`),
    `by: ${buyerKinds.join(', ')}`,
    `data: ${categories.join(', ')}`,
    `price: at least ${minimumPrice.unitMinor} minor units of ${minimumPrice.currency} a person`,
    ...(safeguards.length > 0 ? [`pledges: ${safeguards.join(', ')}`] : []),
    ...(from === undefined ? [] : [`from: ${dateTime(from)}`]),
    ...(until === undefined ? [] : [`until: ${dateTime(until)}`]),
  ];
}

/** Standing terms in words. */
export function termsInWords({ mode, alternatives, exp }: StandingTermsClaims, tree: DiseaseTree): readonly string[] {
  if (alternatives.length === 0) return ['nothing is permitted'];
  return [
    mode === 'answer-for-me'
      ? 'answers by themselves what one of these approves:'
      : 'asks the patient about every request; would permit:',
    ...alternatives.flatMap((alternative, at) =>
      alternativeInWords(alternative, tree).map((line) => `(${at + 1}) ${line}`),
    ),
    `ends: ${dateTime(exp)}`,
  ];
}

/** A grant in words, with what its content says; the hash was compared before. */
export function grantInWords(claims: GrantClaims, contentText: string): readonly string[] {
  return [
    `agrees to request ${claims.request}, version ${claims.version}, and to nothing else`,
    ...contentInWords(claims.request, contentText),
    `records: ${claims.recordsUpTo.length}, each up to the head that was signed`,
    `compensation: ${claims.amount.amountMinor} minor units of ${claims.amount.currency}`,
    `ends: ${dateTime(claims.exp)}`,
  ];
}

/** What a request asks for; nothing where its use is not stated in codes. */
export function contentInWords(requestId: string, contentText: string): readonly string[] {
  const asked = askedRequest(requestId, contentText);
  if (!asked) return [];
  const { use, fields, termMonths, recipients } = asked;
  const kinds = [
    ...use.research.map((code) => `${DUO_WORDS[code]} (${code})`),
    ...(use.methods ? ['development of methods'] : []),
  ];
  return [
    `purpose: ${kinds.join('; ')}${use.diseases.length > 0 ? `: ${use.diseases.join(', ')}` : ''}`,
    `data: ${fields.join(', ')}`,
    `used by: ${use.buyerKind} ${recipients.join(', ')}, ${use.commercial ? 'commercially' : 'not commercially'}, in ${use.countries.join(', ')}`,
    `for: ${termMonths} months`,
    ...(use.pledges.length > 0 ? [`pledges: ${use.pledges.join(', ')}`] : []),
  ];
}

function valueOf({ code: _, ...value }: Modifier): string {
  const [held] = Object.values(value) as (string | number | string[])[];
  return held === undefined ? '' : `: ${Array.isArray(held) ? held.join(', ') : held}`;
}

function dateTime(seconds: number): string {
  return new Date(seconds * 1000).toISOString();
}
