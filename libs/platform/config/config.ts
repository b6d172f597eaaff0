import { join, resolve } from 'node:path';
import { z } from 'zod';
import type { RelyingParty } from '@aceso/kernel';
import { PlatformError } from '../platform.errors';
import { THREADS_DEFAULT, THREADS_MAX } from '../threads/thread-count';
import { ANCHOR_VARIABLES, missingAnchorVariables, toAnchorConfig, type AnchorConfig } from './anchor-config';
import { foreignPasskeyOrigins, PASSKEY_VARIABLES, toRelyingParty } from './passkey-config';

/** What the process was told by its environment; read once, frozen. */
export interface Config {
  /** Absolute folder of everything that is kept between runs. */
  readonly home: string;
  readonly host: string;
  readonly port: number;
  /** Where browsers and clients reach this instance, without a trailing slash. */
  readonly publicUrl: string;
  /** Name of the ledger: audience of every statement and first line of every checkpoint. */
  readonly origin: string;
  /** Owner's address of an external PostgreSQL; secret, and known to the launcher only. */
  readonly databaseUrl: string | undefined;
  /** Address of an external Redis; secret. */
  readonly redisUrl: string | undefined;
  /** The domain that passkeys belong to, and the pages that may ask them to sign. */
  readonly relyingParty: RelyingParty;
  readonly currency: string;
  readonly adultAgeYears: number;
  /** Whether a provider reads what it wrote itself whatever the patient's rules say. */
  readonly providersReadOwn: boolean;
  /** Days that the recovery of a key waits for a veto, and that the new key then permits nothing. */
  readonly recoveryWaitDays: number;
  /** Smallest class in a package, whatever policy and request say: one over the highest risk that is released. */
  readonly releaseClassMin: number;
  readonly checkpointIntervalMs: number;
  /** Days after which a master key is to be replaced. Nothing turns epochs by itself yet: the number is checked and kept. */
  readonly epochDays: number;
  /** Days that a backup of the keys is kept; with the epoch it makes the latency of an erasure. */
  readonly keyBackupDays: number;
  /** Days from one round of withdrawal lists to the next; rounds begin at the same moment on every instance. */
  readonly withdrawalListDays: number;
  /** The same in seconds, in place of the days; of a demo only, since a list right after a withdrawal says who withdrew. */
  readonly withdrawalListSeconds: number | undefined;
  /** Absolute path of the file that remembers the largest tree which the ledger signed. */
  readonly signingRecord: string;
  /** Absolute path of the policy that names the ledger's witnesses; undefined for the ones that the launcher starts. */
  readonly witnessPolicy: string | undefined;
  /** Absolute path of the operator's disease tree (OBO or CSV); undefined for the one that ships. */
  readonly diseaseFile: string | undefined;
  /** Absolute path of the operator's code systems (CSV system,code,parent); undefined where there are none beside ICD-10. */
  readonly conceptFile: string | undefined;
  /** Absolute path of the issuers whose GA4GH visas count as evidence; undefined where none do. */
  readonly visaIssuers: string | undefined;
  readonly demo: boolean;
  /** Whether the GraphQL endpoint tells its schema to whoever asks. */
  readonly introspection: boolean;
  /** YYYY-MM-DD against which ages and cutoffs are judged; today when undefined. */
  readonly now: string | undefined;
  /** Jobs that one worker process runs at once. */
  readonly workerConcurrency: number;
  /** Threads that de-identify for one worker process. */
  readonly threads: number;
  /** Connections of one role in one process. */
  readonly databasePoolSize: number;
  readonly logLevel: (typeof LOG_LEVELS)[number];
  readonly logFormat: (typeof LOG_FORMATS)[number];
  /** Where checkpoints are anchored; undefined unless the operator asks for it. */
  readonly anchor: AnchorConfig | undefined;
  /** Folder in which a test holds this process at named moments; undefined everywhere else. */
  readonly faultFolder: string | undefined;
}

const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'silent'] as const;
const LOG_FORMATS = ['json', 'text'] as const;

/** Variables whose value must never be printed. */
export const SECRET_VARIABLES: readonly string[] = ['DATABASE_URL', 'REDIS_URL', 'ACESO_ANCHOR_RPC_URL'];

/** Origins are names (C2SP tlog-checkpoint: a URL prefix without scheme or trailing slash). */
const ORIGIN = /^(?=.{1,200}$)[A-Za-z0-9.-]+(:[0-9]{1,5})?(\/[A-Za-z0-9._-]+)*$/;

/** Stands for "none was set": the launcher puts an own, random one in its place. */
export const ORIGIN_DEFAULT = 'localhost/aceso';

const number = (least: number, most: number) =>
  z
    .string()
    .regex(/^[0-9]{1,12}$/)
    .transform(Number)
    .refine((value) => value >= least && value <= most);

const whole = (least: number, most: number, otherwise: number) => number(least, most).default(otherwise);

const address = (...protocols: string[]) =>
  z.string().refine((text) => URL.canParse(text) && protocols.includes(new URL(text).protocol));

const isDay = (text: string): boolean =>
  /^[0-9]{4}-[0-9]{2}-[0-9]{2}$/.test(text) &&
  !Number.isNaN(Date.parse(text)) &&
  new Date(text).toISOString().startsWith(text);

/** Each variable with its parser and with what a wrong value should have been. */
const VARIABLES = {
  ACESO_HOME: [z.string().min(1).default('.aceso'), 'the path of a folder'],
  HOST: [
    z
      .string()
      .regex(/^[A-Za-z0-9.:-]+$/)
      .default('127.0.0.1'),
    'an address to listen on, like 127.0.0.1 or 0.0.0.0',
  ],
  PORT: [whole(0, 65_535, 3000), 'a port from 1 to 65535, or 0 for any free one'],
  ACESO_PUBLIC_URL: [address('http:', 'https:').optional(), 'an http:// or https:// address'],
  ACESO_ORIGIN: [
    z.string().regex(ORIGIN).default(ORIGIN_DEFAULT),
    'a name like ledger.example.org/aceso, without scheme and trailing slash',
  ],
  DATABASE_URL: [address('postgres:', 'postgresql:').optional(), 'a postgres:// address of the owner of the database'],
  REDIS_URL: [address('redis:', 'rediss:').optional(), 'a redis:// or rediss:// address'],
  ...PASSKEY_VARIABLES,
  ACESO_CURRENCY: [
    z
      .string()
      .regex(/^[A-Z]{3}$/)
      .default('EUR'),
    'an ISO 4217 code like EUR',
  ],
  ACESO_ADULT_AGE_YEARS: [whole(14, 30, 18), 'whole years from 14 to 30'],
  ACESO_PROVIDERS_READ_OWN: [z.enum(['true', 'false', '1', '0']).default('true'), 'true or false'],
  ACESO_RECOVERY_WAIT_DAYS: [whole(1, 30, 7), 'whole days from 1 to 30'],
  ACESO_RELEASE_CLASS_MIN: [whole(5, 50, 5), 'a class size from 5 to 50'],
  ACESO_CHECKPOINT_INTERVAL_MS: [whole(100, 86_400_000, 60_000), 'milliseconds from 100 to 86400000'],
  ACESO_EPOCH_DAYS: [whole(1, 3650, 30), 'whole days from 1 to 3650'],
  ACESO_KEY_BACKUP_DAYS: [whole(1, 3650, 30), 'whole days from 1 to 3650'],
  ACESO_WITHDRAWAL_LIST_DAYS: [whole(1, 90, 7), 'whole days from 1 to 90'],
  ACESO_WITHDRAWAL_LIST_SECONDS: [number(10, 86_400).optional(), 'seconds from 10 to 86400, and ACESO_DEMO=true'],
  ACESO_SIGNING_RECORD: [z.string().min(1).optional(), 'the path of a file'],
  ACESO_WITNESS_POLICY: [z.string().min(1).optional(), 'the path of a file'],
  ACESO_DISEASE_FILE: [z.string().min(1).optional(), 'the path of an OBO file or of a parent table (CSV)'],
  ACESO_CONCEPT_FILE: [z.string().min(1).optional(), 'the path of a parent table (CSV)'],
  ACESO_VISA_ISSUERS: [z.string().min(1).optional(), 'the path of a JSON file of issuers'],
  ACESO_DEMO: [z.enum(['true', 'false', '1', '0']).default('false'), 'true or false'],
  ACESO_INTROSPECTION: [z.enum(['true', 'false', '1', '0']).default('true'), 'true or false'],
  ACESO_NOW: [z.string().refine(isDay).optional(), 'a day like 2026-01-31'],
  ACESO_WORKER_CONCURRENCY: [whole(1, 64, 2), 'a number from 1 to 64'],
  ACESO_THREADS: [whole(1, THREADS_MAX, THREADS_DEFAULT), `a number from 1 to ${THREADS_MAX}`],
  ACESO_DATABASE_POOL: [whole(2, 200, 10), 'a number of connections from 2 to 200'],
  LOG_LEVEL: [z.enum(LOG_LEVELS).default('info'), `one of ${LOG_LEVELS.join(', ')}`],
  LOG_FORMAT: [z.enum(LOG_FORMATS).default('text'), `one of ${LOG_FORMATS.join(', ')}`],
  ...ANCHOR_VARIABLES,
  ACESO_FAULT_FOLDER: [z.string().min(1).optional(), 'the path of a folder, in tests only'],
} as const satisfies Record<string, readonly [z.ZodType, string]>;

type Variable = keyof typeof VARIABLES;
type Values = { [Name in Variable]: z.infer<(typeof VARIABLES)[Name][0]> };

/** One line for each wrong variable. The value is repeated only where it is no secret. */
function problem(name: Variable, value: string | undefined): string {
  const given = SECRET_VARIABLES.includes(name) ? 'a value' : JSON.stringify(value);
  return `${name} is ${given}, expected ${VARIABLES[name][1]}`;
}

const isOn = (value: string): boolean => value === 'true' || value === '1';

function publicUrlOf({ ACESO_PUBLIC_URL: url, PORT: port }: Pick<Values, 'ACESO_PUBLIC_URL' | 'PORT'>): string {
  return (url ?? `http://localhost:${port}`).replace(/\/+$/, '');
}

function parse(env: NodeJS.ProcessEnv): Values {
  const problems: string[] = [];
  const values: Partial<Record<Variable, unknown>> = {};
  for (const name of Object.keys(VARIABLES) as Variable[]) {
    // An empty variable is what many shells and compose files make of an unset one.
    const given = env[name] === '' ? undefined : env[name];
    const parsed = VARIABLES[name][0].safeParse(given);
    if (parsed.success) values[name] = parsed.data;
    else problems.push(problem(name, given));
  }
  problems.push(...missingAnchorVariables(env));
  if (problems.length === 0) {
    const read = values as Values;
    problems.push(...foreignPasskeyOrigins({ ...read, publicUrl: publicUrlOf(read) }));
    if (read.ACESO_WITHDRAWAL_LIST_SECONDS !== undefined && !isOn(read.ACESO_DEMO))
      problems.push(problem('ACESO_WITHDRAWAL_LIST_SECONDS', env['ACESO_WITHDRAWAL_LIST_SECONDS']));
  }
  if (problems.length > 0) throw new PlatformError('CONFIG_INVALID', problems.join('\n'));
  return values as Values;
}

/** The same configuration with the port that was free: an address that nobody set follows it. */
export function atPort(config: Config, port: number): Config {
  const unset = publicUrlOf({ ACESO_PUBLIC_URL: undefined, PORT: config.port });
  if (config.publicUrl !== unset) return { ...config, port };
  const publicUrl = publicUrlOf({ ACESO_PUBLIC_URL: undefined, PORT: port });
  const { id, origins } = config.relyingParty;
  const relyingParty = { id, origins: origins.map((origin) => (origin === unset ? publicUrl : origin)) };
  return { ...config, port, publicUrl, relyingParty };
}

/**
 * Reads the configuration from environment variables. CONFIG_INVALID names every wrong variable at once, a line each,
 * with what is expected.
 */
export function readConfig(env: NodeJS.ProcessEnv): Config {
  const values = parse(env);
  const home = resolve(values.ACESO_HOME);
  const publicUrl = publicUrlOf(values);
  return Object.freeze({
    home,
    host: values.HOST,
    port: values.PORT,
    publicUrl,
    origin: values.ACESO_ORIGIN,
    databaseUrl: values.DATABASE_URL,
    redisUrl: values.REDIS_URL,
    relyingParty: toRelyingParty({ ...values, publicUrl }),
    currency: values.ACESO_CURRENCY,
    adultAgeYears: values.ACESO_ADULT_AGE_YEARS,
    providersReadOwn: isOn(values.ACESO_PROVIDERS_READ_OWN),
    recoveryWaitDays: values.ACESO_RECOVERY_WAIT_DAYS,
    releaseClassMin: values.ACESO_RELEASE_CLASS_MIN,
    checkpointIntervalMs: values.ACESO_CHECKPOINT_INTERVAL_MS,
    epochDays: values.ACESO_EPOCH_DAYS,
    keyBackupDays: values.ACESO_KEY_BACKUP_DAYS,
    withdrawalListDays: values.ACESO_WITHDRAWAL_LIST_DAYS,
    withdrawalListSeconds: values.ACESO_WITHDRAWAL_LIST_SECONDS,
    signingRecord: resolve(values.ACESO_SIGNING_RECORD ?? join(home, 'ledger', 'last-signed.json')),
    witnessPolicy: values.ACESO_WITNESS_POLICY === undefined ? undefined : resolve(values.ACESO_WITNESS_POLICY),
    diseaseFile: values.ACESO_DISEASE_FILE === undefined ? undefined : resolve(values.ACESO_DISEASE_FILE),
    conceptFile: values.ACESO_CONCEPT_FILE === undefined ? undefined : resolve(values.ACESO_CONCEPT_FILE),
    visaIssuers: values.ACESO_VISA_ISSUERS === undefined ? undefined : resolve(values.ACESO_VISA_ISSUERS),
    demo: isOn(values.ACESO_DEMO),
    introspection: isOn(values.ACESO_INTROSPECTION),
    now: values.ACESO_NOW,
    workerConcurrency: values.ACESO_WORKER_CONCURRENCY,
    threads: values.ACESO_THREADS,
    databasePoolSize: values.ACESO_DATABASE_POOL,
    logLevel: values.LOG_LEVEL,
    logFormat: values.LOG_FORMAT,
    anchor: toAnchorConfig(values),
    faultFolder: values.ACESO_FAULT_FOLDER,
  });
}
