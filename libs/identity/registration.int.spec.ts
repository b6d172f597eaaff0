import type { Tx } from '@aceso/platform';
import { DAY_SECONDS, LOGIN, type Role } from './domain';
import { INVITATION_DAYS } from './invitation.service';
import { TOKEN_LIFETIME_SECONDS } from './session-tokens';
import type { IdentityKit } from './testing';
import { openIdentityKit } from './testing';

let kit: IdentityKit;

beforeAll(async () => {
  kit = await openIdentityKit();
});
afterAll(() => kit.test.close());
afterEach(() => {
  kit.aheadMs = 0;
});

const api = <T>(use: (tx: Tx) => Promise<T>) => kit.test.database.transaction('api', use);
const login = (text: string) => api((tx) => kit.logins.login(tx, text));
const refusal = (code: string) => expect.objectContaining({ code });

describe('registration', () => {
  it('makes a patient a party with a person and an open gate', async () => {
    const party = await kit.register(kit.client(), 'patient');
    expect(party).toMatchObject({ role: 'patient', personId: expect.any(String) });
    const versions = await api((tx) => kit.gates.versions(tx, [party.personId!]));
    expect(versions.get(party.personId!)).toBe(1);
  });

  it.each<[Exclude<Role, 'patient'>]>([['researcher'], ['provider'], ['officer'], ['physician']])(
    'makes a %s a party with the code of an invitation, and no person',
    async (role) => {
      const { code } = await kit.invitations.create(role);
      expect(await kit.register(kit.client(), role, code)).toMatchObject({ role, personId: null });
    },
  );

  it('keeps the hash of a code only', async () => {
    const { code } = await kit.invitations.create('officer');
    const rows = await kit.test.ownerQuery('select * from identity.invitation');
    expect(JSON.stringify(rows)).not.toContain(code);
  });

  it('answers the same party to the same statement, also when two come at once', async () => {
    const text = kit.client().registration('patient');
    const once = () => api((tx) => kit.registration.register(tx, text));
    const parties = await Promise.all([once(), once(), once()]);
    expect(new Set([...parties, await once()].map(({ partyId }) => partyId)).size).toBe(1);
  });

  it('answers the same party to a copy that waited for the first to commit', async () => {
    const text = kit.client().registration('patient');
    let copy: Promise<{ partyId: string }> | undefined;
    const first = await api(async (tx) => {
      const party = await kit.registration.register(tx, text);
      copy = api((other) => kit.registration.register(other, text));
      await new Promise((resolve) => setTimeout(resolve, 150));
      return party;
    });
    expect((await copy)?.partyId).toBe(first.partyId);
  });

  it('refuses a second registration of a key', async () => {
    const client = kit.client();
    await kit.register(client, 'patient');
    kit.aheadMs = 1000;
    await expect(kit.register(client, 'patient')).rejects.toEqual(refusal('KEY_ALREADY_REGISTERED'));
  });

  it('refuses a role without an invitation, or with one that is not meant for it', async () => {
    const { code } = await kit.invitations.create('researcher');
    await expect(kit.register(kit.client(), 'officer')).rejects.toEqual(refusal('INVITATION_REQUIRED'));
    await expect(kit.register(kit.client(), 'officer', code)).rejects.toEqual(refusal('INVITATION_INVALID'));
    await expect(kit.register(kit.client(), 'officer', 'A1B2C-INVENTED')).rejects.toEqual(
      refusal('INVITATION_INVALID'),
    );
    const text = kit.client().registration('researcher', code);
    await expect(api((tx) => kit.registration.register(tx, text, `${code}0`))).rejects.toEqual(
      refusal('INVITATION_INVALID'),
    );
    await expect(api((tx) => kit.registration.register(tx, text))).rejects.toEqual(refusal('INVITATION_REQUIRED'));
    expect(await kit.register(kit.client(), 'researcher', code)).toMatchObject({ role: 'researcher' });
  });

  it('takes an invitation once, also when two come at once, and not after its days', async () => {
    const { code } = await kit.invitations.create('provider');
    const both = await Promise.allSettled(
      [kit.client(), kit.client()].map((client) => kit.register(client, 'provider', code)),
    );
    expect(both.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    const late = await kit.invitations.create('provider');
    kit.aheadMs = INVITATION_DAYS * DAY_SECONDS * 1000 + 1;
    await expect(kit.register(kit.client(), 'provider', late.code)).rejects.toEqual(refusal('INVITATION_INVALID'));
  });
});

describe('a login', () => {
  it('opens a session whose token names the party and its key', async () => {
    const { client, actor } = await kit.member('patient');
    const { token, expiresAt, party } = await login(client.login());
    expect(party).toEqual({ partyId: actor.partyId, did: client.did, role: 'patient', personId: actor.personId });
    expect(expiresAt.getTime()).toBeGreaterThan(Date.now() + (TOKEN_LIFETIME_SECONDS - 2) * 1000);
    expect(await kit.tokens.verify(token)).toMatchObject({ partyId: actor.partyId, role: 'patient' });
  });

  it('answers the same token when it is repeated, until that has ended', async () => {
    const { client } = await kit.member('patient');
    const text = client.login();
    const first = await login(text);
    kit.aheadMs = (TOKEN_LIFETIME_SECONDS - 5) * 1000;
    expect((await login(text)).token).toBe(first.token);
    kit.aheadMs = TOKEN_LIFETIME_SECONDS * 1000;
    await expect(login(text)).rejects.toEqual(refusal('STATEMENT_EXPIRED'));
    expect(await kit.tokens.verify(first.token)).toBeNull();
  });

  it('is refused for the thumbprint of another key', async () => {
    const { client } = await kit.member('patient');
    const { cnf } = JSON.parse(kit.client().login()).payload;
    await expect(login(client.sign(LOGIN, { cnf, nonce: kit.nonces.issue().nonce }))).rejects.toEqual(
      refusal('LOGIN_KEY_MISMATCH'),
    );
  });

  it('wants a nonce of this instance that has not ended, so that nobody signs logins ahead', async () => {
    const client = kit.client();
    await kit.register(client, 'patient');
    const { nonce, expiresAt } = kit.nonces.issue();
    const altered = (at: number): string =>
      `${nonce.slice(0, at)}${nonce[at] === 'A' ? 'B' : 'A'}${nonce.slice(at + 1)}`;
    for (const other of ['A'.repeat(54), altered(0), altered(20)]) {
      await expect(login(client.login({ nonce: other }))).rejects.toEqual(refusal('LOGIN_NONCE_REFUSED'));
    }
    kit.aheadMs = expiresAt.getTime() - Date.now() - 2_000;
    const { token } = await login(client.login({ nonce }));
    kit.aheadMs += 3_000;
    const ahead = client.login({ nonce });
    await expect(login(ahead)).rejects.toEqual(refusal('LOGIN_NONCE_REFUSED'));
    await expect(login(client.login())).resolves.toMatchObject({ token: expect.not.stringMatching(token) });
    // What was refused left nothing behind: its statement does not count as handed in.
    await expect(login(ahead)).rejects.toEqual(refusal('LOGIN_NONCE_REFUSED'));
  });

  it('is not what any other statement is', async () => {
    const client = kit.client();
    await expect(login(client.registration('patient'))).rejects.toEqual(refusal('STATEMENT_TYPE_MISMATCH'));
  });
});

describe('a token', () => {
  it.each<[string, (token: string) => string]>([
    ['is empty', () => ''],
    ['is no token', () => 'abc.def.ghi'],
    ['has an altered byte', (token) => token.slice(0, -3) + (token.endsWith('A') ? 'BBB' : 'AAA')],
    ['claims another role', (token) => swap(token, 1, { role: 'officer' })],
    ['names no algorithm', (token) => swap(token, 0, { alg: 'none' }).replace(/\.[^.]*$/, '.')],
    ['is of another type', (token) => swap(token, 0, { typ: 'JWT' })],
  ])('names nobody when it %s', async (_, change) => {
    const { client } = await kit.member('patient');
    const { token } = await login(client.login());
    expect(await kit.tokens.verify(change(token))).toBeNull();
  });
});

/** Replaces members in one part of a token. */
function swap(token: string, part: number, members: object): string {
  const parts = token.split('.');
  const content = { ...JSON.parse(Buffer.from(parts[part]!, 'base64url').toString()), ...members };
  parts[part] = Buffer.from(JSON.stringify(content)).toString('base64url');
  return parts.join('.');
}
