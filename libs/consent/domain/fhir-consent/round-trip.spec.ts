import fc from 'fast-check';
import { randomQuestion, randomRules, type RandomParties } from '../../testing/random-rules';
import { FhirConsentError } from '../consent.errors';
import { decidePermission, type PermissionQuestion } from '../permission/decide-permission';
import { numbered, type PermissionRule } from '../permission/rule';
import { exportConsent, FHIR_VERSIONS, importConsent, PROVISIONS_MAX, provisionTree, type ProvisionNode } from '.';

const id = (n: number): string => `00000000-0000-4000-8000-00000000000${n}`;
const PARTIES: RandomParties = { providers: [id(1), id(2)], centers: [id(3), id(4)], physicians: [id(5), id(6)] };
const RULES = randomRules(PARTIES, 6).map((rules): PermissionRule[] => rules.map(({ number: _, ...rule }) => rule));
const nobody = { findParty: () => undefined };

/** Whether FHIR would permit: a provision speaks of it and none of its exceptions turns the answer around. */
function treePermits(nodes: readonly ProvisionNode[], question: PermissionQuestion): boolean {
  const holds = ({ part, exceptions }: ProvisionNode): boolean => speaks(part, question) && !exceptions.some(holds);
  return nodes.some(holds);
}

function speaks({ rule, permits, actions }: ProvisionNode['part'], question: PermissionQuestion): boolean {
  if (!actions.includes(question.act === 'read' ? 'access' : 'correct')) return false;
  const alone = numbered([{ ...rule, level: permits ? 'write' : 'none' }]);
  return decidePermission(alone, question, { authorsRead: false, unruled: 'deny' }).basis === 'rule';
}

describe.each(FHIR_VERSIONS)('rules as a Consent of FHIR %s', (version) => {
  it('come back as they were', () => {
    fc.assert(
      fc.property(RULES, (rules) => {
        const document: unknown = JSON.parse(JSON.stringify(exportConsent(rules, version, { patient: id(9) })));
        expect(importConsent(document, { version, ...nobody })).toEqual(rules);
      }),
      { numRuns: 300 },
    );
  });

  it('are refused where a document with our numbers says something else beside them', () => {
    const rules: PermissionRule[] = [
      { subject: { class: 'physicians' }, category: {}, level: 'read', purpose: 'any' },
      { subject: { class: 'physicians' }, category: { labels: ['HIV'] }, level: 'none', purpose: 'any' },
    ];
    const text = JSON.stringify(exportConsent(rules, version, { patient: id(9) }));
    const changed = text.replace('"access"', '"correct"');
    expect(changed).not.toBe(text);
    expect(() => importConsent(JSON.parse(changed), { version, ...nobody })).toThrow(FhirConsentError);
  });
});

it('the tree of provisions permits exactly what the rules permit', () => {
  fc.assert(
    fc.property(RULES, randomQuestion(PARTIES, 'resource'), (rules, question) => {
      const { effect } = decidePermission(numbered(rules), question, { authorsRead: false, unruled: 'deny' });
      expect(treePermits(provisionTree(rules), question)).toBe(effect === 'permit');
    }),
    { numRuns: 3_000 },
  );
});

it('refuses rules whose exceptions explode', () => {
  const parts = Object.entries(VALUES);
  const categories = parts.map((_, index) => Object.fromEntries(parts.slice(0, index + 1)));
  const rules = (['physicians', 'of', 'party'] as const).flatMap((subject) =>
    categories.flatMap((category) =>
      (['read', 'write', 'none'] as const).map((level) => ({
        subject: SUBJECTS[subject],
        category,
        level,
        purpose: 'any',
      })),
    ),
  ) as PermissionRule[];
  expect(() => provisionTree(rules)).toThrow(`more than ${PROVISIONS_MAX}`);
});

const VALUES = {
  codes: ['http://loinc.org|1-1'],
  labels: ['HIV'],
  devices: ['Device/a'],
  providers: [id(1)],
  types: ['Observation'],
  days: { from: '2001-01-01' },
};
const SUBJECTS = { physicians: { class: 'physicians' }, of: { physiciansOf: id(1) }, party: { party: id(5) } };
