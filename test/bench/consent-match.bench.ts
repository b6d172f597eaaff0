import {
  askedRequest,
  matchPurpose,
  SHIPPED_DISEASES,
  termsSetHash,
  type Alternative,
  type TermsSet,
} from '@aceso/consent/domain';
import { createAudit } from '@aceso/audit/testing';
import { InstalledDiseases, StandingTermsService } from '@aceso/consent';
import { alternative } from '@aceso/consent/testing';
import { GateService, StatementJournal, StatementService } from '@aceso/identity';
import { assert, canonicalJson } from '@aceso/kernel';
import { sha256 } from '@aceso/platform';
import type { Bench, BenchFigure } from './bench';
import { openInstance, type Instance } from './ledger.instance';

const PATIENTS = 100_000;
/** Different sets of terms among them: people choose from menus, and some write their own. */
const SETS = 2_000;
const ROUNDS = 5;
/** Issue: one request against everybody's terms, in milliseconds. */
const LIMIT_MS = 1_000;
const SCAN_TIMES_MAX = 5;
const SPLIT_RULE = 'c'.repeat(64);
const REQUEST = '0c3f1f0e-6a8b-4d5f-8f54-8a8f2f0e7a11';

const CODES = ['DUO:0000042', 'DUO:0000006', 'DUO:0000011'] as const;
const DISEASES = ['MONDO:0005015', 'MONDO:0004992', 'MONDO:0004995', 'MONDO:0004979', 'MONDO:0005148'] as const;
const PRICES = [500, 1000, 2000, 5000] as const;

/** The terms of a number, the same in every run; every number gives another set. */
function termsOf(n: number): TermsSet {
  const pick = <T>(list: readonly T[], at: number): T => list[at % list.length]!;
  const permission: Alternative['permission'] =
    n % 2 === 0 ? { code: pick(CODES, n >> 1) } : { code: 'DUO:0000007', diseases: [pick(DISEASES, n >> 1)] };
  const one = alternative({
    permission,
    modifiers: n % 3 === 0 ? [{ code: 'DUO:0000022', countries: ['AT', 'DE'] }, { code: 'DUO:0000045' }] : [],
    minimumPrice: { unitMinor: pick(PRICES, n >> 3), currency: 'EUR' },
    until: 2_000_000_000 + n,
  });
  return { alternatives: [one, alternative({ permission: { code: 'DUO:0000011' } })], splitRule: SPLIT_RULE };
}

const CONTENT = canonicalJson({
  use: {
    version: 1,
    research: ['DUO:0000007'],
    methods: false,
    diseases: ['MONDO:0005148'],
    topics: [],
    buyerKind: 'university',
    commercial: false,
    countries: ['AT'],
    pledges: ['no-reidentification'],
  },
  fields: ['Condition', 'Patient'],
  recipients: [{ did: 'did:key:z6MkehRgf7yJbgaGfYsdoAsKdBPE3dj2CYhowQdcjqSJgvVd' }],
  termMonths: 12,
  price: { unitMinor: 1000, currency: 'EUR', splitRule: SPLIT_RULE },
});

/** Patients with terms, straight into the tables: signing 100,000 statements is no part of what is measured. */
async function fill({ owner }: Instance): Promise<void> {
  const sets = Array.from({ length: SETS }, (_, n) => termsOf(n));
  const digests = sets.map((set) => termsSetHash(set, sha256));
  const ownerQuery = (sql: string, params: readonly unknown[] = []) => owner.query('api', sql, params);
  await ownerQuery(
    `insert into consent.terms_set (digest, terms) select decode(d, 'hex'), t::jsonb from unnest($1::text[], $2::text[]) as s (d, t)`,
    [digests, sets.map((set) => JSON.stringify(set))],
  );
  await ownerQuery(
    `create table public.made as
       select gen_random_uuid() as party, gen_random_uuid() as person, n,
              'did:key:z6Mk' || lpad(translate(n::text, '0', 'A'), 44, 'x') as did from generate_series(1, $1::integer) n`,
    [PATIENTS],
  );
  await ownerQuery(
    `insert into identity.party (id, did, role, registered_at) select party, did, 'patient', now() from public.made`,
  );
  await ownerQuery(
    'insert into identity.party_key (did, party_id, added_at) select did, party, now() from public.made',
  );
  await ownerQuery('insert into identity.patient (party_id, person_id) select party, person from public.made');
  await ownerQuery('alter table identity.statement no force row level security');
  await ownerQuery(
    `insert into identity.statement (digest, party_id, did, jti, typ, text, accepted_at)
     select sha256(party::text::bytea), party, did, gen_random_uuid(), 'aceso/standing-terms/v1', '{}', now() from public.made`,
  );
  await ownerQuery(
    `insert into consent.standing_terms (person_id, party_id, mode, set_digest, expires_at, statement_digest, recorded_at)
     select person, party, 'answer-for-me', decode(($1::text[])[1 + n % $2::integer], 'hex'), now() + interval '1 year',
            sha256(party::text::bytea), now() from public.made`,
    [digests, SETS],
  );
  await ownerQuery('analyze consent.standing_terms, consent.terms_set');
}

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1]!;

async function milliseconds(run: () => Promise<unknown>): Promise<number> {
  const times: number[] = [];
  for (let round = 0; round <= ROUNDS; round += 1) {
    const before = performance.now();
    await run();
    if (round > 0) times.push(performance.now() - before); // the first warms up
  }
  return median(times);
}

/** Every patient whose terms approve: sets judged once, then the persons that have an approving one. */
async function approved({ database }: Instance, terms: StandingTermsService): Promise<number> {
  return database.transaction('worker', async (tx) => {
    const request = { requestId: REQUEST, version: 1, contentHash: '', contentText: CONTENT, at: Date.now() };
    const sets = await terms.approvingSets(tx, request);
    const [{ persons } = { persons: 0 }] = await tx.query<{ persons: number }>(
      `select count(*)::integer as persons from consent.standing_terms
        where set_digest = any ($1::bytea[]) and mode = 'answer-for-me' and expires_at > now()`,
      [[...sets.keys()].map((digest) => Buffer.from(digest, 'hex'))],
    );
    return persons;
  });
}

function termsOver(instance: Instance): StandingTermsService {
  const { runtime, config } = instance;
  const { audit, ledger } = createAudit(instance);
  const statements = new StatementService(config, runtime);
  const journal = new StatementJournal(audit, ledger);
  return new StandingTermsService(statements, new GateService(runtime), audit, journal, new InstalledDiseases(config));
}

async function run(): Promise<BenchFigure> {
  const instance = await openInstance(4);
  try {
    await fill(instance);
    const asked = askedRequest(REQUEST, CONTENT);
    assert(asked, 'the request states its use');
    const by = { tree: SHIPPED_DISEASES, at: Date.now() };
    const approves = Array.from({ length: SETS }, (_, n) => matchPurpose(asked, termsOf(n), by).verdict === 'approve');
    const expected = Array.from({ length: PATIENTS }, (_, n) => approves[(n + 1) % SETS]).filter(Boolean).length;
    const terms = termsOver(instance);
    const ours = await milliseconds(async () => {
      const persons = await approved(instance, terms);
      assert(persons === expected, 'the set-based evaluation agrees with the single decision');
    });
    const scan = await milliseconds(() =>
      instance.database.transaction('worker', (tx) =>
        tx.query('select sum(hashtext(set_digest::text || mode || expires_at::text)) from consent.standing_terms'),
      ),
    );
    process.stderr.write(
      `consent-match: ${expected} of ${PATIENTS} approve, ${SETS} sets, ${Math.round(scan)} ms a scan\n`,
    );
    const more = [{ name: 'scan', value: ours, unit: 'ms', baseline: scan * SCAN_TIMES_MAX }];
    return { value: ours, unit: 'ms', baseline: LIMIT_MS, more };
  } finally {
    await instance.close();
  }
}

/** One request against the terms of 100,000 patients: milliseconds against the limit, and against five plain scans of the rows. */
export const consentMatchBench: Bench = { name: 'consent-match', run };
