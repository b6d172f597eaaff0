import { parseLogKeys } from '@aceso/ledger/domain';
import { sha256 } from '@aceso/platform';
import { startWitness } from '../../apps/witness/src/server';
import { Witness } from '../../apps/witness/src/witness';

/** What the test tells the witness that it is going to lose. */
export interface WitnessOrder {
  readonly home: string;
  readonly logKey: string;
  readonly port: number;
  /** After how many cosigned checkpoints the process is killed, each on disk and none of the last answered; 0 for never. */
  readonly times: number;
}

async function main(): Promise<void> {
  const order = JSON.parse(process.argv[2] as string) as WitnessOrder;
  let passed = 0;
  /** Dies by SIGKILL between what is on disk and its answer: no handler runs, nothing is cleaned up. */
  class DoomedWitness extends Witness {
    protected override persisted(): void {
      if ((passed += 1) === order.times) process.kill(process.pid, 'SIGKILL');
    }
  }
  await startWitness({
    home: order.home,
    name: 'w1.example.net',
    logs: parseLogKeys(`log ${order.logKey}\n`, sha256),
    host: '127.0.0.1',
    port: order.port,
    now: Date.now,
    warn: () => undefined,
    make: (parts) => new DoomedWitness(parts),
  });
  process.send?.('ready');
}

void main();
