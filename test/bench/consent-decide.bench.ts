import { performance } from 'node:perf_hooks';
import { decidePermission, numbered, type PermissionQuestion, type PermissionRule } from '@aceso/consent/domain';
import type { Bench, BenchFigure } from './bench';
import { openInstance, type Instance } from './ledger.instance';

const PATIENTS = 100_000;
/** Rules a patient: seven of them, as somebody sets who lets research in, keeps physicians out and makes exceptions. */
const RULES = 7;
const ROUNDS = 7;
const SET_MS_MAX = 1_000;
const SCANS_MAX = 5;
const SINGLE_RULES = 50;
const SINGLE_ROUNDS = 200_000;
const SINGLE_MICROSECONDS_MAX = 20;

const CENTER = '00000000-0000-4000-8000-0000000000c1';
const PROVIDER = '00000000-0000-4000-8000-0000000000a1';

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1] as number;

/** Rows as the service writes them, made by the server. */
async function fill({ owner }: Instance): Promise<void> {
  const run = (sql: string, params: readonly unknown[] = []) => owner.query('api', sql, params);
  await run(`insert into identity.party (id, did, role, registered_at) values
    ('${CENTER}', 'did:key:z6MkCenter', 'researcher', now()), ('${PROVIDER}', 'did:key:z6MkProvider', 'provider', now())`);
  await run(
    `with made as (
       insert into identity.party (id, did, role, registered_at)
       select gen_random_uuid(), 'did:key:z6Mk' || translate(n::text, '0', 'x'), 'patient', now() from generate_series(1, $1) n returning id, did
     ), key as (insert into identity.party_key (did, party_id, added_at) select did, id, now() from made),
     patient as (
       insert into identity.patient (party_id, person_id) select id, gen_random_uuid() from made returning party_id, person_id
     ), statement as (
       insert into identity.statement (digest, party_id, did, jti, typ, text, accepted_at)
       select sha256(did::bytea), id, did, gen_random_uuid(), 'aceso/permission-rules/v1', '{}', now() from made
       returning digest, party_id
     )
     insert into consent.permission_set (person_id, statement_digest, recorded_at)
     select person_id, digest, now() from patient join statement using (party_id)`,
    [PATIENTS],
  );
  await run(
    `insert into consent.permission_rule (person_id, number, subject, party_id, types, codes, labels, providers, level,
                                          purpose, from_at)
     select s.person_id, r.number, r.subject, r.party_id, r.types, r.codes, r.labels, r.providers,
            case when r.number = 3 and abs(hashtext(s.person_id::text)) % 3 = 0 then 'none' else r.level end, r.purpose,
            '2020-01-01'
       from consent.permission_set s cross join (values
         (1, 'research', null::uuid, null::text[], null::text[], null::text[], null::uuid[], 'read', 'research'),
         (2, 'research', null, null, null, array['PSY', 'HIV'], null, 'none', 'any'),
         (3, 'party', '${CENTER}', array['Condition', 'Observation'], null, null, null, 'read', 'research'),
         (4, 'physicians', null, null, null, null, null, 'none', 'any'),
         (5, 'physicians-of', '${PROVIDER}', null, null, null, array['${PROVIDER}'::uuid], 'write', 'treatment'),
         (6, 'physicians', null, null, null, null, null, 'read', 'emergency'),
         (7, 'research', null, null, array['http://loinc.org|2339-0'], null, null, 'read', 'research')
       ) r (number, subject, party_id, types, codes, labels, providers, level, purpose)
      order by s.person_id, r.number`,
  );
  await run('vacuum analyze consent.permission_rule');
}

/** All patients against one request for their conditions, and a scan that reads the same rows. */
async function measureSet({ owner, database }: Instance): Promise<{ decideMs: number; scanMs: number }> {
  const [decideMs, scanMs]: [number[], number[]] = [[], []];
  for (let round = 0; round < ROUNDS; round += 1) {
    scanMs.push(
      await timed(async () => {
        const [row] = await owner.query<{ rows: string }>(
          'api',
          `select count(*) as rows, max(specificity), max(number), max(from_at), min(until_at), count(level),
                  count(types), count(codes), count(labels) from consent.permission_rule`,
        );
        if (Number(row?.rows) !== PATIENTS * RULES) throw new Error('the scan reads every rule');
      }),
    );
    decideMs.push(
      await timed(async () => {
        const [row] = await database.query<{ permitted: string; refused: string; inPart: string }>(
          'worker',
          `select count(*) filter (where effect = 'permit') as permitted, count(*) filter (where effect = 'deny') as refused,
                  count(*) filter (where in_part) as "inPart"
             from consent.decide_ruled($1, 'researcher', '{}', 'research', 'read', now(), true, 'Condition', null, null,
                                       null, null, null)`,
          [CENTER],
        );
        const permitted = Number(row?.permitted);
        if (permitted + Number(row?.refused) !== PATIENTS || permitted < PATIENTS / 2 || permitted > PATIENTS * 0.8) {
          throw new Error('every patient is decided on, a third refuse');
        }
      }),
    );
  }
  return { decideMs: median(decideMs), scanMs: median(scanMs) };
}

async function timed(act: () => Promise<void>): Promise<number> {
  const begun = performance.now();
  await act();
  return performance.now() - begun;
}

/** Microseconds of one decision on one resource with fifty rules, none of which ends the search early. */
function measureSingle(): number {
  const rule = (n: number): PermissionRule => ({
    subject: n % 5 === 0 ? { class: 'physicians' } : n % 2 === 0 ? { class: 'research' } : { party: CENTER },
    category: {
      ...(n % 3 === 0 && { codes: Array.from({ length: 10 }, (_, code) => `http://loinc.org|${n}-${code}`) }),
      ...(n % 4 === 0 && { labels: ['HIV' as const] }),
      ...(n % 7 === 0 && { days: { from: '2010-01-01' } }),
      types: ['Observation', 'Condition'],
    },
    level: n % 6 === 0 ? 'none' : 'read',
    purpose: n % 2 === 0 ? 'any' : 'research',
    period: { from: 1 },
  });
  const rules = numbered(Array.from({ length: SINGLE_RULES }, (_, n) => rule(n)));
  const question: PermissionQuestion = {
    actor: { partyId: CENTER, role: 'researcher', providers: [] },
    category: {
      type: 'Observation',
      codes: ['http://loinc.org|48-9', 'http://loinc.org|8302-2', 'http://snomed.info/sct|50373000'],
      labels: ['HIV'],
      provider: PROVIDER,
      device: null,
      day: '2019-05-31',
    },
    purpose: 'research',
    act: 'read',
    at: Date.now(),
  };
  const settings = { authorsRead: true, unruled: 'permit' } as const;
  const times: number[] = [];
  for (let turn = 0; turn < ROUNDS; turn += 1) {
    const begun = performance.now();
    let decided = 0;
    for (let n = 0; n < SINGLE_ROUNDS / ROUNDS; n += 1) {
      if (decidePermission(rules, question, settings).basis === 'rule') decided += 1;
    }
    times.push(((performance.now() - begun) * 1000) / decided);
  }
  return median(times);
}

async function run(): Promise<BenchFigure> {
  const single = measureSingle();
  const instance = await openInstance(2);
  try {
    await fill(instance);
    const { decideMs, scanMs } = await measureSet(instance);
    process.stderr.write(
      `consent-decide: ${PATIENTS} patients with ${RULES} rules each in ${decideMs.toFixed(0)} ms, a scan ${scanMs.toFixed(0)} ms; ` +
        `one decision with ${SINGLE_RULES} rules ${single.toFixed(2)} microseconds\n`,
    );
    return {
      value: decideMs,
      unit: 'ms',
      baseline: SET_MS_MAX,
      more: [
        { name: 'scans', value: decideMs, unit: 'ms', baseline: scanMs * SCANS_MAX },
        { name: 'single', value: single, unit: 'microseconds', baseline: SINGLE_MICROSECONDS_MAX },
      ],
    };
  } finally {
    await instance.close();
  }
}

/**
 * Milliseconds in which all patients are decided on in one query; `scans`: the same against five plain scans of the same rows
 * in the same run; `single`: microseconds of one decision with 50 rules.
 */
export const consentDecideBench: Bench = { name: 'consent-decide', run };
