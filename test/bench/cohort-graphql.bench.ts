import { performance } from 'node:perf_hooks';
import { AcesoClient } from '../../apps/cli/src/demo/aceso-client';
import { PartyClient } from '../../apps/cli/src/demo/party-client';
import { AcesoProcess, runAceso } from '../e2e/testing/aceso-process';
import type { Bench, BenchFigure } from './bench';
import { at, codeSets, criteriaOf, SEED } from './cohort.questions';
import { giveFactsPersons } from './found-persons';

const PERSONS = 100_000;
const SETS = 8;
/** Questions over each set of codes: the first one reads its blocks. */
const QUESTIONS = 6;
/** Window of the first question; each further one asks for twice as many days, which are other persons. */
const DAYS = 30;
const LIMIT_MS = 150;

interface Counted {
  readonly approximate: number | null;
  readonly reason: string | null;
}

async function measure(aceso: AcesoProcess): Promise<BenchFigure> {
  const made = await runAceso(['generate', '--index', '--patients', `${PERSONS}`, '--seed', `${SEED}`], {
    ACESO_HOME: aceso.home,
  });
  if (made.exitCode !== 0) throw new Error(made.stderr);
  await giveFactsPersons(aceso, PERSONS);
  const client = await AcesoClient.connect(aceso.baseUrl);
  const times: number[] = [];
  const funnels: number[] = [];
  const shown: Counted[] = [];
  for (let n = 0; n < SETS; n += 1) {
    // A group of its own: none comes near its limits, and none is told that its questions are close to those of another.
    const researcher = new PartyClient(`center ${n}`, 'researcher', client);
    await researcher.register(await aceso.invite('researcher'));
    for (let question = 0; question < QUESTIONS; question += 1) {
      const criteria = JSON.stringify(criteriaOf(codeSets(n), DAYS * 2 ** question));
      const before = performance.now();
      const { cohortCount } = await researcher.run<{ cohortCount: Counted }>(
        'query($criteria: String!) { cohortCount(criteria: $criteria) { approximate reason } }',
        { criteria },
      );
      if (question > 0) times.push(performance.now() - before);
      shown.push(cohortCount);
    }
    const before = performance.now();
    await researcher.run('query($criteria: String!) { cohortFunnel(criteria: $criteria) { count { approximate } } }', {
      criteria: JSON.stringify(criteriaOf(codeSets(n), DAYS * 3)),
    });
    funnels.push(performance.now() - before);
  }
  const numbers = shown.filter(({ approximate }) => approximate !== null).length;
  process.stderr.write(`cohort-graphql: ${numbers} of ${shown.length} questions got a number\n`);
  const figure = (name: string, value: number, baseline: number) => ({ name, value, unit: 'ms', baseline });
  return {
    ...{ value: at(times, 0.95), unit: 'ms', baseline: LIMIT_MS },
    more: [figure('p50', at(times, 0.5), LIMIT_MS), figure('funnel-p50', at(funnels, 0.5), 2 * at(times, 0.5))],
  };
}

async function run(): Promise<BenchFigure> {
  const aceso = await AcesoProcess.start(() => ({ LOG_LEVEL: 'info', ACESO_NOW: '2019-05-31' }));
  try {
    return await measure(aceso);
  } finally {
    await aceso.stop();
  }
}

/**
 * Milliseconds of 95 of 100 new questions over the GraphQL API of a running instance with 100,000 persons who permit to be found: who is found,
 * five criteria over 10 million facts, disclosure control; against what they may take. `funnel-p50`: all steps, against twice one count.
 */
export const cohortGraphqlBench: Bench = { name: 'cohort-graphql', run };
