import { join } from 'node:path';
import { Sequencer, type SequencerStep } from '@aceso/ledger/jobs';
import { createLogger, Database, KeyCustody, readConfig, Runtime, type RoleUrls } from '@aceso/platform';

/** What the test tells the process that it is going to lose. */
export interface SequencerOrder {
  readonly home: string;
  readonly urls: RoleUrls;
  /** The step behind which the process is killed, at its `times`-th passing. */
  readonly step: SequencerStep;
  /** Path of the policy that names witnesses, if any. */
  readonly witnessPolicy?: string;
  readonly times: number;
}

/** A sequencer whose process dies by SIGKILL at an appointed step: no handler runs, nothing is cleaned up. */
class DoomedSequencer extends Sequencer {
  order: SequencerOrder;
  private passed = 0;

  protected override reached(step: SequencerStep): void {
    if (step === this.order.step && (this.passed += 1) === this.order.times) process.kill(process.pid, 'SIGKILL');
  }
}

function main(): void {
  const order = JSON.parse(process.argv[2] as string) as SequencerOrder;
  const sequencer = new DoomedSequencer(
    new Database({ urls: order.urls, poolSize: 4 }),
    new Runtime(),
    new KeyCustody(join(order.home, 'keys')),
    readConfig({
      ACESO_HOME: order.home,
      PORT: '0',
      ACESO_CHECKPOINT_INTERVAL_MS: '100',
      ACESO_WITNESS_POLICY: order.witnessPolicy,
    }),
    createLogger({ process: 'sequencer', level: 'silent', format: 'json' }),
  );
  sequencer.order = order;
  sequencer.start();
}

main();
