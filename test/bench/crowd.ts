import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { createAudit } from '@aceso/audit/testing';
import { alternative, ConsentKit } from '@aceso/consent/testing';
import { codeHash } from '@aceso/identity/domain';
import { digestOf, IdentityKit } from '@aceso/identity/testing';
import type { PartyId, SourceRecordId } from '@aceso/kernel';
import { Database, KeyCustody, Outbox, readConfig, readRoleUrls, Runtime, sha256 } from '@aceso/platform';
import type { TestDatabase } from '@aceso/platform/testing';
import { splitRuleHash } from '@aceso/settlement/domain';
import { inParallel, waitFor } from '../../apps/cli/src/demo/aceso-client';
import type { PartyClient } from '../../apps/cli/src/demo/party-client';
import type { AcesoProcess } from '../e2e/testing/aceso-process';

const AT_ONCE = 8;

/** What the services need, over the database and the keys of a running instance. */
function partsOf(aceso: AcesoProcess, origin: string): TestDatabase {
  const urls = { ...readRoleUrls(aceso.home, 'worker'), ...readRoleUrls(aceso.home, 'api') };
  const parts = {
    database: new Database({ urls, poolSize: AT_ONCE }),
    ownerQuery: <Row>(sql: string, params?: readonly unknown[]) => aceso.ownerQuery<Row>(sql, params),
    runtime: new Runtime(),
    custody: new KeyCustody(join(aceso.home, 'keys')),
    outbox: new Outbox(),
    config: { ...readConfig({ ACESO_HOME: aceso.home, PORT: '0' }), origin },
  };
  return parts as TestDatabase;
}

/**
 * Makes everybody whose record the provider sent, and who is not bound to it yet, a patient who permits discovery and whose
 * terms answer universities. By the services that the API calls, in the database of the running instance: as many calls over
 * HTTP would take most of the time. Returns once the worker has indexed them all.
 */
export async function makeCrowd(aceso: AcesoProcess, provider: PartyClient, origin: string): Promise<void> {
  const test = partsOf(aceso, origin);
  const consent = new ConsentKit(new IdentityKit(test, createAudit(test)));
  const terms = { alternatives: [alternative({ safeguards: [] })], splitRule: splitRuleHash(sha256) };
  const [holder] = await aceso.ownerQuery<{ partyId: PartyId }>(
    'select party_id as "partyId" from identity.party_key where did = $1',
    [provider.did],
  );
  const { partyId } = holder!;
  const records = await aceso.ownerQuery<{ id: SourceRecordId }>(
    `select id from register.source_record r
      where provider_id = $1 and not exists (select from identity.binding b where b.source_record_id = r.id)`,
    [partyId],
  );
  await inParallel(records, AT_ONCE, async ({ id }) => {
    const { identity } = consent;
    identity.records.holders.set(id, partyId);
    const patient = await identity.member('patient');
    const code = randomUUID();
    const says = { sourceRecord: id, codeHash: codeHash(code, sha256), evidence: 'in-person' };
    const { text } = provider.state('aceso/attestation/v1', says);
    await consent.api((tx) => identity.bindings.attest(tx, { partyId, role: 'provider', did: provider.did }, text));
    await identity.bindings.bind(patient.actor, patient.client.binding(id, digestOf(text)), code);
    await consent.setTerms(patient, 'permit');
    await consent.setStandingTerms(patient, terms);
  });
  await test.database.close();
  await waitFor('the fact index', () => isIndexed(aceso), { everyMs: 500 });
}

async function isIndexed(aceso: AcesoProcess): Promise<true | undefined> {
  const [row] = await aceso.ownerQuery<{ done: boolean }>(
    `select (select count(*) from facts.person) = (select count(distinct person_id) from identity.binding) as done`,
  );
  return row?.done ? true : undefined;
}
