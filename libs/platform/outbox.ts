import { Injectable } from '@nestjs/common';
import type { Json } from '@aceso/kernel';
import type { Tx } from './database/tx';

export interface OutboxEvent {
  /** `<context>.<job>`: the relay puts it into the queue of that context under that name. */
  readonly topic: string;
  /** Ids only; the job reads everything else from rows. */
  readonly payload: { readonly [name: string]: Json };
}

/** Events that leave the process only after their transaction committed. */
@Injectable()
export class Outbox {
  /** Writes the event in the acting transaction; the relay in the worker sends it, at least once. */
  async publish(tx: Tx, event: OutboxEvent): Promise<void> {
    await tx.execute('insert into platform.outbox (topic, payload) values ($1, $2)', [
      event.topic,
      JSON.stringify(event.payload),
    ]);
  }
}
