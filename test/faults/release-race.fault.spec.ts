import { readdir, readFile, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { pseudonymsUnder } from '@aceso/deidentification/domain';
import { openPackage } from '@aceso/extraction';
import {
  openExtractionKit,
  takeCommits,
  watchCommits,
  type Committed,
  type Contributor,
  type ExtractionKit,
  type FundedSale,
} from '@aceso/extraction/testing';
import { hmacSha256 } from '@aceso/platform';
import { ReleaseRace, type Group, type Moment, type Round } from './testing/release-race';
import { WAYS, Withdrawals, type Rival } from './testing/withdrawals';

jest.setTimeout(1_200_000);

/**
 * Withdrawals that race a release, over all orders. Each run of the tests takes some of every
 * kind; `ACESO_RACE_ROUNDS=1000` takes as many as are asked of a release.
 */
const ROUNDS = Number(process.env.ACESO_RACE_ROUNDS ?? 96);
/** In one order. */
const RIVALS = Math.min(125, Math.ceil(ROUNDS / 4));
/** Never withdraw: enough for an order without anybody else. */
const STAYING = 12;

/** What an order goes through, in this order; a second release comes when somebody withdraws between the first and the fetch. */
const COURSES: readonly (readonly Moment[])[] = [
  ['before', 'held', 'released', 'asked', 'before', 'held', 'fetching', 'fetched'],
  ['lock', 'behind', 'commit', 'asked-held', 'fetching', 'fetched'],
  ['behind', 'delivered', 'asked', 'lock', 'commit', 'asked-held', 'fetched'],
  ['before', 'commit', 'delivered', 'held', 'behind', 'fetching'],
];

/** What surely happens, whichever side is faster. */
const CERTAIN: readonly string[] = [
  ...['before: in time', 'held: in time', 'behind: before the fetch', 'released: before the fetch'],
  ...['delivered: before the fetch', 'asked: before the fetch', 'asked-held: before the fetch', 'fetched: too late'],
];

/** Numbers from 0 to 1, the same ones in every run. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

describe('a withdrawal that races the release', () => {
  let kit: ExtractionKit;
  let race: ReleaseRace;
  let withdrawals: Withdrawals;
  let staying: Contributor[];
  let rivals: Rival[];
  beforeAll(async () => {
    kit = await openExtractionKit((step) => race.step(step));
    await watchCommits(kit.test);
    const clinic = await kit.market.consent.identity.member('provider');
    withdrawals = new Withdrawals(kit, clinic);
    race = new ReleaseRace(kit, withdrawals);
    staying = [];
    for (let n = 0; n < STAYING; n += 1) staying.push(await withdrawals.person());
    rivals = [];
    for (let n = 0; n < RIVALS; n += 1) rivals.push(await withdrawals.rival(WAYS[n % WAYS.length]!));
  });
  afterAll(async () => {
    await race.close();
    await kit.test.close();
  });

  it(`is either in time or too late, ${ROUNDS} times`, async () => {
    const next = seeded(20_261_127);
    const sides = new Map<string, number>();
    for (let order = 0; order * RIVALS < ROUNDS; order += 1) {
      const groups = intoGroups(COURSES[order % COURSES.length]!, rivals, next);
      const sideOf = await play(groups);
      for (const { came, rival } of groups.flatMap(({ rounds }) => rounds)) {
        const met = `${came}: ${sideOf(rival)}`;
        sides.set(met, (sides.get(met) ?? 0) + 1);
      }
      for (const rival of rivals) await withdrawals.recover(rival);
    }
    expect([...sides.values()].reduce((sum, count) => sum + count, 0)).toBeGreaterThanOrEqual(ROUNDS);
    // Every side of the race was met; who came at once with a lock or a commit may be on either.
    expect([...sides.keys()]).toEqual(expect.arrayContaining(CERTAIN));
  });

  /** Plays one order and judges it; tells on which side of its releases and its fetch each rival was. */
  async function play(groups: readonly Group[]): Promise<(rival: Rival) => string> {
    for (const rival of rivals) await withdrawals.ready(rival);
    const granting = rivals.filter(({ way }) => way !== 'terms').map(({ person }) => person);
    await takeCommits(kit.test);
    const sale = await kit.sale([...staying, ...granting]);
    const ids = new Map(rivals.map((rival) => [rival, rival.person.personId]));
    const everybody = [...staying.map(({ personId }) => personId), ...ids.values()].sort();
    const editions: string[][] = [];
    const path = await race.play(sale, groups, async () => {
      editions.push(await personsIn(await releasedTexts(kit, sale), sale, everybody));
    });
    const fetched = await personsIn(await fetchedTexts(sale, path), sale, everybody);
    const order = orderOf(await takeCommits(kit.test), sale);
    // Who withdrew before a release committed is not in its files; everybody else who took part is.
    const staysAt = (moment: number): string[] => everybody.filter((id) => (order.gate.get(id) ?? Infinity) > moment);
    expect(editions).toEqual(order.releases.map(staysAt));
    // Paid is who was in the first edition, and stays paid.
    expect(await earners(kit, sale)).toEqual(staysAt(order.releases[0]!));
    // What the buyer holds is the last edition, and nobody had withdrawn from it when the fetch committed.
    expect(fetched).toEqual(editions.at(-1));
    expect(fetched).toEqual(staysAt(order.fetch));
    // An edition is made anew for nothing but a withdrawal from it.
    for (const [n, at] of order.releases.slice(1).entries()) {
      expect(staysAt(at).length).toBeLessThan(staysAt(order.releases[n]!).length);
    }
    return (rival) => {
      const at = order.gate.get(ids.get(rival)!)!;
      if (at < order.releases[0]!) return 'in time';
      return at < order.fetch ? 'before the fetch' : 'too late';
    };
  }

  /** Those of the persons whose pseudonym is in the texts. */
  async function personsIn(
    texts: readonly string[],
    { orderId }: FundedSale,
    persons: readonly string[],
  ): Promise<string[]> {
    const key = await kit.test.database.transaction('worker', (tx) =>
      kit.saleKeys.open(tx, orderId, 'extraction.released'),
    );
    const pseudonymise = pseudonymsUnder(key, hmacSha256);
    return persons.filter((person) => {
      const pseudonym = pseudonymise('pseudonym/Patient', person);
      return texts.some((one) => one.includes(pseudonym));
    });
  }
});

/** Rivals in turn to the moments of a course, in an order that the seed decides. */
function intoGroups(course: readonly Moment[], rivals: readonly Rival[], next: () => number): readonly Group[] {
  const shuffled = rivals.map((rival) => ({ rival, at: next() })).sort((a, b) => a.at - b.at);
  const rounds = shuffled.map(({ rival }): Round => ({ rival, share: next(), came: null }));
  return course.map((moment, number) => ({
    moment,
    rounds: rounds.filter((_, index) => index % course.length === number),
  }));
}

/** Positions of what committed: the first gate of each person, the releases, and the fetch. */
function orderOf(commits: readonly Committed[], { orderId }: FundedSale) {
  const gate = new Map<string, number>();
  for (const { kind, id, at } of commits) if (kind === 'gate' && !gate.has(id)) gate.set(id, at);
  const at = (kind: Committed['kind']): number[] =>
    commits.filter((one) => one.kind === kind && one.id === orderId).map((one) => one.at);
  const [fetch, ...more] = at('fetch');
  expect([fetch, more]).toEqual([expect.any(Number), []]);
  return { gate, releases: at('release'), fetch: fetch! };
}

/** The data files of the edition that was released last, as they lie before they are encrypted. */
async function releasedTexts({ test }: ExtractionKit, { orderId }: FundedSale): Promise<string[]> {
  const [found] = await test.ownerQuery<{ folder: string }>(
    `select folder from extraction.package where order_id = $1 and state = 'released'`,
    [orderId],
  );
  const texts: string[] = [];
  for await (const key of test.blobs.list(`${found!.folder}/`)) {
    if (key.endsWith('.ndjson')) texts.push(await text(await test.blobs.open(key)));
  }
  return texts;
}

/** The data files of the package that the buyer fetched and opened. */
async function fetchedTexts({ identity }: FundedSale, path: string): Promise<string[]> {
  const workFolder = dirname(path);
  const folder = await openPackage({ encryptedPath: path, identities: [identity], workFolder });
  const names = (await readdir(join(folder, 'data'))).filter((name) => name.endsWith('.ndjson'));
  const texts = await Promise.all(names.map((name) => readFile(join(folder, 'data', name), 'utf8')));
  await rm(workFolder, { recursive: true });
  return texts;
}

async function earners({ test }: ExtractionKit, { orderId }: FundedSale): Promise<string[]> {
  const rows = await test.ownerQuery<{ person: string }>(
    `select a.owner_id as person from settlement.posting p join settlement.account a on a.id = p.account_id
       join settlement.transfer t on t.id = p.transfer_id where a.kind = 'patient' and t.order_id = $1 order by 1`,
    [orderId],
  );
  return rows.map(({ person }) => person);
}
