import { createHmac, createSecretKey } from 'node:crypto';
import { pseudonymsUnder } from '@aceso/deidentification/domain';
import { hmacSha256 } from '@aceso/platform';
import type { Bench, BenchFigure } from './bench';

const IDS = 200_000;
const ROUNDS = 5;
const DOMAIN = 'pseudonym/Observation';

/** Numbers of rows as the register gives them, each once: nothing is answered from a cache. */
const numbers = Array.from({ length: IDS }, (_, n) => `0b5c1f5e-7c43-4d0a-9a3e-${String(n).padStart(12, '0')}`);

/** CPU seconds. */
function secondsOf(run: () => void): number {
  const before = process.cpuUsage();
  run();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1]!;

async function run(): Promise<BenchFigure> {
  const secret = Buffer.alloc(32, 7);
  const key = createSecretKey(secret);
  const pseudonymise = pseudonymsUnder(secret, hmacSha256);
  const [limits, ours]: [number[], number[]] = [[], []];
  let held = 0;
  for (let round = 0; round < ROUNDS; round += 1) {
    const limit = secondsOf(() => {
      for (const number of numbers)
        held += createHmac('sha256', key).update(`${DOMAIN}\0${number}`).digest('hex').length;
    });
    const own = secondsOf(() => {
      for (const number of numbers) held += pseudonymise(DOMAIN, number).length;
    });
    if (round === 0) continue; // warms up
    limits.push(limit);
    ours.push(own);
  }
  if (held !== IDS * ROUNDS * (64 + 32)) throw new Error('a pseudonym has 32 digits');
  return { value: IDS / median(ours), unit: 'pseudonyms/s', baseline: IDS / median(limits) };
}

/** Pseudonyms per CPU second, none of them cached, against Node's keyed hash to hexadecimal alone. */
export const pseudonymsBench: Bench = { name: 'pseudonyms', run };
