import type { SourceRecordId } from '@aceso/kernel';
import { DAY_SECONDS } from '@aceso/identity/domain';
import { digestOf, openIdentityKit, type Member } from '@aceso/identity/testing';
import type { GrantTarget } from './domain';
import { ConsentKit, signGrant, signRevocation } from './testing';

let kit: ConsentKit;
let clinic: Member;
let amina: Member & { record: SourceRecordId };
let target: GrantTarget;

beforeAll(async () => {
  kit = new ConsentKit(await openIdentityKit());
  clinic = await kit.identity.member('provider');
});
afterAll(() => kit.identity.test.close());
beforeEach(async () => {
  amina = await kit.boundPatient(clinic);
  target = kit.target([amina.record]);
});
afterEach(() => {
  kit.identity.aheadMs = 0;
});

const refusal = (code: string) => expect.objectContaining({ code });
const valid = (at = kit.identity.runtime.now()) => kit.worker((tx) => kit.consent.validGrants(tx, { ...target, at }));
const gate = async () =>
  (await kit.worker((tx) => kit.identity.gates.versions(tx, [amina.actor.personId!]))).get(amina.actor.personId!);
const recordGrant = (text: string, asked = target, patient: Member = amina) =>
  kit.api((tx) => kit.consent.recordGrant(tx, patient.actor, { text, target: asked }));
/** A refused statement did not join the chain: the client continues from what the server has. */
const rewind = async () => {
  const head = await kit.api((tx) => kit.identity.statements.head(tx, amina.actor.partyId));
  Object.assign(amina.client, { sequence: head.sequence, previous: head.digest });
};

describe('a grant', () => {
  it('is valid at once, with the bytes that decide and the gate that was seen', async () => {
    const digest = await kit.grant(amina, target);
    const [row, ...others] = await valid();
    expect(others).toEqual([]);
    expect(row).toMatchObject({ personId: amina.actor.personId, grantDigest: digest, gateVersion: 1 });
    const decision = kit.consent.decide(row!.evidence, { ...target, at: kit.identity.runtime.now() });
    expect(decision).toEqual({
      permit: true,
      recordsUpTo: [{ sourceRecord: amina.record, sequence: 1, digest: 'd'.repeat(64) }],
    });
  });

  it('is recorded once, however often the same statement comes', async () => {
    const text = signGrant(amina.client, target);
    const results = await Promise.all([1, 2, 3].map(() => recordGrant(text)));
    expect(results.filter(({ repeated }) => !repeated)).toHaveLength(1);
    expect(new Set(results.map(({ grant }) => grant))).toEqual(new Set([digestOf(text)]));
    expect(await valid()).toHaveLength(1);
  });

  it('is refused when it does not agree to what was asked', async () => {
    const dearer = { ...target, amount: { amountMinor: 900n, currency: 'EUR' } };
    await expect(kit.grant(amina, target, { amount: { amountMinor: '900', currency: 'EUR' } })).rejects.toEqual(
      refusal('GRANT_AMOUNT_MISMATCH'),
    );
    await rewind();
    await expect(recordGrant(signGrant(amina.client, target), dearer)).rejects.toEqual(
      refusal('GRANT_AMOUNT_MISMATCH'),
    );
    expect(await valid()).toEqual([]);
  });

  it('is refused after the answer deadline, twice for one version, and for a record that is not bound', async () => {
    const closed = { ...target, answerDeadline: kit.identity.runtime.now() - 1 };
    await expect(kit.grant(amina, closed)).rejects.toEqual(refusal('ANSWER_DEADLINE_PASSED'));
    await rewind();
    const unbound = kit.target([kit.identity.records.add(clinic.actor.partyId)]);
    await expect(kit.grant(amina, unbound)).rejects.toEqual(refusal('SOURCE_RECORD_NOT_BOUND'));
    await rewind();
    await kit.grant(amina, target);
    await expect(kit.grant(amina, target)).rejects.toEqual(refusal('ALREADY_GRANTED'));
  });

  it('of two with the same number one wins', async () => {
    const texts = [1, 2, 3, 4].map(() => {
      const text = signGrant(amina.client, target);
      amina.client.sequence -= 1;
      amina.client.previous = JSON.parse(text).payload.prev;
      return text;
    });
    const results = await Promise.allSettled(texts.map((text) => recordGrant(text)));
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    for (const result of results) {
      if (result.status === 'rejected') expect(result.reason).toEqual(refusal('SEQUENCE_MISMATCH'));
    }
  });

  it('ends with its exp', async () => {
    await kit.grant(amina, target);
    const at = kit.identity.runtime.now() + 366 * DAY_SECONDS * 1000;
    expect(await valid(at)).toEqual([]);
  });

  it('does not count when its binding has ended', async () => {
    const digest = await kit.grant(amina, target);
    await kit.identity.test.ownerQuery('update identity.binding set ended_at = now() where source_record_id = $1', [
      amina.record,
    ]);
    expect(await valid()).toEqual([]);
    const [row] = await kit.worker((tx) => kit.consent.evidenceOf(tx, [digest]));
    expect(kit.consent.decide(row!.evidence, { ...target, at: kit.identity.runtime.now() })).toEqual({
      permit: false,
      reason: 'BINDING_MISSING',
    });
  });

  it('of a suspended party does not count', async () => {
    await kit.grant(amina, target);
    await kit.identity.freeze(amina, await kit.identity.member('officer'));
    expect(await valid()).toEqual([]);
  });
});

describe('a revocation', () => {
  it('takes effect at its commit, raises the gate and stands against the grant', async () => {
    const digest = await kit.grant(amina, target);
    const before = await gate();
    await kit.revoke(amina, digest);
    expect(await valid()).toEqual([]);
    expect(await gate()).toBe(before! + 1);
    const [row] = await kit.worker((tx) => kit.consent.evidenceOf(tx, [digest]));
    expect(JSON.parse(row!.evidence.revocationText!).payload.grant).toBe(digest);
    expect(kit.consent.decide(row!.evidence, { ...target, at: kit.identity.runtime.now() })).toEqual({
      permit: false,
      reason: 'GRANT_REVOKED',
    });
  });

  it('leaves no trace when its transaction rolls back', async () => {
    const digest = await kit.grant(amina, target);
    const before = await gate();
    const text = signRevocation(amina.client, digest);
    const failed = kit.api(async (tx) => {
      await kit.consent.recordRevocation(tx, amina.actor, text);
      throw new Error('the connection is gone');
    });
    await expect(failed).rejects.toThrow('gone');
    expect(await valid()).toHaveLength(1);
    expect(await gate()).toBe(before);
    await kit.api((tx) => kit.consent.recordRevocation(tx, amina.actor, text));
    await kit.api((tx) => kit.consent.recordRevocation(tx, amina.actor, text));
    expect(await valid()).toEqual([]);
    expect(await gate()).toBe(before! + 1);
  });

  it("is refused for a grant that is unknown, somebody else's or revoked before", async () => {
    const stranger = await kit.boundPatient(clinic);
    const foreign = await kit.grant(stranger, kit.target([stranger.record]));
    await expect(kit.revoke(amina, 'e'.repeat(64))).rejects.toEqual(refusal('GRANT_UNKNOWN'));
    await rewind();
    await expect(kit.revoke(amina, foreign)).rejects.toEqual(refusal('GRANT_UNKNOWN'));
    await rewind();
    const digest = await kit.grant(amina, target);
    await kit.revoke(amina, digest);
    await expect(kit.revoke(amina, digest)).rejects.toEqual(refusal('GRANT_ALREADY_REVOKED'));
  });

  it('may be followed by a new grant', async () => {
    await kit.revoke(amina, await kit.grant(amina, target));
    const again = await kit.grant(amina, target);
    expect((await valid()).map(({ grantDigest }) => grantDigest)).toEqual([again]);
  });

  it('waits for a release that has the gate, and the release for it', async () => {
    const digest = await kit.grant(amina, target);
    let revoked: Promise<void> | undefined;
    await kit.worker(async (tx) => {
      const seen = await kit.identity.gates.lockAndRead(tx, [amina.actor.personId!]);
      revoked = kit.revoke(amina, digest);
      await new Promise((resolve) => setTimeout(resolve, 100));
      expect(await kit.consent.validGrants(tx, { ...target, at: kit.identity.runtime.now() })).toHaveLength(1);
      expect(seen.get(amina.actor.personId!)).toBe(1);
    });
    await revoked;
    expect(await valid()).toEqual([]);
  });
});

describe('declining', () => {
  const decline = () => kit.decline(amina, target);
  const refusals = () =>
    kit.identity.test.ownerQuery('select from consent.refusal where person_id = $1', [amina.actor.personId]);

  it('is recorded once and needs no signature', async () => {
    await Promise.all([decline(), decline(), decline()]);
    expect(await refusals()).toHaveLength(1);
  });

  it('does not take a grant back: that is revoked', async () => {
    const digest = await kit.grant(amina, target);
    await expect(decline()).rejects.toEqual(refusal('GRANT_STANDS'));
    await kit.revoke(amina, digest);
    await decline();
  });

  it('is possible until the deadline', async () => {
    kit.identity.aheadMs = 8 * DAY_SECONDS * 1000;
    await expect(decline()).rejects.toEqual(refusal('ANSWER_DEADLINE_PASSED'));
  });
});

describe('discovery terms', () => {
  const discoverable = async (role: 'api' | 'worker') =>
    (
      await kit.identity.test.database.query(role, 'select from consent.discoverable where person_id = $1', [
        amina.actor.personId,
      ])
    ).length === 1;

  it('let a person be found only as long as the newest ones permit it', async () => {
    expect(await discoverable('worker')).toBe(false);
    await kit.setTerms(amina, 'permit');
    for (const role of ['api', 'worker'] as const) expect(await discoverable(role)).toBe(true);
    expect(await gate()).toBe(1);
    await kit.setTerms(amina, 'deny');
    expect(await discoverable('worker')).toBe(false);
    expect(await gate()).toBe(2);
    await kit.setTerms(amina, 'permit');
    expect(await discoverable('worker')).toBe(true);
  });

  it('end with their exp', async () => {
    await kit.setTerms(amina, 'permit');
    await kit.identity.test.ownerQuery(`update consent.discovery_terms set expires_at = now() where person_id = $1`, [
      amina.actor.personId,
    ]);
    expect(await discoverable('worker')).toBe(false);
  });
});
