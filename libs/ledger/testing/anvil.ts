import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Hex } from 'viem';

const START_MS_MAX = 20_000;

/** First of anvil's published development accounts: worth nothing anywhere else. */
const DEVELOPMENT_KEY: Hex = '0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80';
/** The second one, which owns no contract of ours. */
const OTHER_KEY: Hex = '0x59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d';

/** A real EVM node on this machine, with a chain of its own that dies with it. */
export interface Anvil {
  readonly url: string;
  readonly port: number;
  readonly key: Hex;
  readonly otherKey: Hex;
  /** Any method of the node: `evm_mine`, `anvil_reorg`. */
  request(method: string, ...params: unknown[]): Promise<unknown>;
  stop(): Promise<void>;
}

/** The node's binary for this platform; undefined where the package brings none. */
function anvilBinary(): string | undefined {
  const architecture = process.arch === 'x64' ? 'amd64' : process.arch;
  try {
    const folder = dirname(require.resolve(`@foundry-rs/anvil-${process.platform}-${architecture}/package.json`));
    const file = join(folder, 'bin', process.platform === 'win32' ? 'anvil.exe' : 'anvil');
    return existsSync(file) ? file : undefined;
  } catch {
    return undefined;
  }
}

/** True, and says so, where these tests cannot run. */
export function anvilMissing(what: string): boolean {
  if (anvilBinary() !== undefined) return false;
  process.stderr.write(`skipped: ${what} (anvil has no binary for ${process.platform} ${process.arch})\n`);
  return true;
}

/** Starts a node on 127.0.0.1; any free port unless one is given. Ended by its process id. */
export async function startAnvil(
  options: { readonly port?: number; readonly flags?: readonly string[] } = {},
): Promise<Anvil> {
  const binary = anvilBinary();
  if (binary === undefined) throw new Error('no anvil for this platform');
  const flags = [
    '--host',
    '127.0.0.1',
    '--port',
    String(options.port ?? 0),
    '--accounts',
    '2',
    ...(options.flags ?? []),
  ];
  const child = spawn(binary, flags, { stdio: ['ignore', 'pipe', 'ignore'] });
  const port = await portOf(child);
  const url = `http://127.0.0.1:${port}`;
  return {
    url,
    port,
    key: DEVELOPMENT_KEY,
    otherKey: OTHER_KEY,
    async request(method, ...params) {
      const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params });
      const answer = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
      const { result, error } = (await answer.json()) as { result?: unknown; error?: { message: string } };
      if (error) throw new Error(`${method}: ${error.message}`);
      return result;
    },
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGTERM');
      await ended;
    },
  };
}

function portOf(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => (child.kill('SIGKILL'), reject(new Error('anvil did not start'))), START_MS_MAX);
    let said = '';
    child.once('exit', () => reject(new Error('anvil ended while starting')));
    child.stdout?.on('data', (text: Buffer) => {
      said += text.toString();
      const port = /Listening on 127\.0\.0\.1:(\d+)/.exec(said)?.[1];
      if (port === undefined) return;
      clearTimeout(late);
      resolve(Number(port));
    });
  });
}
