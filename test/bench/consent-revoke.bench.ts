import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { AcesoClient } from '../../apps/cli/src/demo/aceso-client';
import { revokeOne } from '../../apps/cli/src/demo/answers';
import { registerParties } from '../../apps/cli/src/demo/cast';
import { makeBuyerKey } from '../../apps/cli/src/demo/delivery';
import { Sale } from '../../apps/cli/src/demo/sale';
import { AcesoProcess } from '../e2e/testing/aceso-process';
import { ADULTS, alikeAdults } from '../e2e/testing/alike-adults';
import { silentProgress } from '../e2e/testing/silent-progress';
import type { Bench, BenchFigure } from './bench';
import { makeCrowd } from './crowd';

/** Of the extraction; fewer to try the bench out. */
const PATIENTS = Number(process.env.ACESO_BENCH_PATIENTS ?? 10_000);
/** Among them, with keys of their own clients: eight of ten of them agree and can revoke. */
const CLIENTS = Math.min(400, PATIENTS);
/** Revocations on the idle instance; the first ones warm it up. */
const IDLE = 60;
const WARM_UP = 10;
/** Between two revocations, so that they come all along the extraction. */
const PAUSE_MS = 60;
const LIMIT_MS = 100;

interface Setting {
  readonly aceso: AcesoProcess;
  readonly sale: Sale;
}

/** Milliseconds from the request of a revocation to its answer; undefined when nobody is left to revoke. */
async function revoke({ sale }: Setting): Promise<number | undefined> {
  await sleep(PAUSE_MS);
  const before = performance.now();
  return (await revokeOne(sale.patients)) && performance.now() - before;
}

async function revokeIdle(setting: Setting): Promise<number[]> {
  const times: number[] = [];
  for (let n = 0; n < IDLE; n += 1) times.push((await revoke(setting))!);
  return times.slice(WARM_UP);
}

/** Revokes as long as an attempt of the order is under way, from its first emitted person to its last commit. */
async function revokeDuring(setting: Setting): Promise<number[]> {
  const times: number[] = [];
  let persons = 0;
  for (;;) {
    const work = await underWay(setting.aceso);
    if (!work && persons > 0) break;
    if (!work || work.emitted === 0) {
      await sleep(PAUSE_MS);
      continue;
    }
    persons = work.persons;
    const milliseconds = await revoke(setting);
    if (milliseconds === undefined) break;
    times.push(milliseconds);
  }
  process.stderr.write(`consent-revoke: ${times.length} revocations while ${persons} persons were extracted\n`);
  return times;
}

/** Persons of the attempt that is under way, and how many of them were emitted so far. */
async function underWay(aceso: AcesoProcess) {
  const [row] = await aceso.ownerQuery<{ persons: number; emitted: number }>(
    `select sum(s.persons)::integer as persons, sum(s.persons_done)::integer as emitted
       from extraction.attempt a join extraction.shard s on s.attempt_id = a.id where a.state = 'emitting' group by a.id`,
  );
  return row;
}

const at = (times: readonly number[], share: number): number =>
  [...times].sort((a, b) => a - b)[Math.min(times.length - 1, Math.floor(times.length * share))]!;

async function measure(aceso: AcesoProcess): Promise<{ idle: number[]; during: number[] }> {
  const began = performance.now();
  const note = (what: string) =>
    process.stderr.write(`consent-revoke: ${what} after ${Math.round((performance.now() - began) / 1000)} s\n`);
  const client = await AcesoClient.connect(aceso.baseUrl);
  const cast = await registerParties(client, (role) => aceso.invite(role));
  const sale = new Sale(client, cast, silentProgress);
  const input = alikeAdults(aceso.folder, PATIENTS);
  await sale.ingest(input);
  note('records were sent');
  await sale.bind({ ...input, persons: input.persons.slice(0, CLIENTS) });
  note('clients were bound');
  await makeCrowd(aceso, cast.providers[0]!, client.origin);
  note('the others were bound and indexed');
  const { recipient } = await makeBuyerKey(aceso.folder);
  const offer = { criteria: ADULTS, fields: ['Patient', 'Condition'], recipientAgeKey: recipient, unitMinor: 500 };
  const request = await sale.request(offer);
  note('the request was answered');
  const idle = await revokeIdle({ aceso, sale });
  await sale.fund(request);
  return { idle, during: await revokeDuring({ aceso, sale }) };
}

async function run(): Promise<BenchFigure> {
  const aceso = await AcesoProcess.start(() => ({ LOG_LEVEL: 'info' }));
  try {
    const { idle, during } = await measure(aceso);
    const more = [0.5, 0.95, 0.99].map((share) => ({
      name: `p${share * 100}`,
      value: at(during, share),
      unit: 'ms',
      baseline: at(idle, share),
    }));
    return { value: at(during, 0.95), unit: 'ms', baseline: LIMIT_MS, more };
  } finally {
    await aceso.stop();
  }
}

/**
 * Milliseconds in which 95 of 100 revocations are acknowledged over the API of a running instance while its worker extracts the
 * records of 10,000 patients, against what they may take; `p50`, `p95` and `p99` stand against the same instance at rest.
 */
export const consentRevokeBench: Bench = { name: 'consent-revoke', run };
