import { randomUUID } from 'node:crypto';
import { toGlobalId } from '@aceso/platform/graphql';
import { AcesoClient } from '../../apps/cli/src/demo/aceso-client';
import { registerParties, type Cast } from '../../apps/cli/src/demo/cast';
import { FIELDS, LIVING_ADULTS, UNIT_MINOR } from '../../apps/cli/src/demo/demo';
import { Sale } from '../../apps/cli/src/demo/sale';
import { signStandingTerms } from '../../apps/cli/src/demo/steps/standing-terms';
import { AcesoProcess, describeWhenBuilt } from './testing/aceso-process';
import { howToSections } from './testing/how-to-page';
import { writeSampleAdults } from './testing/sample-adults';
import { silentProgress } from './testing/silent-progress';

const AS_OF = '2026-06-30';
const PAGE = howToSections('build-a-cohort.md');
/** One day more or less of the sample data moves somebody over a month of birth. */
const STEP = 5;

interface Count {
  readonly approximate: number | null;
  readonly reason?: string | null;
  readonly closeTo?: number | null;
}

describeWhenBuilt('docs/how-to/build-a-cohort.md')(
  'docs/how-to/build-a-cohort.md, sent as it stands after the demo',
  () => {
    let aceso: AcesoProcess;
    let cast: Omit<Cast, 'patients'>;
    const replayed: string[] = [];

    beforeAll(async () => {
      aceso = await AcesoProcess.start(() => ({ ACESO_NOW: AS_OF }));
      const client = await AcesoClient.connect(aceso.baseUrl);
      cast = await registerParties(client, (role) => aceso.invite(role));
      const sale = new Sale(client, cast, silentProgress);
      const input = writeSampleAdults(aceso.folder, AS_OF);
      await sale.ingest(input);
      await sale.bind(input);
      await signStandingTerms(sale.patients, { fields: FIELDS, unitMinor: UNIT_MINOR }, silentProgress);
      await sale.explore({ criteria: LIVING_ADULTS, fields: FIELDS, unitMinor: UNIT_MINOR, recipientAgeKey: '' });
    }, 300_000);
    afterAll(() => aceso?.stop(), 60_000);

    /** The answer to a document of a section, and what the page shows of it. */
    async function replay<Data>(
      heading: string,
      {
        nth = 0,
        variables = {},
        as = cast.researcher,
      }: { nth?: number; variables?: object; as?: Cast['researcher'] } = {},
    ): Promise<{ data: Data; shown: readonly string[] }> {
      replayed.push(heading);
      const { graphql, text } = PAGE.get(heading)!;
      return { data: await as.run<Data>(graphql[nth]!, { ...variables }), shown: text[nth] ?? [] };
    }

    /** That a number is where the page shows one, about as large, and a reason where it shows a reason. */
    function expectAsShown(count: Count, shown: string): void {
      const [, word, closeTo] = /^(\w+)(?: \((\d+)\))?/.exec(shown)!;
      if (/^\d+$/.test(word!)) expect(Math.abs(Number(word) - count.approximate!)).toBeLessThanOrEqual(STEP);
      else expect([shown, count]).toEqual([shown, expect.objectContaining({ approximate: null, reason: word })]);
      expect(Math.abs((count.closeTo ?? 0) - Number(closeTo ?? 0))).toBeLessThanOrEqual(STEP);
    }

    it('knows codes', async () => {
      const { data, shown } = await replay<{ matchCodes: Record<string, unknown> }>('Which codes are there?');
      const { systemKnown, descendantsKnown, matched, unmatched } = data.matchCodes;
      const [{ code, text }] = matched as [{ code: string; text: string }];
      expect(shown.map((line) => line.replace(/ {2,}/g, ' '))).toEqual([
        `systemKnown ${systemKnown as string}, descendantsKnown ${descendantsKnown as string}`,
        `matched ${code} ${text}`,
        `unmatched ${(unmatched as string[]).join()}`,
      ]);
    });

    it.each(['Who was treated within a year?', 'Whose glucose rose?'])('%s', async (heading) => {
      const { data, shown } = await replay<{ cohortFunnel: { sentence: string; count: Count }[] }>(heading);
      expect(data.cohortFunnel).toHaveLength(shown.length);
      for (const [at, { sentence, count }] of data.cohortFunnel.entries()) {
        const [result, words] = shown[at]!.split(/ {2,}/);
        expectAsShown(count, result!);
        const pieces = words!.split('…').map((piece) => piece.trim().replace(/^\.$/, ''));
        for (const piece of pieces) expect(sentence).toContain(piece);
      }
    });

    it('shows who carries a risk', async () => {
      interface Profile {
        readonly total: Count;
        readonly tables: readonly {
          readonly table: string;
          readonly cells: readonly { label: string; count: Count }[];
        }[];
      }
      const { data, shown } = await replay<{ cohortProfile: Profile }>('Who carries a risk for heart and vessels?');
      const { total, tables } = data.cohortProfile;
      const told = [
        ['total', `${total.approximate}`] as const,
        ...tables.map(({ table, cells }) => [table, cellsOf(cells)] as const),
      ];
      expect(shown.map((line) => line.split(/ {2,}/)[0])).toEqual(told.map(([name]) => name));
      expect(shown.map(labelsOf)).toEqual(told.map(([, cells]) => labelsOf(cells)));
      expectAsShown(total, shown[0]!.split(/ {2,}/)[1]!);
    });

    const labelsOf = (line: string): string[] => [...line.matchAll(/([\w+-]+): \d+/g)].map(([, label]) => label!);
    const cellsOf = (cells: readonly { label: string; count: Count }[]): string =>
      cells
        .filter(({ count }) => count.approximate !== null)
        .map(({ label, count }) => `${label}: ${count.approximate}`)
        .join(', ');

    it('says what it would cost, to the question that the demo asked', async () => {
      interface Quote {
        readonly personsMax: number;
        readonly escrow: { readonly amountMinor: string };
      }
      interface Preview {
        readonly total: Count;
        readonly cells: readonly {
          readonly terms: string;
          readonly from: { amountMinor: string } | null;
          readonly count: Count;
        }[];
        readonly expectation: { least: number; most: number; leastPrice: Quote; mostPrice: Quote };
      }
      const { data, shown } = await replay<{ feasibility: Preview }>('What would it cost?');
      const { total, cells, expectation } = data.feasibility;
      const { least, most, leastPrice, mostPrice } = expectation;
      const rows = shown.map((line) => line.split(/ {2,}/) as [string, string]);
      const counts = [total, ...cells.map(({ count }) => count)];
      expect(rows.map(([name]) => name)).toEqual([
        'total',
        ...cells.map(({ terms, from }) => (from ? `${terms} ${from.amountMinor}` : terms)),
        ...['least', 'most'],
      ]);
      counts.forEach((count, at) => expectAsShown(count, rows[at]![1]));
      const said = ({ escrow }: Quote, persons: number) => `${persons}, for ${escrow.amountMinor}`;
      expect(rows.slice(-2).map(([, words]) => words)).toEqual([said(leastPrice, least), said(mostPrice, most)]);
      expect(leastPrice.personsMax).toBe(least);
    });

    it('saves two cohorts, says how far they are apart, and counts one in the background', async () => {
      type Saved = Record<'prediabetes' | 'overSixty', { id: string; version: number }>;
      const { data: saved } = await replay<Saved>('Keep it, and try variants');
      const { prediabetes, overSixty } = Object.fromEntries(
        Object.entries(saved).map(([name, { id, version }]) => [name, { cohort: id, version }]),
      );
      interface Compared {
        readonly compareCohorts: Record<string, Count>;
        readonly compareCriteria: { readonly onlyA: string[]; readonly onlyB: string[] };
      }
      const variables = { prediabetes, overSixty };
      const { data, shown } = await replay<Compared>('How far are two of them apart?', { variables });
      const [numbers, onlyA, onlyB] = shown;
      for (const [, part, number] of numbers!.matchAll(/(\w+) (\d+)/g))
        expectAsShown(data.compareCohorts[part!]!, number!);
      const { compareCriteria } = data;
      expect([onlyA, onlyB]).toEqual([
        `onlyA  ${compareCriteria.onlyA.join()}`,
        `onlyB  ${compareCriteria.onlyB.join()}`,
      ]);
      const started = await replay<{ startCount: { state: string } }>('When a count takes long', {
        variables: { cohort: prediabetes },
      });
      expect(started.data.startCount.state).toBe('QUEUED');
    });

    it('locks nobody out, and says to officers who is', async () => {
      const as = cast.officer;
      const { data } = await replay<{ countLocks: unknown[] }>('When counts are refused', { as });
      expect(data.countLocks).toEqual([]);
      const calls = await aceso.ownerQuery<{ calls: number }>(
        'select count(distinct criteria_hash)::int as calls from cohort.close_call',
      );
      expect(calls).toEqual([{ calls: 2 }]);
      const release = replay('When counts are refused', {
        nth: 1,
        as,
        variables: { id: toGlobalId('CountLock', randomUUID()) },
      });
      await expect(release).rejects.toMatchObject({ code: 'COUNT_RELEASE_REFUSED' });
    });

    it('has no example that is not sent here', () => {
      const examples = [...PAGE].flatMap(([heading, { graphql }]) => graphql.map(() => heading));
      expect([...replayed].sort()).toEqual(examples.sort());
    });
  },
);
