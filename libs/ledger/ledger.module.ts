import { Global, Module } from '@nestjs/common';
import { Ledger } from './ledger';

/** Appending and proving, for every process. It needs a {@link KeyUseLog}, which the audit context's module gives. */
@Global()
@Module({ providers: [Ledger], exports: [Ledger] })
export class LedgerModule {}
