import {
  SYNTHETIC_BLOCK_PERSONS,
  SYNTHETIC_CODE_SYSTEM,
  SYNTHETIC_CODES,
  SYNTHETIC_DECIMALS,
  syntheticFacts,
  type SyntheticBlock,
  type SyntheticFactsOptions,
} from '@aceso/fhir/synthetic';
import { assert } from '@aceso/kernel';
import type { Database, Tx } from '@aceso/platform';
import { addBlocks, type StoredBlock } from './data/block-rows';
import { BLOCK_SLOTS, encodeColumns, encodePersons, FORM_NONE, SEXES } from './domain';
import { asNotApart } from './generated-apart';

/** Ten times the largest register that was measured. */
export const GENERATED_PERSONS_MAX = 10_000_000;

/** How far the writing is. */
export interface Generated {
  readonly persons: number;
  readonly facts: number;
}

/**
 * Writes generated facts into the index of an instance that holds nothing, for measuring. They are nobody's: no slot is taken, nobody is
 * found by a count, and the instance takes no record any more.
 */
export class GeneratedIndex {
  constructor(private readonly database: Database) {}

  /** A transaction a block; tells of each. Throws GENERATED_NOT_APART where there are facts or records. */
  async *write(options: SyntheticFactsOptions): AsyncGenerator<Generated> {
    assert(options.persons <= GENERATED_PERSONS_MAX, 'so many persons can be generated');
    const numbers = await this.database
      .transaction('index', (tx) => begin(tx, options))
      .catch((error: unknown) => {
        throw asNotApart(error);
      });
    let [persons, facts] = [0, 0];
    for (const block of syntheticFacts(options)) {
      await this.database.transaction('index', (tx) => writeBlock(tx, block, numbers));
      persons += block.persons;
      facts += block.facts;
      yield { persons, facts };
    }
  }
}

/** Marks the instance and gives codes their numbers, in the order of SYNTHETIC_CODES. */
async function begin(tx: Tx, { persons, seed, asOf }: SyntheticFactsOptions): Promise<number[]> {
  await tx.execute('insert into facts.generated (persons, seed, as_of) values ($1, $2, $3)', [persons, seed, asOf]);
  const rows = await tx.query<{ number: number; code: string }>(
    `insert into facts.code (kind, code, system, unit)
     select kind, code, $3, '' from unnest($1::text[], $2::text[]) as made (kind, code)
     returning number, code`,
    [SYNTHETIC_CODES.map(({ kind }) => kind), SYNTHETIC_CODES.map(({ code }) => code), SYNTHETIC_CODE_SYSTEM],
  );
  const numbers = new Map(rows.map(({ number, code }) => [code, number]));
  return SYNTHETIC_CODES.map(({ code }) => numbers.get(code)!);
}

async function writeBlock(tx: Tx, block: SyntheticBlock, numbers: readonly number[]): Promise<void> {
  assert(SYNTHETIC_BLOCK_PERSONS === BLOCK_SLOTS, 'a generated block is a block of the index');
  await addBlocks(tx, block.number, storedBlocks(block, numbers));
  await tx.execute('insert into facts.person_block (blk, n, data) values ($1, $2, $3)', [
    block.number,
    block.persons,
    encodePersons(personsOf(block)),
  ]);
}

function* storedBlocks(block: SyntheticBlock, numbers: readonly number[]): Generator<StoredBlock> {
  for (const [at, code] of numbers.entries()) {
    const columns = block.columns(at);
    const form = columns.values === null ? FORM_NONE : SYNTHETIC_DECIMALS;
    yield { code, n: columns.n, form, data: encodeColumns({ ...columns, form }) };
  }
}

function personsOf({ number, persons, births, sexes, zips }: SyntheticBlock) {
  return Array.from({ length: persons }, (_, at) => ({
    slot: number * BLOCK_SLOTS + at,
    birthMonth: monthText(births[at]!),
    sex: SEXES[sexes[at]!]!,
    zip3: String(zips[at]).padStart(3, '0'),
    state: 'MA',
  }));
}

const monthText = (month: number): string => `${Math.floor(month / 12)}-${String((month % 12) + 1).padStart(2, '0')}`;
