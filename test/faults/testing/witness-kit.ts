import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { formatVerifierKey, KEY_TYPE, parseLogKeys, verifierKey } from '@aceso/ledger/domain';
import { ed25519PublicKey, sha256 } from '@aceso/platform';
import { startWitness, type RunningWitness } from '../../../apps/witness/src/server';

/** A witness as a policy names it. */
export interface NamedWitness {
  readonly name: string;
  readonly verifierKey: string;
  readonly url: string;
}

/** Witnesses of one test, true ones and others, and policies over them. */
export class WitnessKit {
  private readonly folder = mkdtempSync(join(tmpdir(), 'aceso-witnesses-'));
  private readonly ends: (() => Promise<void>)[] = [];
  private policies = 0;

  /** @param logKey verifier key of the log that is witnessed */
  constructor(private readonly logKey: string) {}

  /** A true witness; `home` tells those apart that begin with an empty folder. */
  async true(name: string, home = name): Promise<NamedWitness & RunningWitness> {
    const witness = await startWitness({
      home: join(this.folder, home),
      name: `${name}.example.net`,
      logs: parseLogKeys(`log ${this.logKey}\n`, sha256),
      host: '127.0.0.1',
      port: 0,
      now: Date.now,
      warn: () => undefined,
    });
    let closing: Promise<void> | undefined;
    const close = (): Promise<void> => (closing ??= witness.close());
    this.ends.push(close);
    return { ...witness, close, name };
  }

  /** Something that answers in place of a witness, under a key of its own. */
  async other(name: string, listener: RequestListener): Promise<NamedWitness> {
    const server = createServer(listener);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    this.ends.push(() => end(server));
    const { port } = server.address() as AddressInfo;
    return { name, verifierKey: keyOf(`${name}.example.net`), url: `http://127.0.0.1:${port}` };
  }

  /** A witness that is not there. */
  dead(name: string): NamedWitness {
    return { name, verifierKey: keyOf(`${name}.example.net`), url: 'http://127.0.0.1:9' };
  }

  /** The path of a policy: so many of these witnesses. */
  policy(threshold: number, ...witnesses: readonly NamedWitness[]): string {
    const file = join(this.folder, `policy-${(this.policies += 1)}`);
    writeFileSync(file, this.policyText(threshold, witnesses));
    return file;
  }

  policyText(threshold: number, witnesses: readonly NamedWitness[]): string {
    const lines = witnesses.map(({ name, verifierKey: key, url }) => `witness ${name} ${key} ${url}\n`);
    const names = witnesses.map(({ name }) => name).join(' ');
    return `log ${this.logKey}\n${lines.join('')}group g ${threshold} ${names}\nquorum g\n`;
  }

  /** A file of this kit's folder. */
  file(name: string): string {
    return join(this.folder, name);
  }

  async close(): Promise<void> {
    await Promise.all(this.ends.map((close) => close()));
    rmSync(this.folder, { recursive: true });
  }
}

/** Seed of the witness of a name that answers lies: tests sign with it. */
export const seedOf = (name: string): Uint8Array => sha256(Buffer.from(name));

function keyOf(name: string): string {
  const publicKey = ed25519PublicKey(seedOf(name));
  return formatVerifierKey(verifierKey({ name, type: KEY_TYPE.cosignature, publicKey }, sha256));
}

async function end(server: Server): Promise<void> {
  const closed = new Promise((resolve) => server.close(resolve));
  server.closeAllConnections();
  await closed;
}
