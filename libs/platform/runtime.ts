import { randomBytes, randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { Clock } from '@aceso/kernel';

/** The clock and the source of randomness: the only place of the server that reads either. */
@Injectable()
export class Runtime {
  readonly #clock: Clock;
  readonly #recordDate: string | undefined;

  /** `recordDate` (YYYY-MM-DD, from ACESO_NOW) fixes the day against which records are judged; `clock` serves tests. */
  constructor(options: { readonly recordDate?: string; readonly clock?: Clock } = {}) {
    this.#clock = options.clock ?? Date.now;
    this.#recordDate = options.recordDate;
  }

  /** Milliseconds since 1970-01-01T00:00:00Z. */
  now(): number {
    return this.#clock();
  }

  /** The day (YYYY-MM-DD, UTC) against which ages and cutoffs are judged: ACESO_NOW, else today. */
  recordDate(): string {
    return this.#recordDate ?? new Date(this.#clock()).toISOString().slice(0, 10);
  }

  /** Fresh bytes from the operating system's cryptographic source. */
  randomBytes(length: number): Uint8Array {
    return randomBytes(length);
  }

  /** A random UUID (RFC 9562 version 4), lower case. */
  uuid(): string {
    return randomUUID();
  }
}
