import { Module } from '@nestjs/common';
import { SettlementModule } from '../settlement.module';
import { MoneyResolver } from './money.resolver';
import { PayoutResolver } from './payout.resolver';

@Module({ imports: [SettlementModule], providers: [MoneyResolver, PayoutResolver] })
export class SettlementApiModule {}
