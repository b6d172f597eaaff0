import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { DomainError } from '@aceso/kernel';
import { formatVerifierKey, parseLogKeys, type VerifierKey } from '@aceso/ledger/domain';
import { sha256 } from './crypto';
import { startWitness } from './server';
import { openKey } from './witness-key';
import { WitnessError } from './witness.errors';

const USAGE = `Witnesses transparency logs (C2SP tlog-witness).

  --home <folder>   where key and cosigned checkpoints are kept
  --name <name>     key name of a new witness, like witness.example.net/w1
  --logs <file>     the logs to witness, one a line: log <vkey>
  --host <address>  address to listen on (127.0.0.1)
  --port <number>   port to listen on (8080; 0 for any free one)
  --vkey            print the verifier key and end
  --quiet           say only what a person should look at
`;

const OPTIONS = {
  home: { type: 'string' },
  name: { type: 'string' },
  logs: { type: 'string' },
  host: { type: 'string', default: '127.0.0.1' },
  port: { type: 'string', default: '8080' },
  vkey: { type: 'boolean', default: false },
  quiet: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const;

/** Requests in hand get this long to end, milliseconds: whatever they still wait for, nothing is lost. */
const CLOSE_MS_MAX = 2_000;

type Flags = ReturnType<typeof readFlags>;

function readFlags() {
  try {
    return parseArgs({ options: OPTIONS }).values;
  } catch (cause) {
    throw new WitnessError('WITNESS_USAGE', 'called wrongly: --help lists what a witness takes', { cause });
  }
}

async function main(): Promise<void> {
  const flags = readFlags();
  if (flags.help) return void process.stdout.write(USAGE);
  if (flags.home === undefined)
    throw new WitnessError('WITNESS_USAGE', '--home is missing: --help lists what a witness takes');
  if (flags.vkey) {
    const { key } = await openKey(flags.home, flags.name);
    return void process.stdout.write(`${formatVerifierKey(key)}\n`);
  }
  await serve(flags, flags.home);
}

async function serve({ name, logs, host, port, quiet }: Flags, home: string): Promise<void> {
  const witness = await startWitness({
    home,
    ...(name === undefined ? {} : { name }),
    logs: await readLogs(logs),
    host,
    port: readPort(port),
    now: Date.now,
    warn: say,
  });
  let closing = false;
  const close = (): void => {
    if (closing) return;
    closing = true;
    setTimeout(() => process.exit(0), CLOSE_MS_MAX).unref();
    void witness.close().then(() => process.exit(0));
  };
  process.once('SIGTERM', close);
  process.once('SIGINT', close);
  process.once('disconnect', close); // the launcher was killed: nobody would stop this process later
  if (!quiet) say(`${witness.verifierKey} witnesses at ${witness.url}`);
  if (process.connected) process.send?.({ type: 'ready' });
}

async function readLogs(file: string | undefined): Promise<readonly VerifierKey[]> {
  const text = file === undefined ? '' : await readFile(file, 'utf8');
  const logs = parseLogKeys(text, sha256);
  if (logs.length === 0)
    throw new WitnessError('WITNESS_USAGE', '--logs names a file with at least one line: log <vkey>');
  return logs;
}

function readPort(text: string): number {
  const port = /^[0-9]{1,5}$/.test(text) ? Number(text) : 65_536;
  if (port > 65_535) throw new WitnessError('WITNESS_USAGE', '--port is a number up to 65535');
  return port;
}

function say(text: string): void {
  process.stderr.write(`${new Date().toISOString()} witness: ${text}\n`);
}

/** Tells the launcher, or a person where there is none. */
function refuse(error: unknown): void {
  const message = error instanceof Error ? error.message : 'it does not start';
  const code = error instanceof DomainError ? error.code : 'WITNESS_FAILED';
  const end = (): never => process.exit(1);
  if (process.send) process.send({ type: 'refused', code, message }, end);
  else {
    process.stderr.write(`${message} [${code}]\n`);
    end();
  }
}

main().catch(refuse);
