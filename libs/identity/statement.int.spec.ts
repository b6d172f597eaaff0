import { randomUUID } from 'node:crypto';
import { DATABASE_ROLES, type Tx } from '@aceso/platform';
import { LINK, LOGIN, type Role } from './domain';
import type { IdentityKit, Member } from './testing';
import { digestOf } from './testing';
import { openIdentityKit } from './testing';

let kit: IdentityKit;
let amina: Member;

beforeAll(async () => {
  kit = await openIdentityKit();
});
afterAll(() => kit.test.close());
beforeEach(async () => {
  amina = await kit.member('patient');
});

const api = <T>(use: (tx: Tx) => Promise<T>) => kit.test.database.transaction('api', use);
const acceptLogin = (text: string) => api((tx) => kit.statements.accept(tx, text, LOGIN));
const acceptLink = (text: string) => api((tx) => kit.statements.accept(tx, text, { ...LINK, actor: amina.actor }));
const pair = (): [string, string] => [randomUUID(), randomUUID()].sort() as [string, string];
const refusal = (code: string) => expect.objectContaining({ code });

describe('an accepted statement', () => {
  it('is stored as it was signed', async () => {
    const text = amina.client.login();
    const accepted = await acceptLogin(text);
    expect(accepted).toMatchObject({ partyId: amina.actor.partyId, role: 'patient', repeated: false });
    const [row] = await kit.test.ownerQuery<{ text: string; did: string }>(
      `select text, did from identity.statement where digest = decode($1, 'hex')`,
      [accepted.digest],
    );
    expect(row).toEqual({ text, did: amina.client.did });
  });

  it('answers the first result when it comes again, even after its end', async () => {
    const text = amina.client.login();
    const first = await acceptLogin(text);
    kit.aheadMs = 3_600_000;
    const again = await acceptLogin(text).finally(() => (kit.aheadMs = 0));
    expect(again).toMatchObject({ digest: first.digest, repeated: true, acceptedAt: first.acceptedAt });
  });

  it('can be changed or deleted by nobody, the owner included', async () => {
    await acceptLogin(amina.client.login());
    for (const change of [`update identity.statement set text = ''`, 'delete from identity.statement']) {
      await expect(kit.test.ownerQuery(change)).rejects.toThrow(/append-only/);
      await expect(kit.test.database.query('api', change)).rejects.toThrow(/permission denied/);
    }
    await expect(kit.test.ownerQuery('truncate identity.statement cascade')).rejects.toThrow(/append-only/);
  });

  it('is seen by its own party and by the worker only', async () => {
    const stranger = await kit.member('patient');
    await acceptLogin(amina.client.login());
    const count = async (tx: Tx) =>
      (await tx.query('select from identity.statement where party_id = $1', [amina.actor.partyId])).length;
    expect(await api(count)).toBe(0);
    expect(await api(async (tx) => (await tx.actAs(stranger.actor.partyId), count(tx)))).toBe(0);
    expect(await api(async (tx) => (await tx.actAs(amina.actor.partyId), count(tx)))).toBe(2);
    expect(await kit.test.database.transaction('worker', count)).toBe(2);
    for (const role of ['vault', 'sequencer', 'index'] as const) {
      await expect(kit.test.database.transaction(role, count)).rejects.toThrow(/permission denied/);
    }
  });
});

describe('the chain of a party', () => {
  const chainOf = () =>
    kit.test.ownerQuery<{ sequence: number }>(
      'select sequence, digest from identity.statement_chain where party_id = $1',
      [amina.actor.partyId],
    );

  it.each(DATABASE_ROLES)('is neither stepped back nor skipped by the role %s', async (role) => {
    for (let at = 0; at < 2; at += 1) await acceptLink(amina.client.signNext(LINK, { sourceRecords: pair() }));
    const before = await chainOf();
    expect(before[0]?.sequence).toBe(2);
    for (const change of [
      `sequence = 1, digest = sha256('x')`,
      'sequence = 0, digest = null',
      `digest = sha256('x')`,
      `sequence = 4, digest = sha256('x')`,
      'sequence = 3',
    ]) {
      const sql = `update identity.statement_chain set ${change} where party_id = $1`;
      const moved = kit.test.database.transaction(role, async (tx) => {
        await tx.actAs(amina.actor.partyId);
        await tx.execute(sql, [amina.actor.partyId]);
      });
      await expect(moved).rejects.toMatchObject({ code: role === 'api' ? '23001' : '42501' });
    }
    expect(await chainOf()).toEqual(before);
  });
});

describe('a statement is refused', () => {
  it('whose jti stands on another one', async () => {
    const jti = randomUUID();
    const login = JSON.parse(amina.client.login()).payload;
    await acceptLogin(amina.client.sign(LOGIN, { cnf: login.cnf, nonce: login.nonce }, { jti }));
    const other = amina.client.sign(LOGIN, { cnf: login.cnf, nonce: login.nonce }, { jti, lifetimeSeconds: 61 });
    await expect(acceptLogin(other)).rejects.toEqual(refusal('REPLAY_DETECTED'));
  });

  it('whose key nobody registered', async () => {
    await expect(acceptLogin(kit.client().login())).rejects.toEqual(refusal('KEY_UNKNOWN'));
  });

  it('whose key was revoked', async () => {
    await kit.addDevice(amina);
    await kit.test.ownerQuery('update identity.party_key set revoked_at = now() where did = $1', [amina.client.did]);
    await expect(acceptLogin(amina.client.login())).rejects.toEqual(refusal('KEY_REVOKED'));
  });

  it('whose party is suspended', async () => {
    await kit.freeze(amina, await kit.member('officer'));
    const { client } = amina;
    const text = client.link(randomUUID(), randomUUID());
    const accepted = kit.test.database.transaction('api', (tx) => kit.statements.accept(tx, text, LINK));
    await expect(accepted).rejects.toEqual(refusal('PARTY_NOT_ACTIVE'));
    await acceptLogin(client.login());
  });

  it('that was made for another ledger', async () => {
    const { client } = amina;
    Object.assign(client.composer, { audience: 'other.example.org' });
    await expect(acceptLogin(client.login())).rejects.toEqual(refusal('AUDIENCE_MISMATCH'));
  });

  it.each<[string, number, string]>([
    ['comes from the future', -120_000, 'ISSUED_IN_FUTURE'],
    ['has expired', 120_000, 'STATEMENT_EXPIRED'],
  ])('that %s', async (_, aheadMs, code) => {
    const text = amina.client.login();
    kit.aheadMs = aheadMs;
    await expect(acceptLogin(text).finally(() => (kit.aheadMs = 0))).rejects.toEqual(refusal(code));
  });

  it.each<[Role]>([['researcher'], ['officer'], ['provider']])('that a %s may not sign', async (role) => {
    const { client, actor } = await kit.member(role);
    const text = client.signNext(LINK, { sourceRecords: pair() });
    await expect(api((tx) => kit.statements.accept(tx, text, { ...LINK, actor }))).rejects.toEqual(
      refusal('ROLE_NOT_ALLOWED'),
    );
  });

  it('that another party hands in', async () => {
    const { client } = await kit.member('patient');
    const text = client.signNext(LINK, { sourceRecords: pair() });
    await expect(acceptLink(text)).rejects.toEqual(refusal('SIGNER_NOT_ACTOR'));
  });
});

describe('the chain of a party', () => {
  const own = () => ({ sourceRecords: pair() });

  it('takes one statement after the other and tells its head', async () => {
    await acceptLink(amina.client.signNext(LINK, own()));
    const last = amina.client.signNext(LINK, own());
    await acceptLink(last);
    const head = await api((tx) => kit.statements.head(tx, amina.actor.partyId));
    expect(head).toEqual({ sequence: 2, digest: digestOf(last) });
  });

  it('refuses a gap, a restart and another past', async () => {
    const first = amina.client.signNext(LINK, own());
    await acceptLink(first);
    const { client } = amina;
    const at = (seq: number, prev: string | null) => acceptLink(client.signAt(LINK, own(), { seq, prev }));
    await expect(at(3, digestOf(first))).rejects.toEqual(refusal('SEQUENCE_MISMATCH'));
    await expect(at(1, null)).rejects.toEqual(refusal('SEQUENCE_MISMATCH'));
    await expect(at(2, 'a'.repeat(64))).rejects.toEqual(refusal('PREVIOUS_MISMATCH'));
    await expect(at(2, null)).rejects.toEqual(refusal('PREVIOUS_MISMATCH'));
    await at(2, digestOf(first));
  });

  it('lets one of two statements with the same number win', async () => {
    const texts = Array.from({ length: 6 }, () => amina.client.signAt(LINK, own(), { seq: 1, prev: null }));
    const results = await Promise.allSettled(texts.map(acceptLink));
    const lost = results.filter((result) => result.status === 'rejected');
    expect(lost).toHaveLength(5);
    for (const { reason } of lost) expect(reason).toEqual(refusal('SEQUENCE_MISMATCH'));
  });

  it('accepts the same statement once, however many copies come at once', async () => {
    const text = amina.client.signNext(LINK, own());
    const results = await Promise.all(Array.from({ length: 6 }, () => acceptLink(text)));
    expect(results.filter(({ repeated }) => !repeated)).toHaveLength(1);
    const login = amina.client.login();
    const logins = await Promise.all(Array.from({ length: 6 }, () => acceptLogin(login)));
    expect(logins.filter(({ repeated }) => !repeated)).toHaveLength(1);
    expect(new Set(logins.map(({ acceptedAt }) => acceptedAt.getTime())).size).toBe(1);
  });

  it('does not move when the act of the statement fails', async () => {
    const text = amina.client.signNext(LINK, own());
    const failed = api(async (tx) => {
      await kit.statements.accept(tx, text, { ...LINK, actor: amina.actor });
      throw new Error('the act failed');
    });
    await expect(failed).rejects.toThrow('the act failed');
    expect((await acceptLink(text)).repeated).toBe(false);
  });
});
