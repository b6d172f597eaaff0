import { Global, Module } from '@nestjs/common';
import { Erasures } from './erasures';
import { Ledger } from './ledger';

/** Appending, proving and erasing, for every process. It needs a {@link KeyUseLog}, which the audit context's module gives. */
@Global()
@Module({ providers: [Ledger, Erasures], exports: [Ledger, Erasures] })
export class LedgerModule {}
