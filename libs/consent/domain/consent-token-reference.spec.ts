import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { tokenExampleLines } from '../testing';
import { DUO_MODIFIERS, DUO_PERMISSIONS } from './duo';
import { BUYER_KINDS, SENSITIVE_TOPICS } from './coded-use';
import { ALTERNATIVE, ALTERNATIVES_MAX, SAFEGUARDS, STANDING_TERMS } from './standing-terms';

/** docs/reference/consent-token.md says what the code does, or this fails. */
const reference = readFileSync(join(__dirname, '../../../docs/reference/consent-token.md'), 'utf8');

it('shows the example as the code makes it', () => {
  const shown = /<!-- token example -->\n\n```text\n([^]*?)\n```/.exec(reference)?.[1];
  expect(shown).toBe(tokenExampleLines());
});

it('names every code, every member and every limit', () => {
  const codes = [...Object.entries(DUO_PERMISSIONS), ...Object.entries(DUO_MODIFIERS)];
  for (const [short, code] of codes) expect(reference).toMatch(new RegExp(`\\| \`${code}\` \\| ${short} +\\|`));
  const members = [...Object.keys(ALTERNATIVE.shape), ...BUYER_KINDS, ...SAFEGUARDS, ...SENSITIVE_TOPICS];
  for (const name of members) expect(reference).toContain(`\`${name}\``);
  expect(reference).toContain(`0 to ${ALTERNATIVES_MAX};`);
  expect(reference).toContain(STANDING_TERMS.typ);
});
