import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { TLOG_PROOF_EXTENSION } from '@aceso/ledger/domain';
import type { Command } from 'commander';
import { AcesoClient } from './demo/aceso-client';
import { PartyClient } from './demo/party-client';
import { readSeed, webAddress } from './key-file';

interface Options {
  readonly keyFile: string;
  readonly url: string;
  readonly out: string;
  readonly json?: boolean;
}

/** A receipt as it is saved: a name that says the place in the log and nothing else. */
interface ReceiptFile {
  readonly name: string;
  readonly text: string;
}

interface Page {
  readonly edges: readonly { readonly node: { readonly index: string; readonly file: string | null } }[];
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
}

/** Receipts that are asked for at once. */
const PAGE = 50;
const ROWS = 'edges { node { index file } } pageInfo { hasNextPage endCursor }';

/** `aceso receipts`: saves what a party can prove later without the instance, over its public API. */
export function registerReceipts(program: Command): void {
  program
    .command('receipts')
    .description('save all receipts of a party as .tlog-proof files; each is opened, which the access log shows')
    .requiredOption('--key-file <file>', 'secret seed of the party: 64 hexadecimal digits or 32 raw bytes')
    .requiredOption('--out <folder>', 'where to save them; what is there under the same name is replaced')
    .option('--url <url>', 'address of the instance', webAddress, 'http://localhost:3000')
    .option('--json', 'print the names as one line of JSON')
    .action(save);
}

async function save({ keyFile, url, out, json }: Options): Promise<void> {
  const client = await AcesoClient.connect(url);
  // The role is the instance's to say; a client that only logs in needs none of its own.
  const party = new PartyClient('party', 'patient', client, await readSeed(keyFile, 'key'));
  const files = await receiptsOf(party);
  await mkdir(out, { recursive: true, mode: 0o700 });
  for (const { name, text } of files) {
    const path = join(out, name);
    await writeFile(path, text, { mode: 0o600 });
    await chmod(path, 0o600); // a file that was there keeps its mode otherwise
  }
  const names = files.map(({ name }) => name);
  process.stdout.write(json ? `${JSON.stringify({ files: names })}\n` : `${names.length} receipts in ${out}\n`);
}

/** Everything that the party can have of the newest published checkpoint. */
export async function receiptsOf(party: PartyClient): Promise<ReceiptFile[]> {
  const { me } = await party.run<{ me: { role: string } }>('{ me { role } }');
  const files = await filesOf(party, { list: 'receipts', options: ', opened: true', prefix: '' });
  if (me.role === 'PATIENT' || me.role === 'PROVIDER') {
    files.push(...(await filesOf(party, { list: 'releaseReceipts', options: '', prefix: 'release-' })));
  }
  return me.role === 'PATIENT' ? [...files, ...(await headOf(party))] : files;
}

async function filesOf(
  party: PartyClient,
  { list, options, prefix }: { list: string; options: string; prefix: string },
): Promise<ReceiptFile[]> {
  const query = `query($after: String) { page: ${list}(first: ${PAGE}, after: $after${options}) { ${ROWS} } }`;
  const files: ReceiptFile[] = [];
  for (let after: string | null = null; ;) {
    const { page }: { page: Page } = await party.run<{ page: Page }>(query, { after });
    for (const { node } of page.edges) {
      if (node.file !== null) files.push({ name: `${prefix}${node.index}${TLOG_PROOF_EXTENSION}`, text: node.file });
    }
    if (!page.pageInfo.hasNextPage) return files;
    after = page.pageInfo.endCursor;
  }
}

async function headOf(party: PartyClient): Promise<ReceiptFile[]> {
  const { headReceipt } = await party.run<{ headReceipt: { receipt: { file: string } | null } | null }>(
    '{ headReceipt { receipt { file } } }',
  );
  const receipt = headReceipt?.receipt;
  return receipt ? [{ name: `head${TLOG_PROOF_EXTENSION}`, text: receipt.file }] : [];
}
