import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { KeyCustody, sha256, type Config } from '@aceso/platform';
import type { Witnessing, WitnessStart } from '@aceso/platform/supervisor';
import { formatVerifierKey, KEY_TYPE, verifierKey, type PolicyWitness, type TrustPolicy } from './domain';
import { readWitnessPolicy } from './witness-policy';

/** Witnesses that an instance runs itself when it is not told of others. One of them is enough. */
const LOCAL = ['witness-1', 'witness-2'];
/** The policy that names them, in the home. */
const LOCAL_POLICY = 'witness.policy';

/** Who witnesses an instance, and the policy that a reader needs: it names the log, whatever the file does. */
export interface WitnessedInstance extends Witnessing {
  readonly policy: TrustPolicy;
}

/**
 * The witnesses of an instance: those of ACESO_WITNESS_POLICY, else two processes on this machine with keys and folders
 * of their own in the home. Their key names begin with the origin, which tells every reader that the operator runs them.
 * Throws what {@link readWitnessPolicy} does.
 */
export async function startWitnesses(start: WitnessStart): Promise<WitnessedInstance> {
  const { config } = start;
  const publicKey = new KeyCustody(join(config.home, 'keys')).ledgerPublicKey();
  const log = verifierKey({ name: config.origin, type: KEY_TYPE.ed25519, publicKey }, sha256);
  const policyFile = config.witnessPolicy ?? (await startLocal(start, formatVerifierKey(log)));
  return { policyFile, policy: { ...readWitnessPolicy(policyFile), logs: [log] } };
}

/**
 * Whom the instance asks, served or not: the witnesses of ACESO_WITNESS_POLICY, else its local ones as they were last
 * started; none where it was never served. Throws what {@link readWitnessPolicy} does.
 */
export function configuredWitnesses({
  home,
  witnessPolicy,
}: Pick<Config, 'home' | 'witnessPolicy'>): readonly PolicyWitness[] {
  const local = join(home, LOCAL_POLICY);
  if (witnessPolicy === undefined && !existsSync(local)) return [];
  return [...readWitnessPolicy(witnessPolicy ?? local).witnesses.values()];
}

async function startLocal({ config, launch, choosePort, notice }: WitnessStart, logKey: string): Promise<string> {
  const logs = join(config.home, 'witnessed.logs');
  writeWhole(logs, `log ${logKey}\n`);
  const lines = await Promise.all(
    LOCAL.map(async (name) => {
      const home = join(config.home, name);
      const port = await choosePort();
      const key = ['--name', `${config.origin}/${name}`];
      await launch(name, ['--home', home, ...key, '--logs', logs, '--port', String(port), '--quiet']);
      const vkey = readFileSync(join(home, 'witness.vkey'), 'utf8').trim();
      return `witness ${name} ${vkey} http://127.0.0.1:${port}`;
    }),
  );
  const file = join(config.home, LOCAL_POLICY);
  writeWhole(
    file,
    [...COMMENTS, `log ${logKey}`, ...lines, `group local 1 ${LOCAL.join(' ')}`, 'quorum local', ''].join('\n'),
  );
  notice(
    'the ledger is witnessed by two processes on this machine: the operator runs them, so they prove nothing against it (ACESO_WITNESS_POLICY names others)',
  );
  return file;
}

const COMMENTS = [
  '# Written at every start: whom the ledger asks while ACESO_WITNESS_POLICY names nobody.',
  "# Both witnesses are the operator's own, as their names say (they begin with the name of the log):",
  '# they prove nothing against the operator, and `aceso verify` says "trust: operator only".',
];

function writeWhole(file: string, text: string): void {
  writeFileSync(`${file}.part`, text, { mode: 0o644 });
  renameSync(`${file}.part`, file);
}
