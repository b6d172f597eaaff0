import { Module } from '@nestjs/common';
import { IdentityModule } from '@aceso/identity';
import { SettlementModule } from '../settlement.module';
import { MoneyResolver } from './money.resolver';
import { PayoutResolver } from './payout.resolver';

@Module({ imports: [IdentityModule, SettlementModule], providers: [MoneyResolver, PayoutResolver] })
export class SettlementApiModule {}
