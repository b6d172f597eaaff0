import { InvalidArgumentError, type Command } from 'commander';
import { playDemo, startDemoServices, type PlayedDemo } from './demo/demo';
import { Progress } from './demo/progress';
import { readable } from './demo/summary';
import { stopOnSignal } from './serve';

interface Flags {
  readonly input?: string[];
  readonly out: string;
  readonly exit?: boolean;
  readonly json?: boolean;
  readonly criteria?: string;
  readonly now?: string;
  readonly patients: number;
  readonly seed: number;
}

const PATIENTS_MAX = 100_000;

/** Adds `aceso demo`: one sale, end to end, on synthetic patients or on files that are named. */
export function registerDemo(program: Command): void {
  program
    .command('demo')
    .description('play one sale end to end over the public API, then keep serving')
    .option(
      '--input <file...>',
      'FHIR files of your own instead of synthetic patients; they alternate between two providers',
    )
    .option('--out <folder>', 'where package, keys and trust policy go', 'demo-output')
    .option('--exit', 'end after the summary instead of serving on')
    .option('--json', 'print the summary as one line of JSON on stdout, after shutdown')
    .option('--criteria <file>', 'JSON criteria of the cohort; living adults when absent')
    .option('--now <date>', 'day (YYYY-MM-DD) against which ages and cutoffs are judged', day)
    .option('--patients <number>', 'how many synthetic patients', whole, 300)
    .option('--seed <number>', 'seed of the synthetic patients', whole, 1)
    .action(demo);
}

async function demo(flags: Flags): Promise<void> {
  const progress = new Progress();
  const starting = startDemoServices(flags, progress);
  let played: PlayedDemo | undefined;
  // From the first moment on: a demo that is interrupted while it plays leaves no server behind.
  const interrupted = stopOnSignal(
    starting.then(({ stop, kill }) => ({ stop: () => (played ? finish(played, flags) : stop()), kill })),
  );
  try {
    played = await playDemo(await starting, { ...flags, criteriaFile: flags.criteria }, progress);
  } catch (error) {
    if (!interrupted()) throw error;
    return;
  }
  process.stderr.write(`\n${readable(played.summary())}\n\n`);
  if (flags.exit) return finish(played, flags);
  process.stderr.write(`Still serving at ${played.services.baseUrl}; Ctrl-C ends it.\n`);
}

/** Stops everything first: the line on stdout is the last thing that happens. */
async function finish({ services, summary }: PlayedDemo, flags: Flags): Promise<void> {
  await services.stop();
  const result = summary();
  if (flags.json) process.stdout.write(`${JSON.stringify(result)}\n`);
  if (result.package && !result.verified) process.exitCode = 1;
}

function day(text: string): string {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text) || Number.isNaN(Date.parse(text)))
    throw new InvalidArgumentError('expected a day like 2026-01-31');
  return text;
}

function whole(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1 || value > PATIENTS_MAX)
    throw new InvalidArgumentError(`expected a whole number from 1 to ${PATIENTS_MAX}`);
  return value;
}
