import { chmod, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openPackage, parseIdentities, verifyPackage, type VerificationReport } from '@aceso/extraction';
import { forgetHome } from '@aceso/platform/supervisor';
import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import { DemoError } from './demo.errors';

/** What the buyer downloads, under this name in the output folder. */
export const ENCRYPTED_PACKAGE = 'package.age';

export interface PackageFile {
  readonly name: string;
  readonly rows: number;
  readonly sha256: string;
}

/** The buyer's own age key, kept in the output folder. */
export interface BuyerKey {
  readonly recipient: string;
  readonly identityFile: string;
}

export async function makeBuyerKey(out: string): Promise<BuyerKey> {
  const identity = await generateX25519Identity();
  const recipient = await identityToRecipient(identity);
  const identityFile = join(out, 'buyer.agekey');
  await writeFile(identityFile, `# public key: ${recipient}\n${identity}\n`, { mode: 0o600 });
  await chmod(identityFile, 0o600);
  return { recipient, identityFile };
}

/** What the buyer found in the package, judged with nothing but the package, the own key and the trust policy. */
export interface Delivery {
  readonly dir: string;
  readonly files: readonly PackageFile[];
  readonly persons: number;
  readonly generalisation: Readonly<Record<string, string>>;
  readonly verified: boolean;
  /** Whom the buyer believes, by the trust policy. */
  readonly trust: VerificationReport['trust'];
  readonly problem: string | null;
}

/** Decrypts `package.age` into `package/` and verifies both. */
export async function openAndVerify(out: string, buyer: BuyerKey): Promise<Delivery> {
  const encryptedPath = join(out, ENCRYPTED_PACKAGE);
  const dir = join(out, 'package');
  const policyText = await readFile(join(out, 'trust.policy'), 'utf8');
  const identityText = await readFile(buyer.identityFile, 'utf8');
  const workFolder = await mkdtemp(join(out, 'opening-'));
  try {
    const opened = await openPackage({ encryptedPath, identities: parseIdentities(identityText), workFolder });
    await rename(opened, dir);
  } finally {
    await rm(workFolder, { recursive: true, force: true });
  }
  const report = await verifyPackage({ path: encryptedPath, policyText, identityText });
  const manifest = report.manifest;
  return {
    dir,
    files: (manifest?.files ?? []).map(({ name, rows, sha256 }) => ({ name, rows: rows ?? 0, sha256 })),
    persons: manifest?.counts.persons ?? 0,
    generalisation: manifest?.generalisation ?? {},
    verified: report.verdict === 'verified',
    trust: report.trust,
    problem: report.verdict === 'verified' ? null : (report.findings[0]?.problem ?? report.reason),
  };
}

/** Tells the next run that everything in the folder is its own to replace. */
const MARKER = 'DEMO-OUTPUT.txt';

/** An empty output folder; refuses one that holds something a demo did not write. */
export async function prepareOutput(out: string): Promise<void> {
  const marker = join(out, MARKER);
  await mkdir(out, { recursive: true });
  const present = await readdir(out);
  if (present.length > 0 && !present.includes(MARKER)) {
    throw new DemoError(
      'DEMO_OUTPUT_IN_USE',
      `${out} holds something that no demo wrote: name an empty folder with --out`,
    );
  }
  await forgetHome(join(out, 'home'));
  for (const name of present) await rm(join(out, name), { recursive: true, force: true });
  await writeFile(marker, 'Written by aceso demo; the next run replaces everything in this folder.\n');
}
