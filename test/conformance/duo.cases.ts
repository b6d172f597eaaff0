import type { Permission, StatedPurpose, Verdict } from '@aceso/consent/domain';

const GRU = { code: 'DUO:0000042' } as const;
const HMB = { code: 'DUO:0000006' } as const;
const POA = { code: 'DUO:0000011' } as const;
const ds = (...diseases: string[]): Permission => ({ code: 'DUO:0000007', diseases });
const CANCER = 'DOID:162';
const INTESTINAL_CANCER = 'DOID:10155';

/** Parents as the published tests stub them. */
export const DOID_PARENTS = [
  { code: INTESTINAL_CANCER, parents: ['DOID:3119', 'DOID:0050686', CANCER, 'DOID:14566', 'DOID:4'] },
  { code: CANCER, parents: ['DOID:14566', 'DOID:4'] },
];

/** A published result, stated as a fact: purpose, data set, what DUOS says. */
export interface DuosCase {
  readonly number: number;
  readonly title: string;
  readonly purpose: StatedPurpose;
  /** Null where the data set restricts no kind of research. */
  readonly permission: Permission | null;
  /** Whether the data set is for organisations that are not for profit only. */
  readonly nonProfitOnly?: boolean;
  readonly duos: Verdict;
  /** Where ours is another answer: which, and why. */
  readonly ours?: { readonly verdict: Verdict; readonly why: string };
}

const stating = (changes: Partial<StatedPurpose>): StatedPurpose => ({
  research: [],
  methods: false,
  diseases: [],
  topics: [],
  ...changes,
});
const health = stating({ research: [HMB.code] });
const ancestry = stating({ research: [POA.code] });
const methods = stating({ methods: true });
const nonProfit = (value: boolean) => stating({ nonProfit: value });
const about = (disease: string) => stating({ research: ['DUO:0000007'], diseases: [disease] });
/** What a purpose states that names no kind of research: collaboration, other, secondary other, ethics approval. */
const unrecognised = stating({});

type Row = readonly [string, StatedPurpose, Permission | null, Verdict];

const ROWS: readonly Row[] = [
  ['intestinal cancer for a cancer data set', about(INTESTINAL_CANCER), ds(CANCER), 'approve'],
  ['cancer for an intestinal cancer data set', about(CANCER), ds(INTESTINAL_CANCER), 'deny'],
  ['health for general use', health, GRU, 'approve'],
  ['health for health', health, HMB, 'approve'],
  ['general for health', stating({ research: [GRU.code] }), HMB, 'deny'],
  ['health for a disease', health, ds(CANCER), 'deny'],
  ['health for ancestry', health, POA, 'deny'],
  ['ancestry for general use', ancestry, GRU, 'approve'],
  ['ancestry for ancestry', ancestry, POA, 'approve'],
  ['ancestry for health', ancestry, HMB, 'deny'],
  ['ancestry for a disease', ancestry, ds(CANCER), 'deny'],
  ['methods for general use', methods, GRU, 'approve'],
  ['methods for ancestry', methods, POA, 'approve'],
  ['methods for a disease', methods, ds(CANCER), 'approve'],
  ['methods for health', methods, HMB, 'approve'],
  ['not for profit, data set not for profit only', nonProfit(true), null, 'approve'],
  ['for profit, data set for everybody', nonProfit(false), null, 'approve'],
  ['not for profit, data set for everybody', nonProfit(true), null, 'approve'],
  ['for profit, data set not for profit only', nonProfit(false), null, 'deny'],
  ['collaboration only', unrecognised, HMB, 'abstain'],
  ['other', unrecognised, HMB, 'abstain'],
  ['secondary other', unrecognised, HMB, 'abstain'],
  ['ethics approval only', unrecognised, HMB, 'abstain'],
  ...(
    [
      'controls',
      'population',
      'gender',
      'pediatric',
      'vulnerable-populations',
      'illegal-behavior',
      'sexual-diseases',
      'psychological-traits',
      'not-health',
      'stigmatizing-diseases',
    ] as const
  ).map((topic): Row => [
    `health with topic ${topic}`,
    stating({ research: [HMB.code], topics: [topic] }),
    HMB,
    'abstain',
  ]),
];

const NON_PROFIT_ONLY: readonly number[] = [16, 19];
const STRICTER: Readonly<Record<number, DuosCase['ours']>> = {
  14: {
    verdict: 'deny',
    why: 'a purpose without a disease never enters a disease-only data set: V4 loops over the diseases of the purpose and finds none to refuse',
  },
};

/** The 33 tests of DataUseMatcherV4Test (DataBiosphere/consent-ontology and DataBiosphere/consent), in their order. */
export const DUOS_CASES: readonly DuosCase[] = ROWS.map(([title, purpose, permission, duos], at) => {
  const number = at + 1;
  const ours = STRICTER[number];
  return {
    number,
    title,
    purpose,
    permission,
    duos,
    nonProfitOnly: NON_PROFIT_ONLY.includes(number),
    ...(ours && { ours }),
  };
});

/** Holes of V4 that none of its tests covers; each rule of ours has its own. */
export const OUR_RULES: readonly Omit<DuosCase, 'number'>[] = [
  {
    title: 'general research for a disease',
    purpose: stating({ research: [GRU.code] }),
    permission: ds(CANCER),
    duos: 'approve',
    ours: { verdict: 'deny', why: 'a purpose without a matching disease never enters a disease-only data set' },
  },
  {
    title: 'general research for ancestry',
    purpose: stating({ research: [GRU.code] }),
    permission: POA,
    duos: 'approve',
    ours: { verdict: 'deny', why: 'an ancestry-only data set is for ancestry and methods' },
  },
  {
    title: 'health with topic illegal-behavior for a disease',
    purpose: stating({ research: [HMB.code], topics: ['illegal-behavior'] }),
    permission: ds(CANCER),
    duos: 'abstain',
  },
];
