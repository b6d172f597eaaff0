import { Module } from '@nestjs/common';
import { SettlementModule } from '../settlement.module';
import { MoneyResolver } from './money.resolver';

@Module({ imports: [SettlementModule], providers: [MoneyResolver] })
export class SettlementApiModule {}
