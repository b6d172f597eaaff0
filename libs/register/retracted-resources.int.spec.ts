import type { Member } from '@aceso/identity/testing';
import { assert, type PersonId, type SourceRecordId } from '@aceso/kernel';
import { retractedRows } from './retracted-rows';
import { AccessKit, createErasures, ndjson } from './testing';

jest.setTimeout(120_000);

const subject = { reference: 'Patient/p' };
const observation = (id: string, more: object = {}) => ({
  resourceType: 'Observation',
  id,
  status: 'final',
  subject,
  code: { coding: [{ system: 'http://loinc.org', code: `code-${id}` }] },
  effectiveDateTime: '2020-01-01',
  ...more,
});
const condition = (code: string, more: object = {}) => ({
  resourceType: 'Condition',
  id: 'c',
  subject,
  code: { coding: [{ system: 'http://snomed.info/sct', code }] },
  ...more,
});
const WRONG = { status: 'entered-in-error' };
const WRONG_CONDITION = { verificationStatus: { coding: [{ code: 'entered-in-error' }] } };

describe('a resource that its provider took back', () => {
  let kit: AccessKit;
  let clinic: Member;
  let patient: Member;
  let personId: PersonId;
  let record: SourceRecordId;

  beforeAll(async () => {
    kit = await AccessKit.open();
  });
  afterAll(() => kit.close());
  beforeEach(async () => {
    const { identity } = kit.consent;
    clinic = await identity.member('provider');
    patient = await identity.member('patient');
    const resources = [{ resourceType: 'Patient', id: 'p', birthDate: '1970-01-01' }, condition('44054006')];
    record = await kit.bindRecord(patient, clinic, 'p', [...resources, observation('a'), observation('b')]);
    assert(patient.actor.personId, 'a patient is a person');
    personId = patient.actor.personId;
    await kit.register.index.rebuild(personId);
  });

  const send = async (...resources: object[]): Promise<void> => {
    await kit.register.ingest(clinic.actor.partyId, ndjson(...resources));
    await kit.register.index.rebuild(personId);
  };
  const codes = async (): Promise<string[]> => {
    const facts = await kit.consent.identity.test.ownerQuery<{ code: string }>(
      'select code from facts.fact join register.person_index using (index_no) where person_id = $1 order by 1',
      [personId],
    );
    return facts.map(({ code }) => code);
  };
  const timeline = async () => {
    const { rows } = await kit.own.timeline(patient.actor, { limit: 50, after: null, filter: {} });
    return rows
      .filter(({ resource }) => resource.resourceType !== 'Patient')
      .map(({ resource, retracted }) => [resource.id, resource.status ?? null, retracted]);
  };
  /** Ids that whoever holds a grant over the first segments reads. */
  const readUpTo = async (upToSequence: number): Promise<string[]> => {
    const item = { personId, sourceRecordId: record, upToSequence };
    const [ticket] = await kit.consent.identity.test.database.transaction('worker', (tx) =>
      kit.register.reader.prepare(tx, [item], { purpose: 'research', actorId: null }),
    );
    const ids: string[] = [];
    for await (const { resource } of kit.register.reader.read(ticket!)) ids.push(resource.id);
    return ids.sort();
  };
  const gate = async () => {
    const [row] = await kit.consent.identity.test.ownerQuery<{ version: number; retractions: number }>(
      'select version, retractions from identity.patient_gate where person_id = $1',
      [personId],
    );
    return row;
  };
  const rowsSince = (after: number, upToSequence = 1) =>
    kit.consent.identity.test.database.transaction('worker', (tx) =>
      retractedRows(tx, [{ sourceRecordId: record, upToSequence, after }]),
    );

  it('leaves facts, and is read under no grant, whenever that was signed', async () => {
    expect(await codes()).toEqual(['44054006', 'code-a', 'code-b']);
    await send(observation('a', WRONG), condition('44054006', WRONG_CONDITION));
    expect(await codes()).toEqual(['code-b']);
    expect(await readUpTo(1)).toEqual(['b', 'p']);
    expect(await readUpTo(2)).toEqual(['b', 'p']);
    expect(await gate()).toEqual({ version: 1, retractions: 1 });
  });

  it('is shown to the patient alone, as it was, with its mark', async () => {
    await send(observation('a', WRONG));
    expect((await timeline()).sort()).toEqual([
      ['a', 'final', true],
      ['b', 'final', false],
      ['c', null, false],
    ]);
    let text = '';
    for await (const part of await kit.own.export(patient.actor, 'fhir')) text += part;
    expect(text).toContain('code-b');
    expect(text).not.toContain('code-a');
  });

  it('comes back when it is sent again, and its mark goes', async () => {
    await send(observation('a', WRONG));
    await send(observation('a', { note: [{ text: 'it was right' }] }));
    expect(await codes()).toEqual(['44054006', 'code-a', 'code-b']);
    expect(await timeline()).toContainEqual(['a', 'final', false]);
    expect(await readUpTo(1)).toEqual(['a', 'b', 'c', 'p']);
    expect(await rowsSince(0)).toEqual([]);
  });

  it('may be sent and taken back in one file', async () => {
    await send(observation('d'), observation('d', WRONG));
    expect(await codes()).not.toContain('code-d');
    expect(await timeline()).toContainEqual(['d', 'final', true]);
    expect(await rowsSince(0)).toEqual([]); // it came after the grant
    expect(await rowsSince(0, 2)).toEqual([]); // and with it, was not in it
  });

  it('that never held is shown as such and raises nothing', async () => {
    await send(observation('d', WRONG));
    expect(await timeline()).toContainEqual(['d', 'entered-in-error', true]);
    expect(await gate()).toMatchObject({ retractions: 0 });
    await send(observation('a', WRONG), observation('a', WRONG)); // a provider may send it twice
    expect(await gate()).toMatchObject({ retractions: 1 });
  });

  it('names the line that a buyer has, once it was not heeded', async () => {
    await send(observation('a', WRONG));
    const [a] = await rowsSince(0);
    expect(a).toEqual({ sourceRecordId: record, sequence: 1, line: 3, type: 'Observation' });
    expect(await rowsSince(1)).toEqual([]);
    await send(observation('a', { ...WRONG, note: [{ text: 'really' }] }), observation('b', WRONG));
    expect((await rowsSince(0)).map(({ line }) => line).sort()).toEqual([3, 4]);
    expect((await rowsSince(1)).map(({ line }) => line)).toEqual([4]);
  });

  it('leaves no mark behind when its record is erased', async () => {
    await send(observation('a', WRONG));
    const marks = () =>
      kit.consent.identity.test.ownerQuery('select from register.retracted_line where source_record_id = $1', [record]);
    expect(await marks()).toHaveLength(1);
    const erasures = createErasures(kit.consent.identity);
    await kit.consent.api((tx) => erasures.erase(tx, patient.actor, patient.client.erasure(null)));
    expect(await marks()).toEqual([]);
  });
});

describe('a resource that its provider corrects', () => {
  it('has the facts of its newest version, and a grant that was signed before covers the older one', async () => {
    const kit = await AccessKit.open();
    try {
      const clinic = await kit.consent.identity.member('provider');
      const patient = await kit.consent.identity.member('patient');
      const { personId } = patient.actor;
      assert(personId, 'a patient is a person');
      const patientLine = { resourceType: 'Patient', id: 'p', birthDate: '1970-01-01' };
      const record = await kit.bindRecord(patient, clinic, 'p', [patientLine, condition('44054006')]);
      await kit.register.ingest(clinic.actor.partyId, ndjson(condition('73211009')));
      await kit.register.index.rebuild(personId);
      const facts = await kit.consent.identity.test.ownerQuery<{ code: string }>('select code from facts.fact');
      expect(facts).toEqual([{ code: '73211009' }]);
      const read = async (upToSequence: number): Promise<string> => {
        const item = { personId, sourceRecordId: record, upToSequence };
        const [ticket] = await kit.consent.identity.test.database.transaction('worker', (tx) =>
          kit.register.reader.prepare(tx, [item], { purpose: 'research', actorId: null }),
        );
        let text = '';
        for await (const { resource } of kit.register.reader.read(ticket!)) text += JSON.stringify(resource);
        return text;
      };
      expect(await read(1)).toContain('44054006');
      expect(await read(2)).not.toContain('44054006');
      expect(await read(2)).toContain('73211009');
    } finally {
      await kit.close();
    }
  });
});
