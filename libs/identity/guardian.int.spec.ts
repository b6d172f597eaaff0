import { randomUUID } from 'node:crypto';
import type { SourceRecordId } from '@aceso/kernel';
import type { Tx } from '@aceso/platform';
import { confirmGuardian, openIdentityKit, type IdentityKit, type Member } from './testing';

let kit: IdentityKit;
let clinic: Member;
let adult: Member;
let sham: Member;
let record: SourceRecordId;

beforeAll(async () => {
  kit = await openIdentityKit();
});
beforeEach(async () => {
  clinic = await kit.member('provider');
  [adult, sham] = [await kit.member('patient'), await kit.member('patient')];
  record = await kit.bind(adult, clinic);
});
afterAll(() => kit.test.close());

const code = (expected: string) => expect.objectContaining({ code: expected });
const api = <T>(use: (tx: Tx) => Promise<T>): Promise<T> => kit.test.database.transaction('api', use);
const enters = () => api((tx) => kit.enter(tx, { ...sham, ward: adult.actor.partyId }, 'read'));
const appoint = (kind: 'parent' | 'court' | 'proxy', by = clinic) =>
  kit.appointGuardian(by, { guardian: sham, ward: adult, sourceRecord: record }, { kind, scope: 'both' });
/** What the database says by itself, whoever asks. */
const opens = () =>
  api(async (tx) => {
    await tx.actAs(sham.actor.partyId);
    const [row] = await tx.query<{ may: boolean }>('select identity.reads_for($1, $2) as may', [
      sham.actor.partyId,
      adult.actor.personId,
    ]);
    return row?.may;
  });

/** The sham binds one more record of the adult, signed by itself. */
async function signs(appointment: string): Promise<unknown> {
  const more = kit.records.add(clinic.actor.partyId);
  const secret = randomUUID();
  const attestation = await kit.attest(clinic, more, secret);
  const acting = kit.actFor(sham, adult, appointment);
  return kit.bindings.bind(acting.actor, acting.client.binding(more, attestation), secret);
}

it.each(['court', 'proxy'] as const)('gives nobody an adult by the word of one provider, as %s', async (kind) => {
  const appointment = await appoint(kind);
  await expect(enters()).rejects.toEqual(code('AUTHORITY_UNCONFIRMED'));
  await expect(signs(appointment)).rejects.toEqual(code('AUTHORITY_UNCONFIRMED'));
  expect(await opens()).toBe(false);
  const list = () => api((tx) => kit.guardians.list(tx, adult.actor.partyId, { after: null, limit: 1 }));
  expect(await list()).toMatchObject([{ appointment, confirmed: false }]);
  await confirmGuardian(kit, appointment);
  expect(await list()).toMatchObject([{ appointment, confirmed: true }]);
  expect(await opens()).toBe(true);
  if (kind === 'proxy') return; // the records do not show that the ward is of age
  expect(await enters()).toMatchObject({ personId: adult.actor.personId, appointment });
  await signs(appointment);
});

it('lets a provider appoint a parent alone, who reads nothing of somebody whose birth is unknown', async () => {
  const appointment = await appoint('parent');
  await expect(enters()).rejects.toEqual(code('AUTHORITY_MAJORITY'));
  await expect(signs(appointment)).rejects.toEqual(code('AUTHORITY_MAJORITY'));
  expect(await opens()).toBe(false);
  await expect(confirmGuardian(kit, appointment)).rejects.toEqual(code('GUARDIAN_REFUSED'));
});

it('takes one confirmation, of an officer', async () => {
  const appointment = await appoint('court');
  await expect(confirmGuardian(kit, appointment, clinic)).rejects.toMatchObject({ name: 'IdentityError' });
  await confirmGuardian(kit, appointment);
  await expect(confirmGuardian(kit, appointment)).rejects.toEqual(code('GUARDIAN_REFUSED'));
});

it('is what the database asks for too: a confirmation of this appointment, and the kind that was signed', async () => {
  const appointment = await appoint('court');
  const elsewhere = await confirmGuardian(kit, await appoint('court'));
  const [word] = await kit.test.ownerQuery<{ digest: Buffer; by: string }>(
    `select confirmed_with as digest, confirmed_by as by from identity.guardian_appointment
      where statement_digest = decode($1, 'hex')`,
    [elsewhere],
  );
  const borrowed = api(async (tx) => {
    await tx.actAs(word!.by as never);
    await tx.execute(
      `update identity.guardian_appointment set confirmed_with = $2, confirmed_by = $3
        where statement_digest = decode($1, 'hex')`,
      [appointment, word!.digest, word!.by],
    );
  });
  await expect(borrowed).rejects.toMatchObject({ constraint: 'appointment_signed' });
  const parent = kit.test.ownerQuery(
    `insert into identity.guardian_appointment
       (statement_digest, appointer_id, ward_id, guardian_id, source_record_id, kind, scope, until, appointed_at)
     select statement_digest, appointer_id, ward_id, guardian_id, source_record_id, 'parent', scope, until, appointed_at
       from identity.guardian_appointment where statement_digest = decode($1, 'hex')`,
    [elsewhere],
  );
  await expect(parent).rejects.toMatchObject({ constraint: 'appointment_signed' });
});
