import { join } from 'node:path';
import { Readable } from 'node:stream';
import { Inject, Injectable } from '@nestjs/common';
import { rareCodes, type Generalisation } from '@aceso/deidentification/domain';
import { encodeDidKey, hex, utf8 } from '@aceso/kernel';
import { Ledger } from '@aceso/ledger';
import {
  BlobStore,
  CONFIG,
  ed25519PublicKey,
  ed25519Signer,
  hmacSha256,
  KeyCustody,
  Runtime,
  sha256,
  SOFTWARE,
  type Config,
  type Tx,
} from '@aceso/platform';
import type { Attempt } from './data/attempt.store';
import type { OrderInWork } from './data/order.store';
import { earlierPrints } from './data/linkage.store';
import type { ShardFiles } from './data/shard.store';
import { PERSONS_MIN, type AbandonReason } from './domain/attempt';
import { describingTexts } from './domain/descriptors';
import { valueLinkage, type PackagePrints } from './domain/linkage-prints';
import { manifestText, type ManifestFile } from './domain/manifest';
import { composeManifest, type PackageFacts } from './domain/package-content';
import { MANIFEST_FILE, SIGNATURE_FILE } from './domain/package-layout';
import type { SourcePerson } from './domain/risk-facts';
import { signRelease } from './domain/release-statement';
import { ruleInWords } from './domain/rule-words';
import { PackageAssembler, type AssembledData, type PackagedFile } from './package-assembler';
import { classSizeOf, policyOf } from './plan.service';
import { riskFiles, type RiskFiles } from './risk-files';
import { RiskSource } from './risk-source';
import { tablesOfPackage } from './tables-of-package';

/** A package as it will be released: final files, measured, described and signed. */
export interface BuiltPackage {
  /** Blob key under which all files lie. */
  readonly folder: string;
  /** Everything that leaves with the release: data, tables, what describes them, manifest and its signature. */
  readonly files: readonly PackagedFile[];
  readonly manifestSha256: string;
  readonly policyHash: string;
  /** did:key of the key that signed. */
  readonly releaseKey: string;
  /** Pseudonyms of the persons in the files, each with the class that is shown of it. */
  readonly persons: ReadonlyMap<string, string>;
  /** What later orders of the same buyer are measured against. */
  readonly prints: PackagePrints;
}

/** What a package is built from. */
export interface BuildWork {
  readonly order: OrderInWork;
  readonly attempt: Attempt;
  readonly fence: bigint;
  readonly compared: Compared;
  /** Pseudonyms of members who do not count towards k. */
  readonly uncounted: ReadonlySet<string>;
}

/** What the final files are measured against. */
export interface Compared {
  /** Prints of what the buyer was given before. */
  readonly earlier: readonly PackagePrints[];
  readonly source: readonly SourcePerson[];
}

/** What a package holds besides its manifest. */
interface Described {
  readonly data: AssembledData;
  readonly folder: string;
  readonly prints: PackagePrints;
  /** Further files, by name. */
  readonly texts: RiskFiles['files'];
}

/** Makes the final files of an attempt from its shards. Repeating it gives the same data under the same keys. */
@Injectable()
export class PackageBuilder {
  constructor(
    private readonly blobs: BlobStore,
    private readonly custody: KeyCustody,
    private readonly ledger: Ledger,
    private readonly runtime: Runtime,
    @Inject(CONFIG) private readonly config: Pick<Config, 'home'>,
    private readonly riskSource: RiskSource,
  ) {}

  /** Reads what the final files of an attempt will be measured against. */
  async compared(tx: Tx, order: OrderInWork, attempt: Attempt): Promise<Compared> {
    const earlier = await earlierPrints(tx, order.buyerId, order.id);
    return { earlier, source: await this.riskSource.persons(tx, order, attempt) };
  }

  /** The package, or why the final files may not leave. */
  async build(work: BuildWork, shards: readonly ShardFiles[]): Promise<BuiltPackage | AbandonReason> {
    const { order, attempt, fence, uncounted } = work;
    const policy = policyOf(order);
    const k = classSizeOf(order, policy);
    const folder = `extraction/${attempt.id}/final-${fence}`;
    const { suppressed } = attempt.plan as { readonly suppressed: number };
    const rare = rareCodes(await this.codeCounts(shards), k);
    const assembler = new PackageAssembler(this.blobs, { policy, k, suppressed, uncounted });
    const parts = shards.flatMap((shard) => shard.parts);
    const data = await assembler.assemble(parts, rare, folder);
    if (!data || data.measure.persons < PERSONS_MIN) return 'K_NOT_REACHED';
    const prints = data.prints.prints(this.printKey(), hmacSha256);
    const described = this.factsOf(work, data, prints);
    const risk = this.riskOf(described, data, work);
    if (risk.refusal) return risk.refusal;
    return this.describe(order, described, { data, folder, prints, texts: risk.files });
  }

  /** Keeps prints from being guessed by whoever reads the database alone. */
  private printKey(): Uint8Array {
    return hmacSha256(this.custody.serviceSeed('release'), utf8('aceso/linkage-print/v1'));
  }

  /** Whoever does not count towards k is neither in the source nor in the release that are compared. */
  private riskOf(described: PackageFacts, data: AssembledData, { compared, uncounted }: BuildWork): RiskFiles {
    const { rareCodes, files } = data;
    const source = compared.source.filter(({ pseudonym }) => !uncounted.has(pseudonym));
    const released = [...data.persons]
      .filter(([person]) => !uncounted.has(person))
      .map(([person, classKey]) => ({ person, classKey }));
    if (released.length === 0) return { refusal: 'K_NOT_REACHED', files: [] };
    const date = new Date(this.runtime.now()).toISOString().slice(0, 10);
    const releaseKey = encodeDidKey(ed25519PublicKey(this.custody.serviceSeed('release')));
    const facts = { described, source, released, rareCodes, date, releaseKey };
    return riskFiles(facts, files, (length) => this.runtime.randomBytes(length));
  }

  private factsOf({ order, attempt, compared }: BuildWork, data: AssembledData, prints: PackagePrints): PackageFacts {
    const policy = policyOf(order);
    return {
      orderId: order.id,
      edition: attempt.edition,
      request: { version: order.version, contentHash: order.contentHash, content: order.content },
      policy,
      recordDate: attempt.recordDate,
      generalisation: attempt.generalisation as unknown as Generalisation,
      k: classSizeOf(order, policy),
      measure: data.measure,
      linkage: valueLinkage(prints, data.measure.persons, compared.earlier),
      log: { verifierKey: this.ledger.verifierKey(), planCheckpoint: attempt.planCheckpoint },
      software: SOFTWARE,
    };
  }

  /** Tables, what describes them and the data, the risk report, the manifest over all of them, and the signature over it. */
  private async describe(
    order: OrderInWork,
    facts: PackageFacts,
    { data, folder, prints, texts }: Described,
  ): Promise<BuiltPackage> {
    const ruleOf = (resourceType: string, path: string): string => ruleInWords(facts.policy, resourceType, path);
    const made = await tablesOfPackage(this.blobs, {
      policy: facts.policy,
      fields: order.content.fields,
      views: order.content.views ?? [],
      ruleOf,
      files: data.files,
      census: data.fields,
      folder,
      workFolder: join(this.config.home, 'work', ...folder.split('/')),
    });
    const content = [...data.files, ...made.files];
    const described = {
      manifest: composeManifest(facts, content.map(listed)),
      tables: made.tables,
      leftOut: made.leftOut,
      census: data.fields,
      rareCodes: data.rareCodes,
      releasedOn: new Date(this.runtime.now()).toISOString().slice(0, 10),
    };
    for (const [name, text] of describingTexts(described, ruleOf)) content.push(await this.store(folder, name, text));
    for (const { name, text } of texts) content.push(await this.store(folder, name, text));
    const text = manifestText(composeManifest(facts, content.map(listed)));
    const manifest = await this.store(folder, MANIFEST_FILE, text);
    const seed = this.custody.serviceSeed('release');
    const publicKey = ed25519PublicKey(seed);
    const policyHash = order.content.policy.hash;
    const claims = { ...this.claimsOf(order), manifest: manifest.sha256, policy: policyHash };
    const signature = await this.store(folder, SIGNATURE_FILE, signRelease(claims, publicKey, ed25519Signer(seed)));
    return {
      folder,
      files: [...content, manifest, signature],
      manifestSha256: manifest.sha256,
      policyHash,
      releaseKey: encodeDidKey(publicKey),
      persons: data.persons,
      prints,
    };
  }

  private claimsOf(order: OrderInWork): { jti: string; aud: string; iat: number; exp: number; order: string } {
    const now = new Date(this.runtime.now());
    const end = new Date(now);
    end.setUTCMonth(end.getUTCMonth() + order.content.termMonths);
    const seconds = (date: Date): number => Math.floor(date.getTime() / 1000);
    const [origin = ''] = this.ledger.verifierKey().split('+');
    return { jti: this.runtime.uuid(), aud: origin, iat: seconds(now), exp: seconds(end), order: order.id };
  }

  private async store(folder: string, name: string, text: string): Promise<PackagedFile> {
    const blobKey = `${folder}/${name.toLowerCase()}`;
    const bytes = utf8(text);
    await this.blobs.put(blobKey, Readable.from([Buffer.from(bytes)]));
    return { name, blobKey, bytes: bytes.length, sha256: hex.encode(sha256(bytes)), rows: null };
  }

  /** How many persons of the whole package have each code, from what the shards counted. */
  private async codeCounts(shards: readonly ShardFiles[]): Promise<ReadonlyMap<string, number>> {
    const counts = new Map<string, number>();
    for (const { codesKey } of shards) {
      const text = Buffer.concat(await (await this.blobs.open(codesKey)).toArray()).toString();
      for (const [code, persons] of JSON.parse(text) as [string, number][]) {
        counts.set(code, (counts.get(code) ?? 0) + persons);
      }
    }
    return counts;
  }
}

function listed({ name, bytes, sha256, rows }: PackagedFile): ManifestFile {
  return { name, bytes, sha256, rows };
}
