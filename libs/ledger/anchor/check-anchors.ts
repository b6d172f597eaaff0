import type { Reader } from '../data/reader';

/** A row that does not fit the log, as `fsck` names it. */
export interface AnchorFinding {
  readonly table: string;
  /** Which row: chain, contract, and the sending's number there. */
  readonly key: string;
  /** What is wrong, in words. */
  readonly problem: string;
}

/**
 * Compares every anchor with the log: it is the checkpoint of a published block, anchors of a contract follow each other as
 * the program writes them, and states are ones that it can reach. Whether the chain agrees only the chain knows:
 * `aceso anchor verify`.
 */
export async function* checkAnchors(reader: Reader): AsyncGenerator<AnchorFinding> {
  yield* await reader.query<AnchorFinding>(WRONG_ANCHORS);
  yield* await reader.query<AnchorFinding>(WRONG_OUTCOMES);
}

const key = (table: string): string =>
  `format('chain %s, contract 0x%s, number %s', ${table}.chain_id, encode(${table}.contract, 'hex'), ${table}.number)`;

const WRONG_ANCHORS = `
select 'ledger.anchor' as table, key, problem from (
  select a.chain_id, a.contract, a.number, ${key('a')} as key, case
    when p.height is null or b.height is null then 'its block was never published'
    when a.size <> b.size then 'its size is not that of its block'
    when a.root <> b.root then 'its root is not that of its block'
    when a.checkpoint_hash <> sha256(convert_to(b.text, 'UTF8')) then 'its hash is not that of the checkpoint'
    when a.number <> coalesce(lag(a.number) over contract, -1) + 1 then 'the sending before it is missing'
    when a.size < lag(a.size) over contract then 'it is smaller than the one before it'
    when a.number > 0 and lag(o.outcome) over contract is null then 'it was sent while the one before it was pending'
  end as problem
  from ledger.anchor a
  left join ledger.publication p on p.height = a.height
  left join ledger.block b on b.height = a.height
  left join ledger.anchor_outcome o using (chain_id, contract, number)
  window contract as (partition by a.chain_id, a.contract order by a.number)
) as checked where problem is not null order by chain_id, contract, number`;

const WRONG_OUTCOMES = `
select 'ledger.anchor_outcome' as table, ${key('o')} as key, case
    when a.number is null then 'it belongs to no sending'
    else 'it is neither final in a block nor lost'
  end as problem
from ledger.anchor_outcome o left join ledger.anchor a using (chain_id, contract, number)
where a.number is null
  or not (o.outcome = 'lost' and num_nonnulls(o.transaction, o.block_number, o.block_hash) = 0
    or o.outcome = 'final' and num_nonnulls(o.transaction, o.block_number, o.block_hash) = 3)
order by o.chain_id, o.contract, o.number`;
