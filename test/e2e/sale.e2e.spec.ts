import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { measureLinkage } from '@aceso/deidentification/domain';
import { AcesoClient } from '../../apps/cli/src/demo/aceso-client';
import { registerParties, type Cast, type DemoPatient } from '../../apps/cli/src/demo/cast';
import { makeBuyerKey, openAndVerify, type BuyerKey, type Delivery } from '../../apps/cli/src/demo/delivery';
import { writeSyntheticInput, type DemoInput } from '../../apps/cli/src/demo/input';
import type { PartyClient } from '../../apps/cli/src/demo/party-client';
import { Sale, type OrderView } from '../../apps/cli/src/demo/sale';
import { verifyReceiptFile } from '../../apps/cli/src/verify-receipt';
import { AcesoProcess, describeWhenBuilt, runAceso } from './testing/aceso-process';
import { Canaries, type Leak } from './testing/canaries';
import { provokeRefusals } from './testing/refusals';
import { recordAnswers } from './testing/recorded-answers';
import { silentProgress } from './testing/silent-progress';
import { DateMatcher, sourcePersons, type Json, type Match, type SourcePerson } from './testing/source-persons';
import { watchedRows, watchTables } from './testing/table-spy';

/** Later than everything that the records say, so that no date of theirs is also this one. */
const AS_OF = '2026-06-30';
const POPULATION = { patients: 48, seed: 11, asOf: '2026-01-31' };
const FIELDS = [
  ['Claim', 'Condition', 'DiagnosticReport', 'Encounter', 'Immunization', 'MedicationRequest', 'Observation'],
  ['Patient', 'Procedure'],
].flat();
const OFFER = { criteria: { version: 1, all: [{ age: { min: 18 } }] }, fields: FIELDS, unitMinor: 1000 };
const HELD = 'release-files-written';

/** What one order of the test came to. */
interface Played {
  readonly order: OrderView;
  readonly delivery: Delivery;
  readonly out: string;
  readonly buyer: BuyerKey;
  readonly granted: readonly DemoPatient[];
  readonly revoked: DemoPatient;
  readonly rows: readonly Json[];
}

describeWhenBuilt('a sale on real processes')('a sale on real processes', () => {
  let aceso: AcesoProcess;
  let client: AcesoClient;
  let cast: Omit<Cast, 'patients'>;
  let input: DemoInput;
  let persons: SourcePerson[];
  let canaries: Canaries;
  let sent: { first: Sale; again: Sale };
  let sales: readonly [Played, Played];
  const answers = recordAnswers();
  const faults = () => join(aceso.folder, 'faults');

  beforeAll(async () => {
    aceso = await AcesoProcess.start((folder) => ({ ACESO_NOW: AS_OF, ACESO_FAULT_FOLDER: join(folder, 'faults') }));
    mkdirSync(faults());
    await watchTables(aceso);
    persons = sourcePersons(POPULATION);
    canaries = new Canaries(persons, new Date(Date.now() - 86_400_000).toISOString().slice(0, 10));
    input = await writeSyntheticInput(join(aceso.folder, 'input'), POPULATION);
    client = await AcesoClient.connect(aceso.baseUrl);
    cast = await registerParties(client, (role) => aceso.invite(role));
    const sale = new Sale(client, cast, silentProgress);
    sent = { first: sale, again: new Sale(client, cast, silentProgress) };
    await sent.first.ingest(input);
    await sent.again.ingest(input);
    await sale.bind(input);
    sales = [await play(sale, 'first'), await play(sale, 'second')];
    await sale.payOut();
  }, 240_000);

  afterAll(async () => {
    answers.stop();
    await aceso?.stop();
  }, 60_000);

  /** Plays one order to its verified package; the revocation comes when the files are written and not released yet. */
  async function play(sale: Sale, name: string): Promise<Played> {
    const out = join(aceso.folder, name);
    mkdirSync(out);
    const buyer = await makeBuyerKey(out);
    const request = await sale.request({ ...OFFER, recipientAgeKey: buyer.recipient });
    writeFileSync(join(faults(), HELD), '');
    const [order] = await Promise.all([sale.fulfil(request, held), releaseAfterRevocation(sale)]);
    const { status } = await client.graphql<{ status: { verifierKey: string } }>('{ status { verifierKey } }');
    writeFileSync(join(out, 'trust.policy'), `log ${status.verifierKey}\nquorum none\n`);
    await sale.download(order, join(out, 'package.age'));
    const delivery = await openAndVerify(out, buyer);
    const granted = sale.patients.filter(({ answer }) => answer === 'granted');
    const revoked = sale.patients.find((patient) => patient.revoked) as DemoPatient;
    return { order, delivery, out, buyer, granted, revoked, rows: rowsOf(delivery) };
  }

  /** The files are written: whoever revokes now was about to be in them. */
  const held = () => until(() => existsSync(`${join(faults(), HELD)}.reached`));

  async function releaseAfterRevocation(sale: Sale): Promise<void> {
    await until(() => sale.patients.some(({ revoked }) => revoked));
    rmSync(join(faults(), HELD));
    rmSync(`${join(faults(), HELD)}.reached`);
  }

  async function until(happened: () => boolean): Promise<void> {
    for (let waited = 0; !happened(); waited += 20) {
      if (waited > 90_000) throw new Error('the order was not held before its release');
      await sleep(20);
    }
  }

  describe('what providers sent', () => {
    const none = { accepted: 0, unchanged: 0, quarantined: 0, refused: 0 };

    it('adds up to the files, and is unchanged when it comes again', () => {
      const resources = persons.reduce((sum, person) => sum + person.resources.length, 0);
      const bundles = persons.reduce((sum, { localIds }) => sum + localIds.length, 0);
      const readings = persons.flatMap((person) => person.resources).filter(isDeviceLine).length;
      expect(sent.first.resources).toEqual({ ...none, accepted: resources });
      expect(sent.first.lines).toEqual({ ...none, accepted: bundles + readings });
      expect(sent.again.resources).toEqual({ ...none, unchanged: resources });
      expect(sent.again.lines).toEqual({ ...none, unchanged: bundles + readings });
    });
  });

  describe('the package', () => {
    const matches = new Map<Played, Match[]>();

    it('holds persons who granted, each with one shift of its dates, and not the one who revoked after the start', () => {
      const matcher = new DateMatcher(persons);
      for (const played of sales) {
        const { granted, revoked, rows, delivery } = played;
        const found = [...byPerson(rows).values()].map((own) => matcher.matches(own));
        expect(found.map((possible) => possible.length)).toEqual(found.map(() => 1));
        const released = found.flat();
        matches.set(played, released);
        expect(released.filter(({ shiftDays }) => shiftDays === 0)).toEqual([]);
        const named = released.map(({ person }) => persons[person]?.localIds[0] as string);
        expect(new Set(named).size).toBe(delivery.persons);
        const allowed = granted.filter((patient) => patient !== revoked).map(localIdOf);
        expect(named.filter((localId) => !allowed.includes(localId))).toEqual([]);
      }
      expect(sales[0].granted.length).toBeGreaterThan(sales[0].delivery.persons);
      expect(sales[0].delivery.persons).toBeGreaterThanOrEqual(11);
    });

    it('was about to hold the one who revoked', async () => {
      const rows = await aceso.ownerQuery<{ state: string }>(
        `select m.state from extraction.member m join extraction.attempt a on a.id = m.attempt_id
           join identity.patient p on p.person_id = m.person_id join identity.party y on y.id = p.party_id
          where y.did = $1 order by a.id`,
        [sales[0].revoked.client.did],
      );
      expect(rows.map(({ state }) => state)).toContain('emitted');
    });

    it('verifies offline: 0 verified, 2 without a policy, 1 when a byte was changed', async () => {
      const { out, buyer, delivery } = sales[0];
      const policy = join(out, 'trust.policy');
      const changed = join(out, 'changed');
      cpSync(delivery.dir, changed, { recursive: true });
      const file = join(changed, 'data/Condition.ndjson');
      const bytes = readFileSync(file);
      bytes[200] = (bytes[200] as number) ^ 1;
      writeFileSync(file, bytes);
      const runs = await Promise.all([
        runAceso(['verify', '--policy', policy, '--identity', buyer.identityFile, join(out, 'package.age')]),
        runAceso(['verify', '--policy', policy, delivery.dir]),
        runAceso(['verify', delivery.dir]),
        runAceso(['verify', '--policy', policy, changed]),
      ]);
      expect(runs.map(({ exitCode }) => exitCode)).toEqual([0, 0, 2, 1]);
      expect(runs[3]?.stdout).toContain('data/Condition.ndjson');
    });

    it('of a second sale joins the first by nothing but values', () => {
      const shiftOf = (played: Played) =>
        new Map(matches.get(played)?.map(({ person, shiftDays }) => [person, shiftDays]));
      const [one, two] = [shiftOf(sales[0]), shiftOf(sales[1])];
      // Keys are drawn at random: two sales move a person by the same days once in 364 times.
      const sameShift = [...one].filter(([person, shift]) => two.get(person) === shift).length;
      const linkage = measureLinkage(sales[0].rows, sales[1].rows);
      const { diagnoses, codes, intervals, numbers } = linkage.byValues;
      const perCent = (share: number) => `${(share * 100).toFixed(0)} %`;
      process.stderr.write(
        `linkage of two sales of ${linkage.persons.join(' and ')} persons: by identifiers ${linkage.sharedIdentifiers}, by dates ` +
          `${linkage.byDates} (same shift ${sameShift}), by order ${linkage.byOrder}; by values: diagnoses ${perCent(diagnoses)}, ` +
          `codes ${perCent(codes)}, intervals ${perCent(intervals)}, numbers ${perCent(numbers)}\n`,
      );
      expect(linkage.sharedIdentifiers).toBe(0);
      expect(linkage.byDates).toBeLessThanOrEqual(sameShift);
    });
  });

  it('shares the escrow out to the last cent, once', async () => {
    for (const { order, delivery } of sales) {
      const { patients, providers, platform, refunded } = order.settlement as NonNullable<OrderView['settlement']>;
      const parts = [patients, providers, platform, refunded].map(({ amountMinor }) => Number(amountMinor));
      expect(parts.reduce((sum, part) => sum + part, 0)).toBe(Number(order.escrow.amountMinor));
      expect(parts.slice(0, 3).reduce((sum, part) => sum + part, 0)).toBe(delivery.persons * OFFER.unitMinor);
    }
    const transfers = await aceso.ownerQuery<{ kind: string; count: number }>(
      'select kind, count(*)::int as count from settlement.transfer group by kind order by kind',
    );
    expect(transfers).toEqual([
      { kind: 'deposit', count: 1 },
      { kind: 'fund', count: 2 },
      { kind: 'payout', count: 1 },
      { kind: 'release', count: 2 },
    ]);
    const [sums] = await aceso.ownerQuery<{ unbalanced: number; paid: number }>(
      `select (select count(*)::int from (select transfer_id from settlement.posting group by transfer_id, currency
                 having sum(amount_minor) <> 0) as wrong) as unbalanced,
         (select count(distinct account_id)::int from settlement.posting p join settlement.account a on a.id = p.account_id
           where a.kind = 'patient' and p.amount_minor > 0) as paid`,
    );
    expect(sums?.unbalanced).toBe(0);
    expect(sums?.paid).toBeGreaterThanOrEqual(sales[0].delivery.persons);
  });

  describe('receipts that parties keep', () => {
    const codes = async (name: string, party: PartyClient): Promise<{ files: string[]; said: string[] }> => {
      const [key, out] = [join(aceso.folder, `${name}.seed`), join(aceso.folder, `${name}-receipts`)];
      writeFileSync(key, Buffer.from(party.seed), { mode: 0o600 });
      const saved = await runAceso(['receipts', '--key-file', key, '--url', aceso.baseUrl, '--out', out, '--json']);
      expect(saved).toMatchObject({ exitCode: 0, stderr: '' });
      const { files } = JSON.parse(saved.stdout) as { files: string[] };
      const policy = join(sales[0].out, 'trust.policy');
      const judged = await runAceso(['verify', '--policy', policy, join(out, files[0] as string)]);
      expect([judged.exitCode, judged.stdout]).toEqual([0, expect.stringMatching(/trust: operator only\nverified\n$/)]);
      const said: string[] = [];
      for (const file of files) {
        const report = await verifyReceiptFile({ path: join(out, file), policyText: readFileSync(policy, 'utf8') });
        expect([file, report.verdict, report.trust]).toEqual([file, 'verified', 'operator only']);
        const { code } = JSON.parse(report.payload as string) as { code: string };
        const { role } = JSON.parse(report.member ?? '{}') as { role?: string };
        said.push(role === undefined ? code : `${code} of ${role}`);
      }
      return { files, said };
    };

    it('show patients, providers and buyers what concerns each, and verify offline', async () => {
      const { granted, revoked } = sales[0];
      const member = granted.find((patient) => patient !== revoked) as DemoPatient;
      const patient = await codes('patient', member.client);
      expect(patient.files).toContain('head.tlog-proof');
      expect(patient.files.filter((file) => !/^(head|(release-)?[0-9]+)\.tlog-proof$/.test(file))).toEqual([]);
      for (const code of ['consent.answered', 'record.opened', 'source-record.bound', 'package.released of person']) {
        expect(patient.said).toContain(code);
      }
      expect((await codes('revoked', revoked.client)).said).toContain('consent.revoked');
      const buyer = await codes('buyer', cast.researcher);
      for (const code of ['request.submitted', 'order.funded', 'package.released', 'package.fetched']) {
        expect(buyer.said).toContain(code);
      }
      expect((await codes('provider', cast.providers[0] as PartyClient)).said).toContain('party.registered');
    }, 240_000);
  });

  describe('leaks', () => {
    it('would be found: the search finds every canary in what was sent', () => {
      const everything = JSON.stringify(persons.map(({ resources }) => resources));
      const found = canaries.leaks('input', everything).reduce((sum, leak) => sum + leak.found, 0);
      expect(found).toBe(canaries.count);
      expect(canaries.count).toBeGreaterThan(15_000);
    });

    it('are in no answer, also none that refuses', async () => {
      const [provider] = cast.providers as [PartyClient];
      const { client: patient, person } = sales[0].revoked;
      const source = persons.find(({ localIds }) => localIds[0] === person.records[0]?.localId) as SourcePerson;
      const codes = await provokeRefusals({ client, ...cast, provider, patient }, source);
      expect(codes.filter((code) => code === undefined || code === 'INTERNAL')).toEqual([]);
      expect(answers.texts.flatMap((text) => canaries.leaks(text.slice(0, 60), text))).toEqual([]);
    });

    it('are nowhere in package, logs, tables, queues and blobs', async () => {
      const tables = await watchedRows(aceso);
      const leaks: Leak[] = [];
      for (const [table, rows] of tables) leaks.push(...canaries.leaks(table, rows.join('\n')));
      const files = filesIn(aceso.home, /^(postgres|secrets|keys)(\/|$)/);
      for (const file of files) leaks.push(...canaries.leaks(file, readFileSync(join(aceso.home, file), 'latin1')));
      leaks.push(...canaries.leaks('log', aceso.log));
      for (const { delivery } of sales) {
        for (const file of filesIn(delivery.dir)) {
          // Days of one person are shifted onto days of another: dates are judged person by person above.
          const text = readFileSync(join(delivery.dir, file), 'utf8');
          leaks.push(...canaries.leaks(file, text, ['text', 'id', 'time', 'amount']));
        }
        // A risk report has no date but its own.
        for (const file of REPORTS) leaks.push(...canaries.leaks(file, readFileSync(join(delivery.dir, file), 'utf8')));
      }
      const rows = [...tables.values()].reduce((sum, { length }) => sum + length, 0);
      process.stderr.write(
        `leaks: ${canaries.count} canaries of ${persons.length} persons searched in ${rows} rows of ${tables.size} tables, ` +
          `${files.length} files, ${aceso.log.split('\n').length} lines of log, ${answers.texts.length} answers, 2 packages\n`,
      );
      expect([...tables.keys()]).toEqual(expect.arrayContaining(WRITTEN));
      expect(files.filter((file) => file.includes('reports/')).length).toBe(2 * input.files.length);
      expect(leaks).toEqual([]);
    });
  });
});

/** Places that rows must have been seen in, so that a search in nothing does not pass. */
const WRITTEN = [
  'bullmq.job',
  'platform.outbox',
  'audit.access_event',
  'ledger.pending',
  'ledger.entry',
  'register.ingest',
];

/** Files of a package that speak of the whole and of nobody in it. */
const REPORTS = ['risk.json', 'risk.html'];

const localIdOf = ({ person }: DemoPatient): string => person.records[0]?.localId as string;

const isDeviceLine = (resource: Json): boolean =>
  resource['resourceType'] === 'Device' || resource['device'] !== undefined;

function rowsOf({ dir, files }: Delivery): Json[] {
  return files
    .filter(({ name }) => name.startsWith('data/'))
    .flatMap(({ name }) => readFileSync(join(dir, name), 'utf8').split('\n'))
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Json);
}

/** Rows by the pseudonym of their person. */
function byPerson(rows: readonly Json[]): Map<string, Json[]> {
  const found = new Map<string, Json[]>();
  for (const row of rows) {
    const subject = (row['subject'] ?? row['patient']) as { readonly reference: string } | undefined;
    const pseudonym = subject?.reference.slice('Patient/'.length) ?? String(row['id']);
    found.set(pseudonym, [...(found.get(pseudonym) ?? []), row]);
  }
  return found;
}

/** Files below a folder, but for some. */
function filesIn(folder: string, besides?: RegExp): string[] {
  return (readdirSync(folder, { recursive: true }) as string[]).filter(
    (name) => !besides?.test(name) && statSync(join(folder, name)).isFile(),
  );
}
