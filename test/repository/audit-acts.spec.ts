import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { AUDIT_ACTS, SHAPES } from '@aceso/audit/domain';
import { VAULT_ITEMS } from '@aceso/identity/domain';

const root = join(__dirname, '../..');
const read = (file: string): string => readFileSync(join(root, file), 'utf8');
const sources = execFileSync(
  'git',
  ['ls-files', '--cached', '--others', '--exclude-standard', 'libs', 'apps', 'migrations'],
  {
    cwd: root,
    encoding: 'utf8',
  },
)
  .split('\n')
  .filter((file) => file.endsWith('.ts') && !/\.spec\.ts$|\/testing\//.test(file));

const ACT = /'([a-z][a-z-]*\.[a-z][a-z.-]*)'/g;
/** What is said where an act is named: up to the end of the line, or the union of a type over several. */
const NAMED = /(?:\b(?:act|code|ANSWERED)\b\??\s*[:=]|\? ')[^;{}]*/g;
/** Acts that are put together, and what comes of it: states of a request, kinds of what the vault keeps. */
const TEMPLATES: { readonly [template: string]: readonly string[] } = {
  'request.${state}': ['request.approved', 'request.rejected'],
  '${kind}.saved': Object.keys(VAULT_ITEMS).map((kind) => `${kind}.saved`),
  '${kind}.read': Object.keys(VAULT_ITEMS).map((kind) => `${kind}.read`),
};
/** Named like acts, and never in the access log: refusals at the edge go by the name of the field. */
const NOT_ACTS = new Set(['query.receipt']);

/** Acts of files that write events, whichever way they come into the call. */
function actsOf(text: string): string[] {
  if (!/\b(audit|journal|accessLog|acts|keyUse|refusals)\b|ActOnce|AuditService|Journal|act:/.test(text)) return [];
  return [...text.matchAll(NAMED)].flatMap(([said]) => [...said.matchAll(ACT)].map(([, act]) => act as string));
}

describe('the table of acts', () => {
  const found = new Set(sources.flatMap((file) => actsOf(read(file))).filter((act) => !NOT_ACTS.has(act)));

  it('finds the acts of the sources', () => {
    expect(found.size).toBeGreaterThan(40);
    for (const act of ['consent.answered', 'keys.epoch-began', 'membership.ended', 'extraction.measured']) {
      expect([...found]).toContain(act);
    }
  });

  it('has a row for every act', () => {
    expect([...found].filter((act) => !(act in AUDIT_ACTS)).sort()).toEqual([]);
    const made = Object.values(TEMPLATES).flat();
    expect(made.filter((act) => !(act in AUDIT_ACTS))).toEqual([]);
  });

  it('knows every act that is put together', () => {
    const templates = sources.flatMap((file) =>
      [...read(file).matchAll(/\bact: `([^`]*\$[^`]+)`/g)].map(([, said]) => said),
    );
    expect([...new Set(templates)].sort()).toEqual(Object.keys(TEMPLATES).sort());
  });

  it('has no row for what nobody does', () => {
    const all = sources
      .filter((file) => !file.startsWith('libs/audit/domain/'))
      .map(read)
      .join('\n');
    const said = (act: string) => all.includes(`'${act}'`) || Object.values(TEMPLATES).flat().includes(act);
    expect(Object.keys(AUDIT_ACTS).filter((act) => !said(act))).toEqual([]);
  });

  it('stands in the reference with the codes that are written', () => {
    const rows = Object.entries(AUDIT_ACTS).map(([act, shape]) => {
      const { type, subtype, action } = SHAPES[shape];
      return [act, shape, `${String(type.code)}${subtype ? `, ${String(subtype.code)}` : ''}`, action];
    });
    const table = read('docs/reference/audit-event.md').replace(/ +/g, ' ');
    for (const [act, ...cells] of rows) expect(table).toContain(`| \`${act}\` | ${cells.join(' | ')} |`);
  });
});
