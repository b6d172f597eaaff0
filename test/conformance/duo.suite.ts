import {
  DiseaseTree,
  DUO_MODIFIERS,
  DUO_PERMISSIONS,
  matchAlternative,
  matchPermission,
  verdictOf,
  type Finding,
  type MatchRules,
} from '@aceso/consent/domain';
import { DOID_PARENTS, DUOS_CASES, OUR_RULES, type DuosCase } from './duo.cases';
import type { ConformanceCase, ConformanceSuite } from './suite';

const tree = new DiseaseTree(DOID_PARENTS);

type Fact = Omit<DuosCase, 'number'>;

/** The purpose's profit status is a check of its own (DUOS matchNonProfitUse): a data set for everybody refuses nobody. */
function findings({ purpose, permission, nonProfitOnly }: Fact, rules: MatchRules): readonly Finding[] {
  const refused: Finding = { verdict: 'deny', reason: 'for organisations that are not for profit only' };
  const profit = nonProfitOnly === true && purpose.nonProfit !== true ? [refused] : [];
  return [...matchPermission(purpose, permission, { tree, rules }), ...profit];
}

function judged(name: string, fact: Fact, rules: MatchRules): ConformanceCase {
  const expected = rules === 'duos' ? fact.duos : (fact.ours?.verdict ?? fact.duos);
  const found = findings(fact, rules);
  const verdict = verdictOf(found);
  if (verdict !== expected) return { case: name, outcome: 'failed', reason: `${verdict} instead of ${expected}` };
  if (verdict !== 'approve' && found.some(({ reason }) => reason === '')) {
    return { case: name, outcome: 'failed', reason: 'an answer that is no approval says why' };
  }
  const differs = rules === 'strict' && fact.ours !== undefined;
  return {
    case: name,
    outcome: 'passed',
    ...(differs && { note: `${name}: ${verdict}, DUOS ${fact.duos}: ${fact.ours?.why ?? ''}` }),
  };
}

/** DUO: methods without a matching disease under NMDS. V4 does not look at the modifier, so there is no published result. */
function methodsUnderNmds(): ConformanceCase {
  const name = 'ours: methods for health, data set without development of methods';
  const found = matchAlternative(
    {
      requestId: '0c3f1f0e-6a8b-4d5f-8f54-8a8f2f0e7a11',
      use: {
        version: 1,
        research: [],
        methods: true,
        diseases: [],
        topics: [],
        buyerKind: 'university',
        commercial: false,
        countries: ['AT'],
        pledges: [],
      },
      fields: ['Condition'],
      recipients: [],
      termMonths: 12,
      price: { unitMinor: 500, currency: 'EUR', splitRule: '' },
    },
    {
      permission: { code: DUO_PERMISSIONS.HMB },
      modifiers: [{ code: DUO_MODIFIERS.NMDS }],
      buyerKinds: ['university'],
      categories: ['Condition'],
      minimumPrice: { unitMinor: 500, currency: 'EUR' },
      safeguards: [],
    },
    { tree, at: 0 },
  );
  const verdict = verdictOf(found);
  const note = `${name}: deny, DUOS approve: V4 does not look at NMDS, the README of DUO asks for a matching disease`;
  return verdict === 'deny'
    ? { case: name, outcome: 'passed', note }
    : { case: name, outcome: 'failed', reason: `${verdict} instead of deny` };
}

/** The published DUOS results, once as they are and once by our stricter rules, and each rule that V4 leaves open. */
export const duoSuite: ConformanceSuite = {
  name: 'duo',
  async *run(): AsyncGenerator<ConformanceCase> {
    for (const fact of DUOS_CASES) yield judged(`DUOS ${fact.number}: ${fact.title}`, fact, 'duos');
    for (const fact of DUOS_CASES) yield judged(`strict ${fact.number}: ${fact.title}`, fact, 'strict');
    for (const fact of OUR_RULES) {
      yield judged(`DUOS: ${fact.title}`, fact, 'duos');
      yield judged(`ours: ${fact.title}`, fact, 'strict');
    }
    yield methodsUnderNmds();
  },
};
