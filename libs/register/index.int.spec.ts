import type { PersonId } from '@aceso/kernel';
import { openIdentityKit, type IdentityKit, type Member } from '@aceso/identity/testing';

import { IndexService } from './index.service';
import { RecordReader, type OpenTicket, type ReadRecord } from './record-reader';
import { ndjson, RegisterKit } from './testing';

const CODE = 'A1B2C-D3E4F-G5H6J';
const SNOMED = 'http://snomed.info/sct';
const patient = (id: string) => ({
  resourceType: 'Patient',
  id,
  birthDate: '1980-02-29',
  gender: 'female',
  address: [{ state: 'MA', postalCode: '01545' }],
});
const condition = (id: string, patientId: string, display: string) => ({
  resourceType: 'Condition',
  id,
  subject: { reference: `Patient/${patientId}` },
  encounter: { reference: 'Encounter/e1' },
  onsetDateTime: '2001-02-03T10:11:12+01:00',
  code: { coding: [{ system: SNOMED, code: '44054006', display }] },
});

describe('IndexService', () => {
  let identity: IdentityKit;
  let kit: RegisterKit;
  let clinic: Member;
  beforeAll(async () => {
    identity = await openIdentityKit();
    kit = new RegisterKit(identity.test);
    clinic = await identity.member('provider');
  });
  afterAll(() => identity.test.close());

  /** A patient whose key is bound to the clinic's record of a local id. */
  async function bind(localId: string): Promise<PersonId> {
    const member = await identity.member('patient');
    const record = await kit.sourceRecord(clinic.actor.partyId, localId);
    identity.records.holders.set(record, clinic.actor.partyId);
    const attestation = await identity.attest(clinic, record, CODE);
    await identity.bindings.bind(member.actor, member.client.binding(record, attestation), CODE);
    return member.actor.personId as PersonId;
  }
  const display = () =>
    identity.test.database.query<{ text: string; persons: number }>(
      'worker',
      'select text, persons from facts.display',
    );

  it('keeps the coarse part of a bound person and nothing of anybody else', async () => {
    await kit.ingest(clinic.actor.partyId, ndjson(patient('a'), condition('c1', 'a', 'Diabetes'), patient('b')));
    const person = await bind('a');
    await kit.index.rebuild(person);
    await kit.index.rebuild(person);
    expect(await identity.test.ownerQuery('select * from facts.person')).toEqual([
      {
        index_no: expect.any(String),
        birth_month: '1980-02',
        sex: 'female',
        zip3: '015',
        state: 'MA',
        race: null,
        ethnicity: null,
        deceased: false,
      },
    ]);
    const facts = await identity.test.ownerQuery<{ start: string }>(
      `select kind, code, start_date::text as start, encounter, superseded from facts.fact`,
    );
    expect(facts).toEqual([
      { kind: 'condition', code: '44054006', start: '2001-02-03', encounter: 1, superseded: false },
    ]);
  });

  it('removes the facts of a person whose binding has ended', async () => {
    const person = await bind('b');
    await kit.index.rebuild(person);
    await identity.test.ownerQuery('update identity.binding set ended_at = now() where person_id = $1', [person]);
    await kit.index.rebuild(person);
    const rows = await identity.test.ownerQuery(
      `select 1 from facts.person p join register.person_index i using (index_no) where i.person_id = $1`,
      [person],
    );
    expect(rows).toEqual([]);
  });

  it('writes nothing when the binding ends while the record is being read', async () => {
    await kit.ingest(clinic.actor.partyId, ndjson(patient('r')));
    const person = await bind('r');
    const { database, custody, runtime, ownerQuery } = identity.test;
    class InterruptedReader extends RecordReader {
      override async *read(ticket: OpenTicket): AsyncGenerator<ReadRecord> {
        yield* super.read(ticket);
        await ownerQuery('update identity.binding set ended_at = now() where person_id = $1', [person]);
      }
    }
    const reader = new InterruptedReader(database, kit.audit, custody);
    await new IndexService(database, kit.sourceRecords, reader, kit.keys, runtime).rebuild(person);
    const rows = await ownerQuery(
      'select 1 from facts.person p join register.person_index i using (index_no) where i.person_id = $1',
      [person],
    );
    expect(rows).toEqual([]);
  });

  it('shows a text once eleven persons carry it, counting persons and not rows', async () => {
    const ids = Array.from({ length: 11 }, (_, index) => `t${index}`);
    const resources = ids.flatMap((id) => [
      patient(id),
      condition(`${id}-1`, id, 'Typ-2-Diabetes'),
      condition(`${id}-2`, id, 'Typ-2-Diabetes'),
      condition(`${id}-3`, id, `Diabetes of ${id}`),
    ]);
    await kit.ingest(clinic.actor.partyId, ndjson(...resources));
    const persons: PersonId[] = [];
    for (const id of ids) {
      expect(await display()).toEqual([]);
      const person = await bind(id);
      persons.push(person);
      await kit.index.rebuild(person);
      await kit.index.rebuild(person);
    }
    expect(await display()).toEqual([{ text: 'Typ-2-Diabetes', persons: 11 }]);
    const stored = await identity.test.ownerQuery<{ row: string }>('select d::text as row from facts.display_text d');
    expect(stored.map(({ row }) => row).join()).not.toContain('Diabetes of');
    await identity.test.ownerQuery('update identity.binding set ended_at = now() where person_id = $1', [persons[0]]);
    await kit.index.rebuild(persons[0] as PersonId);
    expect(await display()).toEqual([]);
    expect(await identity.test.ownerQuery(`select 1 from facts.display_text where text is not null`)).toEqual([]);
  });

  it('finds whose facts are not those of their records, though every job was lost', async () => {
    const clinicId = clinic.actor.partyId;
    const deceased = { ...patient('d'), deceasedDateTime: '2020-01-02' };
    await kit.ingest(clinicId, ndjson(patient('d')));
    const person = await bind('d');
    const isOutdated = async () => (await kit.index.outdated(1_000)).some(({ personId }) => personId === person);
    const indexed = () =>
      identity.test.ownerQuery(
        'select p.deceased from facts.person p join register.person_index i using (index_no) where i.person_id = $1',
        [person],
      );
    expect(await isOutdated()).toBe(true);
    await kit.index.rebuild(person);
    expect(await isOutdated()).toBe(false);
    await kit.ingest(clinicId, ndjson(deceased));
    expect(await isOutdated()).toBe(true);
    await kit.index.rebuild(person);
    expect(await indexed()).toEqual([{ deceased: true }]);
    expect(await isOutdated()).toBe(false);
    await identity.test.ownerQuery('update identity.binding set ended_at = now() where person_id = $1', [person]);
    expect(await isOutdated()).toBe(true);
    await kit.index.rebuild(person);
    expect(await indexed()).toEqual([]);
    expect(await isOutdated()).toBe(false);
  });

  it('keeps what a later reading wrote when an earlier one comes to its end after it', async () => {
    await kit.ingest(clinic.actor.partyId, ndjson(patient('s')));
    const person = await bind('s');
    const { database, custody, runtime, ownerQuery } = identity.test;
    class SlowReader extends RecordReader {
      override async *read(ticket: OpenTicket): AsyncGenerator<ReadRecord> {
        yield* super.read(ticket);
        await kit.ingest(clinic.actor.partyId, ndjson({ ...patient('s'), deceasedBoolean: true }));
        await kit.index.rebuild(person);
      }
    }
    const reader = new SlowReader(database, kit.audit, custody);
    await new IndexService(database, kit.sourceRecords, reader, kit.keys, runtime).rebuild(person);
    const rows = await ownerQuery(
      'select p.deceased from facts.person p join register.person_index i using (index_no) where i.person_id = $1',
      [person],
    );
    expect(rows).toEqual([{ deceased: true }]);
  });

  it('is told of bound persons whose records grow', async () => {
    await kit.ingest(clinic.actor.partyId, ndjson(patient('n')));
    const person = await bind('n');
    const events = () =>
      identity.test.ownerQuery(
        `select 1 from platform.outbox where topic = 'register.index' and payload ->> 'personId' = $1`,
        [person],
      );
    const before = (await events()).length;
    await kit.ingest(clinic.actor.partyId, ndjson(condition('n1', 'n', 'Diabetes')));
    expect(await events()).toHaveLength(before + 1);
  });
});
