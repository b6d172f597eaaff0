import { copyFile, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { InvitationService, type Role } from '@aceso/identity';
import { base64url } from '@aceso/kernel';
import { createLogger, Database, environment, readConfig, readRoleUrls, Runtime, type Config } from '@aceso/platform';
import type { Services } from '@aceso/platform/supervisor';
import { startInstance, TRUST_POLICY_FILE } from '../instance';
import { AcesoClient } from './aceso-client';
import { playAfterDelivery, type Step } from './after-delivery';
import { registerParties, registerPhysician, type Cast } from './cast';
import { DemoError } from './demo.errors';
import {
  ENCRYPTED_PACKAGE,
  makeBuyerKey,
  openAndVerify,
  prepareOutput,
  type BuyerKey,
  type Delivery,
} from './delivery';
import { readGivenInput, writeSyntheticInput, type DemoInput } from './input';
import type { PartyClient } from './party-client';
import type { Progress } from './progress';
import { keepPhysiciansOut } from './steps/physicians-out';
import { showTermsAnswered, signStandingTerms } from './steps/standing-terms';
import { Sale, type OrderView, type Revoked } from './sale';
import { answerCounts, moneyOf, packageCounts, reasonOf, type DemoSummary } from './summary';

export interface DemoOptions {
  readonly out: string;
  /** Files that somebody else wrote; without them the synthetic population is made. */
  readonly input?: readonly string[];
  readonly criteriaFile?: string;
  /** YYYY-MM-DD against which ages and cutoffs are judged. */
  readonly now?: string;
  readonly patients: number;
  readonly seed: number;
}

/** What a demo leaves running: the services, and what is known before they stop. */
export interface PlayedDemo {
  readonly services: Services;
  readonly summary: () => DemoSummary;
}

/** Living adults: the cohort that is asked when nobody says otherwise. */
export const LIVING_ADULTS = { version: 1, all: [{ age: { min: 18 } }] };
/** Every kind of data that the default policy lets out. */
export const FIELDS = [
  'AllergyIntolerance',
  'CarePlan',
  'Claim',
  'Condition',
  'DiagnosticReport',
  'Encounter',
  'ExplanationOfBenefit',
  'Goal',
  'ImagingStudy',
  'Immunization',
  'MedicationRequest',
  'Observation',
  'Patient',
  'Procedure',
];
/** Price for each patient, from the fixed menu: 10.00. */
export const UNIT_MINOR = 1000;

/** Rounds of withdrawal lists in a demo; elsewhere whole days, as a list right after a withdrawal says who withdrew. */
const WITHDRAWAL_LIST_SECONDS = 10;

/** Plays one whole sale as its parties would, over the public API of {@link startDemoServices}; stops them when it fails. */
export async function playDemo(services: Services, options: DemoOptions, progress: Progress): Promise<PlayedDemo> {
  const out = resolve(options.out);
  const started = performance.now();
  const seconds = { ingest: 0, extract: 0, total: 0 };
  try {
    const client = await AcesoClient.connect(services.baseUrl);
    const invite = inviterOf(out);
    const parties = await registerParties(client, invite);
    const physician = await registerPhysician(client, parties.providers[0] as PartyClient, invite);
    const input = await prepareInput(out, options, progress);
    const sale = new Sale(client, parties, progress);
    seconds.ingest = await timed(() => sale.ingest(input));
    await sale.bind(input);
    await writePersonas(out, { ...parties, physician, patients: sale.patients });
    const guarded = await keepPhysiciansOut(sale.patients, progress);
    const termed = await signStandingTerms(sale.patients, { fields: FIELDS, unitMinor: UNIT_MINOR }, progress);
    const buyer = await makeBuyerKey(out);
    const request = await sale.request({
      criteria: options.criteriaFile ? JSON.parse(await readFile(options.criteriaFile, 'utf8')) : LIVING_ADULTS,
      fields: FIELDS,
      recipientAgeKey: buyer.recipient,
      unitMinor: UNIT_MINOR,
    });
    const steps: Step[] = (await showTermsAnswered(termed, progress)) ? ['standing terms'] : [];
    let order!: OrderView;
    seconds.extract = await timed(async () => {
      order = await sale.fulfil(request);
    });
    const delivery = order.state === 'DELIVERED' ? await receive({ sale, order, out, buyer }, progress) : null;
    const revoked = await sale.countRevoked();
    if (delivery?.verified) {
      const { researcher, officer } = parties;
      const people = { physician, officer, researcher, patients: sale.patients, guarded };
      steps.push(...(await playAfterDelivery({ client, ...people, order: order.id, delivery, buyer, out }, progress)));
    }
    const ledger = await ledgerOf(client);
    seconds.total = elapsed(started);
    return {
      services,
      summary: () => summarise({ sale, order, delivery, steps, ledger, seconds, revoked, services }),
    };
  } catch (error) {
    await services.stop();
    throw error;
  }
}

/**
 * The environment of a demo: every file in its output folder, whatever the instance of this folder is set to. The demo
 * waits neither a minute for its receipts nor a week for its withdrawal lists; a real instance does.
 */
export function demoConfig(out: string, now: string | undefined, env: NodeJS.ProcessEnv): Config {
  return readConfig({
    LOG_LEVEL: 'warn',
    ...env,
    ACESO_HOME: join(out, 'home'),
    ACESO_SIGNING_RECORD: undefined,
    ACESO_WITNESS_POLICY: undefined,
    ACESO_ORIGIN: undefined,
    ACESO_DEMO: 'true',
    ACESO_CHECKPOINT_INTERVAL_MS: '1000',
    ACESO_WITHDRAWAL_LIST_SECONDS: String(WITHDRAWAL_LIST_SECONDS),
    ...(now === undefined ? {} : { ACESO_NOW: now }),
  });
}

/** Starts the services of a demo on an empty output folder. */
export async function startDemoServices(
  { out: folder, now }: Pick<DemoOptions, 'out' | 'now'>,
  progress: Progress,
): Promise<Services> {
  const out = resolve(folder);
  const config = demoConfig(out, now, environment());
  await refuseUsedDatabase(config.databaseUrl);
  await prepareOutput(out);
  progress.step('Starting the services');
  const logger = createLogger({ process: 'launcher', level: config.logLevel, format: config.logFormat });
  const services = await startInstance(config, { logger, notice: (text) => progress.note(text) });
  progress.note(
    `serving at ${services.baseUrl}; checkpoints every second and withdrawal lists every ${WITHDRAWAL_LIST_SECONDS}, for the demo only`,
  );
  return services;
}

/** A demo puts made-up people into its database: it never does so where an instance lives already. */
async function refuseUsedDatabase(databaseUrl: string | undefined): Promise<void> {
  if (databaseUrl === undefined) return;
  const database = new Database({ urls: { api: databaseUrl }, poolSize: 1 });
  try {
    const [row] = await database.query<{ used: boolean }>(
      'api',
      `select to_regclass('ledger.block') is not null as used`,
    );
    if (row?.used) {
      throw new DemoError(
        'DEMO_DATABASE_IN_USE',
        'DATABASE_URL names a database that holds an instance already: unset it for a demo, or name an empty one',
      );
    }
  } finally {
    await database.close();
  }
}

/** The operator's part: one-time invitations for parties that do not register by themselves. */
function inviterOf(out: string): (role: string) => Promise<string> {
  return async (role) => {
    const database = new Database({ urls: readRoleUrls(join(out, 'home'), 'api'), poolSize: 1 });
    try {
      return (
        await new InvitationService(database, new Runtime()).create(
          role as Exclude<Role, 'patient'>,
          role === 'researcher' ? 'university' : null,
        )
      ).code;
    } finally {
      await database.close();
    }
  };
}

async function prepareInput(out: string, options: DemoOptions, progress: Progress): Promise<DemoInput> {
  if (options.input) return readGivenInput(options.input.map((path) => resolve(path)));
  progress.note(`making ${options.patients} synthetic patients from seed ${options.seed}`);
  const asOf = options.now ?? new Date().toISOString().slice(0, 10);
  return writeSyntheticInput(join(out, 'input'), { patients: options.patients, seed: options.seed, asOf });
}

/** The buyer downloads with the own key, opens, and verifies against the trust root; a patient is paid. Null: withdrawn. */
async function receive(
  { sale, order, out, buyer }: { sale: Sale; order: OrderView; out: string; buyer: BuyerKey },
  progress: Progress,
): Promise<Delivery | null> {
  progress.step('The center downloads, opens and verifies the package');
  await copyFile(join(out, 'home', TRUST_POLICY_FILE), join(out, TRUST_POLICY_FILE)); // handed over apart from the package
  if (!(await sale.download(order, join(out, ENCRYPTED_PACKAGE)))) return null;
  const delivery = await openAndVerify(out, buyer);
  progress.note(delivery.verified ? `verified (trust: ${delivery.trust})` : `not verified: ${delivery.problem}`);
  const paid = await sale.payOut();
  if (paid) progress.note(`a patient had ${(Number(paid.amountMinor) / 100).toFixed(2)} ${paid.currency} paid out`);
  return delivery;
}

interface LedgerView {
  readonly origin: string;
  readonly size: number;
  readonly root: string;
}

async function ledgerOf(client: AcesoClient): Promise<LedgerView> {
  const { status } = await client.graphql<{ status: { origin: string; ledgerSize: string | number; root: string } }>(
    '{ status { origin ledgerSize root } }',
  );
  return { origin: status.origin, size: Number(status.ledgerSize), root: status.root };
}

/** Keys of the demo's people, for the logins of the landing page: synthetic persons, served in demo mode only. */
async function writePersonas(out: string, cast: Cast & { readonly physician: PartyClient }): Promise<void> {
  const patient = cast.patients.find(({ eligible }) => eligible) ?? cast.patients[0];
  const people: [string, PartyClient][] = [
    ...(patient ? [['Amina', patient.client] as [string, PartyClient]] : []),
    ...[...cast.providers.slice(0, 1), cast.physician, cast.researcher, cast.officer].map(
      (party): [string, PartyClient] => [party.name, party],
    ),
  ];
  const personas = people.map(([name, { role, did, seed }]) => ({ name, role, did, seed: base64url.encode(seed) }));
  await writeFile(join(out, 'home', 'personas.json'), JSON.stringify(personas), { mode: 0o600 });
}

function summarise(played: {
  sale: Sale;
  order: OrderView;
  delivery: Delivery | null;
  steps: readonly Step[];
  ledger: LedgerView;
  seconds: DemoSummary['seconds'];
  revoked: Revoked;
  services: Services;
}): DemoSummary {
  const { sale, order, delivery } = played;
  const counts = answerCounts(sale.patients);
  return {
    patients: sale.patients.length,
    resources: sale.resources,
    lines: sale.lines,
    ...counts,
    ...packageCounts(counts.consented, played.revoked, delivery),
    generalisation: delivery?.generalisation ?? null,
    package: delivery ? { dir: delivery.dir, files: delivery.files } : null,
    money: moneyOf(order),
    ledger: played.ledger,
    verified: delivery?.verified ?? false,
    shown: played.steps,
    reason: reasonOf(order, delivery),
    seconds: played.seconds,
    peakRssMiB: played.services.peakRssMiB(),
  };
}

const elapsed = (since: number): number => Math.round((performance.now() - since) / 1000);

async function timed(work: () => Promise<void>): Promise<number> {
  const started = performance.now();
  await work();
  return elapsed(started);
}
