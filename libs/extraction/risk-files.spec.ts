import { createHash } from 'node:crypto';
import {
  classKey,
  generalise,
  measureFinal,
  policyNamed,
  type Generalisation,
  type QuasiIdentifiers,
  type RiskReport,
} from '@aceso/deidentification/domain';
import type { RequestContent } from '@aceso/marketplace/domain';
import type { SourcePerson } from './domain/risk-facts';
import { riskFiles } from './risk-files';

const HASH = 'a'.repeat(64);
const node: Generalisation = { ageBandYears: 10, location: 'state', race: 'none', ethnicity: 'none' };
const content = {
  purpose: 'Course of <asthma>',
  fields: ['Condition', 'Patient'],
  country: 'DE',
  termMonths: 12,
  policy: { name: 'expert-1', hash: HASH },
  recipients: [{ did: 'did:key:z6MkBuyer', ageKey: 'age1x' }],
} as unknown as RequestContent;

/** Persons of one class, from the `from`th on. */
function persons(count: number, from: number, attributes: Partial<QuasiIdentifiers>): SourcePerson[] {
  const common = { age: 44, sex: 'female', state: 'MA', zip3: '021', race: 'White', ethnicity: null } as const;
  return Array.from({ length: count }, (_, n) => ({
    pseudonym: `p${String(from + n).padStart(3, '0')}`,
    attributes: { ...common, age: 40 + (n % 10), ...attributes },
  }));
}

const women = persons(6, 0, {});
const men = persons(8, 6, { sex: 'male' });
const everybody = [...women, ...men];

interface Case {
  readonly source?: readonly SourcePerson[];
  readonly released?: readonly SourcePerson[];
  readonly k?: number;
  readonly edition?: { readonly earlierPackages: number };
  readonly randomBytes?: (length: number) => Uint8Array;
}

function judged({ source = everybody, released = everybody, k = 5, edition, randomBytes }: Case = {}) {
  const rows = released.map(({ pseudonym, attributes }) => ({
    resourceType: 'Patient',
    id: pseudonym,
    ...generalise(attributes, node),
  }));
  const { refusal, files } = riskFiles(
    {
      described: {
        orderId: '11111111-1111-4111-8111-111111111111',
        edition: 1,
        request: { version: 1, contentHash: HASH, content },
        policy: policyNamed('expert-1'),
        recordDate: '2026-01-31',
        generalisation: node,
        k,
        measure: measureFinal(rows),
        linkage: {
          earlierPackages: edition?.earlierPackages ?? 0,
          highestShare: { diagnoses: 1, codes: 1, intervals: 0, numbers: 0 },
        },
        log: { verifierKey: 'ledger.example.org+b95fe4d1+AYqI', planCheckpoint: null },
        software: { name: 'aceso', version: '0.1.0' },
      },
      source,
      released: rows.map((row) => ({ person: row.id, classKey: classKey(row) })),
      rareCodes: 2,
      date: '2026-02-03',
      releaseKey: 'did:key:z6MkRelease',
    },
    [
      { name: 'data/Patient.ndjson', sha256: 'c'.repeat(64), blobKey: 'b', bytes: 1, rows: 1 },
      { name: 'data/Condition.ndjson', sha256: 'd'.repeat(64), blobKey: 'a', bytes: 1, rows: 1 },
    ],
    randomBytes ?? ((length) => new Uint8Array(length)),
  );
  const [json, page] = files.map(({ text }) => text) as [string, string];
  return { refusal, json, page, report: JSON.parse(json) as RiskReport };
}

describe('the risk report of a package', () => {
  it('lets out what holds k', () => {
    const { refusal, report, page } = judged();
    expect(refusal).toBeNull();
    expect(report.verdict).toMatchObject({ decision: 'released', threshold: { kMin: 5 } });
    expect(report['5-risk']).toMatchObject({ smallestClass: 6, highest: { prosecutor: { before: 1, after: 0.167 } } });
    expect(report['9-attack']).toMatchObject({ attempts: 15, predicted: 0.143, beatsPrediction: false });
    expect(page).toContain('Course of &lt;asthma&gt;');
    expect(page).not.toMatch(/undefined|NaN|null|\[object/);
  });

  it('names the list of the data files as sha256sum prints it', () => {
    const list = `${'d'.repeat(64)}  data/Condition.ndjson\n${'c'.repeat(64)}  data/Patient.ndjson\n`;
    expect(judged().report['1-data-set'].hash).toBe(createHash('sha256').update(list).digest('hex'));
  });

  it('refuses a class below k, and says what would have to change', () => {
    const { refusal, report } = judged({ k: 7 });
    expect(refusal).toBe('K_NOT_REACHED');
    expect(report.verdict.reasons).toEqual([
      expect.objectContaining({ code: 'CLASS_BELOW_THRESHOLD', change: expect.stringContaining('generalise') }),
    ]);
  });

  it('refuses for good when the attack finds more persons than the classes foretell', () => {
    // Guesses go through each class in the order in which its persons are looked for: all of them are right.
    const guesses = Uint8Array.from({ length: 32 }, (_, n) => (n < women.length ? n : (n - women.length) % men.length));
    const { refusal, report } = judged({ randomBytes: () => guesses });
    expect(refusal).toBe('RISK_TOO_HIGH');
    expect(report.verdict.reasons.map(({ code }) => code)).toEqual(['ATTACK_BEATS_PREDICTION']);
  });

  it('tells nobody how many were left out, nor which values they had', () => {
    const rare = persons(1, 90, { sex: 'other', state: 'AK', zip3: '995' });
    const { json, page, report } = judged({ source: [...everybody, ...rare] });
    const rarer = judged({ source: [...everybody, ...rare, ...persons(1, 91, { sex: 'other', state: 'HI' })] });
    expect(report['8-loss']).toMatchObject({ suppressed: null, suppressedShare: null });
    for (const point of ['1-data-set', '5-risk', '8-loss'] as const) expect(rarer.report[point]).toEqual(report[point]);
    for (const text of [json, page]) expect(text).not.toMatch(/\bAK\b|\b995\b|p090|White/);
  });

  it('counts who withdrew since the emission as one of the source: the gate judges that', () => {
    const { report } = judged({ source: everybody.slice(1) });
    expect(report['1-data-set'].records).toEqual({ before: 15, after: 15 });
    expect(report['8-loss'].suppressed).toBeNull();
  });

  it('says what joins to an earlier package of the buyer', () => {
    const by = (earlierPackages: number) =>
      judged({ edition: { earlierPackages } }).report['10-dates'].uniqueTrajectories.filter((one) =>
        one.by.includes('earlier package'),
      );
    expect(by(0)).toEqual([]);
    expect(by(1).map(({ share }) => share)).toEqual([1, 1, 0, 0]);
  });

  it('says on which attributes k holds, and that a state is coarser than a ZIP code', () => {
    const { report } = judged();
    expect(report['11-residual'].kHoldsOn).toEqual(['age', 'sex', 'state']);
    expect(report['11-residual'].kDoesNotHoldOn).toEqual(
      expect.arrayContaining(['dates of events', 'codes of Condition']),
    );
    expect(report['8-loss'].utility.map(({ attribute }) => attribute)).toEqual([
      'age',
      'location',
      'race',
      'ethnicity',
    ]);
  });
});
